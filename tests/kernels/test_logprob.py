"""Token logprobs without the logits of the whole vocabulary equal the plain ones.

The reference is float64 torch on the same numbers; the bar is torch in the kernel's precision.
"""

import harness
import pytest
import torch
from harness import as_exact_as, gradients, same_bits
from torch.utils._python_dispatch import TorchDispatchMode

from minir1_kernels.configs import config
from minir1_kernels.logprob import token_logprobs

# Tiles are 32 rows and 32 words, parts and chunks 64 words: 70 and 150 leave a rest of each.
N, V, D = 70, 150, 48
NAMES = ("logprob", "entropy", "lse", "d_hidden", "d_vocabulary")


def plain(hidden, vocabulary, targets, temperature):
    """The definition; products and logits in the inputs' precision, the rest in fp32 or fp64."""
    z = (hidden @ vocabulary.T).to(torch.promote_types(hidden.dtype, torch.float32)) / temperature
    log_p = torch.log_softmax(z, dim=-1)
    chosen = log_p.gather(-1, targets[:, None])[:, 0]
    return chosen, -(log_p.exp() * log_p).sum(-1), torch.logsumexp(z, dim=-1)


def case(n=N, v=V, d=D, dtype=torch.float32, seed=0, scale=0.6):
    """Inputs that `dtype` holds exactly, targets, and a gradient for each of three results."""
    rng = torch.Generator().manual_seed(seed)
    hidden = torch.randn(n, d, generator=rng) * scale
    vocabulary = torch.randn(v, d, generator=rng) * scale
    targets = torch.randint(v, (n,), generator=rng)
    return hidden.to(dtype), vocabulary.to(dtype), targets, torch.randn(3, n, generator=rng)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_results_and_gradients_are_as_exact_as_torch(dtype, temperature):
    hidden, vocabulary, targets, upstream = case(dtype=dtype)
    inputs = (hidden, vocabulary)
    doubles = [x.double() for x in inputs]
    ours = gradients(lambda h, w: token_logprobs(h, w, targets, temperature), inputs, upstream)
    theirs = gradients(lambda h, w: plain(h, w, targets, temperature), inputs, upstream)
    exact = gradients(lambda h, w: plain(h, w, targets, temperature), doubles, upstream)
    for name, mine, torchs, reference in zip(NAMES, ours, theirs, exact, strict=True):
        as_exact_as(mine, torchs, reference, name)


def test_a_sure_policy_keeps_its_small_entropy():
    """Logits of hundreds, and entropies far below their rounding: differences come first.

    One row can decide such an error, and how a product of this machine rounds decides the row:
    so the rows of many draws are judged together.
    """
    found: dict[str, list[tuple[torch.Tensor, ...]]] = {name: [] for name in NAMES}
    for seed in range(12):
        hidden, vocabulary, targets, upstream = case(n=33, scale=4.0, seed=seed)
        inputs = (hidden, vocabulary)
        doubles = [x.double() for x in inputs]
        ours = gradients(lambda h, w, t=targets: token_logprobs(h, w, t), inputs, upstream)
        theirs = gradients(lambda h, w, t=targets: plain(h, w, t, 1.0), inputs, upstream)
        exact = gradients(lambda h, w, t=targets: plain(h, w, t, 1.0), doubles, upstream)
        assert exact[2].max() > 150 and exact[1].median() < 0.2
        for name, *three in zip(NAMES, ours, theirs, exact, strict=True):
            found[name].append(tuple(x.flatten() for x in three))
    for name, draws in found.items():
        as_exact_as(*(torch.cat(column) for column in zip(*draws, strict=True)), name)


def test_the_slope_is_the_gradient():
    """An oracle without autograd: walk a little both ways along a random direction."""
    hidden, vocabulary, targets, upstream = case(n=9, v=70)
    rng = torch.Generator().manual_seed(1)
    direction = (
        torch.randn(hidden.shape, generator=rng),
        torch.randn(vocabulary.shape, generator=rng),
    )

    def total(step):
        moved = hidden + step * direction[0], vocabulary + step * direction[1]
        results = torch.stack(token_logprobs(*moved, targets))
        return float((results.double() * upstream).sum())

    grads = gradients(lambda h, w: token_logprobs(h, w, targets), (hidden, vocabulary), upstream)
    slope = (total(1e-3) - total(-1e-3)) / 2e-3
    along = sum(float((g * d).sum()) for g, d in zip(grads[3:], direction, strict=True))
    assert slope == pytest.approx(along, rel=2e-3)


def test_any_order_of_programs_leaves_the_same_bits_and_one_writer_an_address():
    hidden, vocabulary, targets, upstream = case()

    def run():
        with harness.poisoned():
            return gradients(
                lambda h, w: token_logprobs(h, w, targets), (hidden, vocabulary), upstream
            )

    with harness.witness() as launches:
        first = run()
    # 3 tiles of rows: 3 parts, a fold; 3 chunks of 2 tiles of words, the last chunk of 1.
    assert launches == [9, 3, 6, 6, 3]
    for seed in range(2):
        with harness.shuffled(seed):
            assert same_bits(first, run())


def test_a_row_does_not_feel_its_batch():
    hidden, vocabulary, targets, _ = case()
    with harness.row_by_row():
        alone = token_logprobs(hidden[40:43], vocabulary, targets[40:43])
        among = token_logprobs(hidden, vocabulary, targets)
    assert same_bits(alone, [result[40:43] for result in among])


