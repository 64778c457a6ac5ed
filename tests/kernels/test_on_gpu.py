"""The same protocol on a real GPU, in bfloat16, at the widths of real models.

TRITON_INTERPRET=0 python -m pytest -m gpu tests/kernels
"""

from dataclasses import replace

import pytest
import torch
from harness import as_exact_as, gradients, poisoned, same_bits
from layers import Layer, layer, plain_layer

from minir1.model.dispatch import experts_torch
from minir1.rl.logprobs import logprobs_torch
from minir1_kernels.contract import interpreting
from minir1_kernels.logprob import token_logprobs
from minir1_kernels.moe import experts
from minir1_kernels.route import Rule
from minir1_kernels.router import route
from minir1_kernels.sort import sort

DEVICE = "cuda"
NAMES = ("out", "dx", "dweight", "dgate_up", "ddown")
MOONLIGHT = {"d": 2048, "f": 1408, "e": 16, "k": 6}
QWEN3 = {"d": 2048, "f": 768, "e": 24, "k": 8}

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available() or interpreting(),
        reason="needs a CUDA device and TRITON_INTERPRET=0",
    ),
    # torch says these once a process; the first comes from the thread of a backward pass.
    pytest.mark.filterwarnings("ignore:Attempting to run cuBLAS:UserWarning"),
    pytest.mark.filterwarnings("ignore:Synchronization debug mode:UserWarning"),
]


def large(n: int, seed: int = 0, dtype: torch.dtype = torch.bfloat16, **shape: int) -> Layer:
    """Weights that keep the size of the stream, and loads that fall off as Zipf's law."""
    a = layer(n=n, seed=seed, **shape)
    e, k = len(a.gate_up), a.idx.shape[1]
    rng = torch.Generator().manual_seed(seed)
    odds = (1 / torch.arange(1, e + 1)).expand(n, e)
    idx = torch.multinomial(odds, k, generator=rng)
    scale = {"gate_up": a.gate_up / shape["d"] ** 0.5, "down": a.down / shape["f"] ** 0.5}
    return replace(a, idx=idx, **scale).to(dtype).on(DEVICE)


def ours(a: Layer) -> list[torch.Tensor]:
    def run(x, weight, gate_up, down):
        return (experts(x, a.idx, weight, gate_up, down),)

    with poisoned():
        return gradients(run, a.floats, [a.upstream])


def plain(a: Layer, run) -> list[torch.Tensor]:
    return gradients(lambda *floats: run(*floats), a.floats, [a.upstream])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("shape", [MOONLIGHT, QWEN3], ids=["moonlight", "qwen3"])
def test_output_and_gradients_are_as_exact_as_torch(shape, dtype):
    a = large(700, dtype=dtype, **shape)

    def spec(x, weight, gate_up, down):
        return (experts_torch(x, a.idx, weight, gate_up, down),)

    exact = plain(a.to(torch.float64), lambda *floats: plain_layer(*floats, a.idx))
    for name, mine, torchs, reference in zip(NAMES, ours(a), plain(a, spec), exact, strict=True):
        as_exact_as(mine, torchs, reference, name)


@pytest.mark.parametrize("shape", [MOONLIGHT, QWEN3], ids=["moonlight", "qwen3"])
def test_the_same_input_gives_the_same_bits(shape):
    a = large(3000, **shape)
    first = ours(a)
    for _ in range(3):
        assert same_bits(first, ours(a))


@pytest.mark.parametrize("shape", [MOONLIGHT, QWEN3], ids=["moonlight", "qwen3"])
def test_a_token_does_not_feel_its_batch(shape):
    a, keep = large(3000, **shape), slice(1500, 1507)
    names = ("x", "idx", "weight", "upstream")
    few = replace(a, **{name: getattr(a, name)[keep].contiguous() for name in names})
    assert same_bits([part[keep] for part in ours(a)[:3]], ours(few)[:3])


def test_the_sort_of_a_real_batch_is_stable():
    idx = torch.rand(32768, 128, device=DEVICE).topk(8).indices
    rows = sort(idx, 128)
    order = idx.flatten().argsort(stable=True)
    assert torch.equal(rows.order.long(), order)
    assert torch.equal(rows.place.long(), order.argsort())
    counts = torch.bincount(idx.flatten(), minlength=128)
    assert torch.equal(rows.offsets.diff().long(), counts)


def test_the_router_chooses_as_a_stable_sort_does():
    logits = torch.randn(32768, 128, device=DEVICE)
    bias = torch.randn(128, device=DEVICE) * 0.1
    weight, idx, scores = route(logits, bias, None, Rule(8, scale=2.5))
    assert torch.equal(idx, (scores + bias).argsort(dim=-1, descending=True, stable=True)[:, :8])
    torch.testing.assert_close(scores, logits.sigmoid())
    chosen = scores.gather(-1, idx)
    torch.testing.assert_close(weight, 2.5 * chosen / chosen.sum(-1, keepdim=True))


def test_ids_out_of_range_add_nothing_and_nothing_waits():
    a = large(200, **QWEN3)
    idx = torch.where(a.idx % 5 == 0, a.idx + 1000, a.idx)
    kept = torch.where(idx < 1000, a.weight, 0.0)
    out = experts(a.x, idx, a.weight, a.gate_up, a.down)
    torch.testing.assert_close(out, experts(a.x, a.idx, kept, a.gate_up, a.down))


def test_the_layer_never_waits_for_the_gpu():
    a = large(500, **QWEN3)
    ours(a)  # compiles
    torch.cuda.set_sync_debug_mode("error")
    try:
        floats = [x.detach().requires_grad_() for x in a.floats]
        x, weight, gate_up, down = floats
        experts(x, a.idx, weight, gate_up, down).backward(a.upstream)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def head(n: int, v: int, d: int = 2048, dtype: torch.dtype = torch.bfloat16):
    """Hidden states, words that give logits of about 1, targets, and a gradient."""
    rng = torch.Generator(DEVICE).manual_seed(0)
    hidden = torch.randn(n, d, generator=rng, device=DEVICE)
    words = torch.randn(v, d, generator=rng, device=DEVICE) * d**-0.5
    targets = torch.randint(v, (n,), generator=rng, device=DEVICE)
    return hidden.to(dtype), words.to(dtype), targets, torch.randn(1, n, device=DEVICE)


def exactly(hidden, words, targets):
    log_p = torch.log_softmax(hidden @ words.T, dim=-1)
    return log_p.gather(-1, targets[:, None])[:, 0], -(log_p.exp() * log_p).sum(-1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_logprobs_are_as_exact_as_torch(dtype):
    """20001 words: no multiple of a tile, of a part or of 16."""
    hidden, words, targets, upstream = head(301, 20_001, dtype=dtype)
    sides = (
        ((hidden, words), lambda h, w: token_logprobs(h, w, targets)),
        ((hidden, words), lambda h, w: logprobs_torch(h, w, targets, 1.0)),
        ((hidden.double(), words.double()), lambda h, w: exactly(h, w, targets)),
    )
    found = []
    for inputs, run in sides:
        found.append(gradients(lambda *two, run=run: run(*two)[:1], inputs, upstream))
        with torch.no_grad():
            found[-1].append(run(*inputs)[1])
    for name, *three in zip(("logprob", "dh", "dw", "entropy"), *found, strict=True):
        as_exact_as(*three, name)


def test_logprobs_repeat_wait_for_nothing_and_hold_no_logits():
    hidden, words, targets, upstream = head(4096, 65_536)

    def run():
        return gradients(lambda h, w: token_logprobs(h, w, targets)[:1], (hidden, words), upstream)

    first, before = run(), torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    torch.cuda.set_sync_debug_mode("error")
    try:
        again = run()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert same_bits(first, again)
    largest = 2 * (2 * words.numel() + 3 * hidden.numel() + len(hidden) * 8192) + (1 << 26)
    assert torch.cuda.max_memory_allocated() - before < largest < 4 * len(hidden) * len(words)


def test_offsets_beyond_31_bits():
    """The last tokens of N x V = 4.97e9 logits and of R x D = 2.29e9 numbers keep their bits."""
    last = slice(-7, None)
    with torch.no_grad():
        hidden, words, targets, _ = head(32_768, 151_936)
        all_of_them = token_logprobs(hidden, words, targets)
        alone = token_logprobs(hidden[last], words, targets[last])
        assert same_bits([x[last] for x in all_of_them], alone)
    n, d, f, e, k = 40_000, 7168, 256, 8, 8
    x, upstream = torch.randn(2, n, d, device=DEVICE, dtype=torch.bfloat16).unbind()
    gate_up = torch.randn(e, 2 * f, d, device=DEVICE, dtype=torch.bfloat16) * d**-0.5
    down = torch.randn(e, d, f, device=DEVICE, dtype=torch.bfloat16) * f**-0.5
    weight, idx = torch.rand(n, e, device=DEVICE).topk(k)

    def run(rows):
        def layer(x, weight):
            return (experts(x, idx[rows], weight, gate_up, down),)

        return gradients(layer, (x[rows], weight[rows]), [upstream[rows]])

    assert same_bits([part[last] for part in run(slice(None))], run(last))


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_tensors_that_lie_on_another_gpu():
    a = large(300, **QWEN3)
    found = ours(a)
    assert torch.cuda.current_device() == 0
    assert same_bits([x.cpu() for x in ours(a.on("cuda:1"))], [x.cpu() for x in found])


def test_no_token_at_all():
    a = large(0, **QWEN3)
    found = ours(a)
    assert found[0].shape == (0, 2048)
    assert all(grad.eq(0).all() for grad in found[3:])