def test_other_mates_in_the_same_places_change_nothing():
    hidden, vocabulary, targets, upstream = case()
    keep = slice(40, 43)
    results = []
    for seed in (0, 1):
        others, _, their_targets, their_upstream = case(seed=seed)
        others[keep], their_targets[keep] = hidden[keep], targets[keep]
        their_upstream[:, keep] = upstream[:, keep]
        *found, d_hidden, _ = gradients(
            lambda h, w, t=their_targets: token_logprobs(h, w, t),
            (others, vocabulary),
            their_upstream,
        )
        results.append([*(x[keep] for x in found), d_hidden[keep]])
    assert same_bits(*results)


def test_boxes_by_pointers_and_by_descriptors_are_the_same(monkeypatch):
    inputs = case(n=35, v=70)
    results = []
    for tma in (1, 0):

        def chosen(*args, tma=tma, **widths):
            return config(*args, **widths) | {"TMA": tma}

        monkeypatch.setattr("minir1_kernels.logprob.config", chosen)
        monkeypatch.setattr("minir1_kernels.logprob_backward.config", chosen)
        with harness.poisoned():
            results.append(
                gradients(lambda h, w: token_logprobs(h, w, inputs[2]), inputs[:2], inputs[3])
            )
    assert same_bits(*results)


@pytest.mark.parametrize(("n", "v"), [(0, 5), (1, 1), (1, 65)])
def test_no_row_and_one_row(n, v):
    hidden, vocabulary, targets, upstream = case(n=n, v=v, d=8)
    with harness.poisoned():
        ours = gradients(lambda h, w: token_logprobs(h, w, targets), (hidden, vocabulary), upstream)
    exact = gradients(lambda h, w: plain(h, w, targets, 1.0), (hidden, vocabulary), upstream)
    for mine, reference in zip(ours, exact, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-6, rtol=1e-5)


class Largest(TorchDispatchMode):
    """The most elements of any tensor that torch made."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for x in out if isinstance(out, tuple | list) else [out]:
            # Bytes are the interpreter's own copies of what it is given.
            if isinstance(x, torch.Tensor) and x.dtype != torch.uint8:
                self.elements = max(self.elements, x.numel())
        return out


def test_no_tensor_is_as_large_as_the_logits():
    hidden, vocabulary, targets, upstream = case(n=64, v=512, d=8)
    with Largest() as seen:
        gradients(lambda h, w: token_logprobs(h, w, targets), (hidden, vocabulary), upstream)
    # One chunk of 64 words, or the vocabulary itself.
    assert seen.elements == max(64 * 64, 512 * 8) < 64 * 512
    with Largest() as seen:
        plain(hidden, vocabulary, targets, 1.0)
    assert seen.elements == 64 * 512


def test_torch_knows_the_product_that_a_gpu_adds_in_fp32():
    """On a CPU it has no kernel for it; a name that it didn't know would be a TypeError."""
    total, half = torch.zeros(2, 2), torch.zeros(2, 2, dtype=torch.bfloat16)
    with pytest.raises(NotImplementedError, match=r"addmm\.dtype_out"):
        torch.addmm(total, half, half, out_dtype=torch.float32, out=total)


def test_only_what_is_asked_for_gets_a_gradient():
    hidden, vocabulary, targets, _ = case(n=5, v=40, d=8)
    hidden.requires_grad_()
    logprob, entropy, _ = token_logprobs(hidden, vocabulary, targets)
    (logprob.sum() + 0 * entropy.sum()).backward()
    expected = torch.autograd.grad(plain(hidden, vocabulary, targets, 1.0)[0].sum(), hidden)[0]
    torch.testing.assert_close(hidden.grad, expected, atol=1e-6, rtol=1e-5)
    assert vocabulary.grad is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": torch.zeros(4, 8, dtype=torch.bfloat16)}, "bfloat16: expected float32 or"),
        ({"hidden": torch.zeros(4, 8, dtype=torch.float64)}, "float64: expected"),
        ({"hidden": torch.zeros(4, 6)}, "6: expected a multiple of 4"),
        ({"hidden": torch.zeros(8)}, r"shape \(8,\): expected \(any, any\)"),
        ({"hidden": torch.zeros(8, 4).T}, "not contiguous"),
        ({"vocabulary": torch.zeros(9, 12)}, r"shape \(9, 12\): expected \(any, 8\)"),
        ({"vocabulary": torch.zeros(9, 8, dtype=torch.float16)}, "float16: expected torch.float32"),
        ({"vocabulary": torch.zeros(0, 8)}, "empty: expected one word"),
        ({"targets": torch.zeros(3, dtype=torch.int64)}, r"shape \(3,\): expected \(4\)"),
        ({"targets": torch.zeros(4)}, "float32: expected torch.int32"),
        ({"targets": torch.tensor([0, 9, 0, 0])}, "from 0 to 9: expected indices from 0 to 8"),
        ({"targets": torch.tensor([0, -1, 0, 0])}, "from -1 to 0: expected indices"),
        ({"temperature": 0.0}, "temperature is 0.0: expected a number above 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {
        "hidden": torch.zeros(4, 8),
        "vocabulary": torch.zeros(9, 8),
        "targets": torch.zeros(4, dtype=torch.int64),
    }
    with pytest.raises(ValueError, match=message):
        token_logprobs(**(given | change))
