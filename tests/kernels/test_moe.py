"""The whole layer: as exact as torch, the same bits always, whatever the routing and the batch."""

import gc
import threading
import weakref
from dataclasses import replace

import harness
import pytest
import torch
from harness import as_exact_as, gradients, same_bits
from layers import ROUTINGS, Layer, layer, plain_layer, routed

from minir1.model.dispatch import experts_torch
from minir1_kernels import moe
from minir1_kernels.grouped import down
from minir1_kernels.moe import experts

NAMES = ("out", "dx", "dweight", "dgate_up", "ddown")


def ours(a: Layer, **more) -> list[torch.Tensor]:
    """Output and gradients of the kernels."""

    def run(x, weight, gate_up, down):
        return (experts(x, a.idx, weight, gate_up, down, **more),)

    return gradients(run, a.floats, [a.upstream])


def plain(a: Layer, layer_of=plain_layer) -> list[torch.Tensor]:
    return gradients(lambda *floats: layer_of(*floats, a.idx), a.floats, [a.upstream])


def spec(x, weight, gate_up, down, idx):
    return (experts_torch(x, idx, weight, gate_up, down),)


def check_layer(*draws: Layer) -> list[torch.Tensor]:
    """Errors are judged over all draws together; the first one's results come back.

    Of a few numbers, luck decides whose rounding is smaller.
    """
    found, torchs, exact = [], [], []
    for a in draws:
        with harness.witness(), harness.poisoned():
            found.append(ours(a))
        torchs.append(plain(a, spec))
        exact.append(plain(a.to(torch.float64)))
    for i, name in enumerate(NAMES):
        three = (torch.cat([one[i].flatten() for one in some]) for some in (found, torchs, exact))
        as_exact_as(*three, name)
    return found[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_output_and_gradients_are_as_exact_as_torch(dtype):
    check_layer(layer(dtype=dtype))


@pytest.mark.parametrize(
    ("n", "d", "f", "e", "k"),
    [
        (1, 4, 4, 1, 1),
        (1, 36, 40, 9, 8),
        (2, 4, 40, 7, 7),
        (33, 36, 4, 3, 1),
        (33, 8, 8, 6, 5),
        (17, 12, 36, 35, 3),
        (10, 8, 8, 4, 4),
        (9, 8, 8, 8, 6),
    ],
)
def test_any_shape(n, d, f, e, k):
    """One token, K from 1 to 8, E = K, E behind a chunk of 32, widths below and above a tile."""
    check_layer(*(layer(n=n, d=d, f=f, e=e, k=k, seed=seed) for seed in range(6)))


@pytest.mark.parametrize("case", ROUTINGS)
def test_loads_that_are_not_even(case):
    a = layer(n=64, d=12, f=8, e=6, k=1)
    found = check_layer(replace(a, idx=routed(case)))
    idle = [e for e in range(6) if not (routed(case) == e).any()]
    assert all(dw[idle].eq(0).all() for dw in found[3:])


def test_no_token_at_all():
    a = layer(n=0)
    with harness.poisoned():
        out, dx, dweight, dgate_up, ddown = ours(a)
    assert out.shape == dx.shape == (0, 40) and dweight.shape == (0, 2)
    assert dgate_up.eq(0).all() and ddown.eq(0).all()


def test_any_order_of_programs_gives_the_same_bits():
    a = layer()
    first = ours(a)
    for seed in range(2):
        with harness.shuffled(seed), harness.poisoned():
            assert same_bits(first, ours(a))


def of_tokens(a: Layer, keep: slice) -> Layer:
    return replace(
        a, **{name: getattr(a, name)[keep] for name in ("x", "idx", "weight", "upstream")}
    )


def test_a_token_does_not_feel_its_batch():
    """Alone or among others, at another place in another tile: not one bit changes."""
    a, keep = layer(), slice(20, 23)
    with harness.row_by_row():
        among, alone = ours(a), ours(of_tokens(a, keep))
    assert same_bits([part[keep] for part in among[:3]], alone[:3])


def test_other_mates_change_nothing():
    """In the sampler a token's mates are other sequences each time; in the trainer others again."""
    a, keep = layer(), slice(20, 23)
    found = []
    for seed in (1, 2):
        other = layer(seed=seed)
        mixed = replace(other, gate_up=a.gate_up, down=a.down)
        for name in ("x", "idx", "weight", "upstream"):
            getattr(mixed, name)[keep] = getattr(a, name)[keep]
        with harness.row_by_row():
            found.append([part[keep] for part in ours(mixed)[:3]])
    assert same_bits(*found)


def test_sampling_without_gradients_gives_the_same_bits():
    a = layer()
    with torch.no_grad():
        sampled = experts(a.x, a.idx, a.weight, a.gate_up, a.down)
    assert torch.equal(sampled, ours(a)[0])


def test_the_slope_is_the_gradient():
    """An oracle without autograd: walk a little both ways along a random direction."""
    a = layer(n=9, d=8, f=8)
    rng = torch.Generator().manual_seed(1)
    grads = ours(a)[1:]
    for i, (name, grad) in enumerate(zip(NAMES[1:], grads, strict=True)):
        direction = torch.randn(grad.shape, generator=rng)

        def total(step, i=i, direction=direction):
            moved = [x + step * direction if j == i else x for j, x in enumerate(a.floats)]
            x, weight, gate_up, down = moved
            return float((experts(x, a.idx, weight, gate_up, down).double() * a.upstream).sum())

        slope = (total(1e-2) - total(-1e-2)) / 2e-2
        assert slope == pytest.approx(float((grad * direction).sum()), rel=2e-3), name


def test_splits_rule_over_the_count():
    a = layer()
    counts = torch.bincount(a.idx.flatten(), minlength=5).tolist()
    assert same_bits(ours(a, splits=counts), ours(a))
    moved = [counts[0] + 1, counts[1] - 1, *counts[2:]]
    dictated = experts(a.x, a.idx, a.weight, a.gate_up, a.down, splits=moved)
    expected = experts_torch(a.x, a.idx, a.weight, a.gate_up, a.down, splits=moved)
    torch.testing.assert_close(dictated, expected, atol=1e-5, rtol=1e-5)


def test_only_what_is_asked_for_gets_a_gradient():
    a = layer(n=7, d=8, f=8)
    expected = dict(zip(NAMES[1:], ours(a)[1:], strict=True))
    for i, name in enumerate(NAMES[1:]):
        floats = [x.clone() for x in a.floats]
        floats[i].requires_grad_()
        x, weight, gate_up, down = floats
        experts(x, a.idx, weight, gate_up, down).backward(a.upstream)
        assert torch.equal(floats[i].grad, expected[name])
        assert all(x.grad is None for j, x in enumerate(floats) if j != i)


def test_no_memory_is_spent_on_a_gradient_that_h_never_has(monkeypatch):
    """Autograd fills absent gradients with zeros unless it is told not to: R x 2 F of them."""
    a, seen = layer(), []

    def backward(ctx, *grads):
        seen.append([None if grad is None else grad.shape for grad in grads])
        return real_backward(ctx, *grads)

    real_backward = moe.Experts.backward
    monkeypatch.setattr(moe.Experts, "backward", staticmethod(backward))
    x = a.x.clone().requires_grad_()
    experts(x, a.idx, a.weight, a.gate_up, a.down).backward(a.upstream)
    assert seen == [[a.x.shape, None]]
    assert moe.Experts.backward(None, None, None) == (None,) * 7


def test_no_activation_outlives_the_layer():
    """Triton keeps the last allocator it was given: it must not hold a tensor with it."""
    a = layer()
    hidden = torch.randn(a.idx.numel(), a.down.shape[2])
    watched = weakref.ref(hidden)
    down(hidden, a.down, a.rows)
    del hidden
    gc.collect()
    assert watched() is None


def test_memory_must_begin_at_a_unit_of_16_bytes():
    a = layer()
    shifted = torch.zeros(a.down.numel() + 1)[1:].view(a.down.shape)
    given = r"a tensor \(5, 40, 48\) is 4 bytes past one: expected memory that begins at"
    with pytest.raises(ValueError, match=given):
        experts(a.x, a.idx, a.weight, a.gate_up, shifted)


def test_a_gradient_of_a_gradient_is_refused_and_not_wrong():
    a = layer(n=3, d=4, f=4)
    x = a.x.requires_grad_()
    (dx,) = torch.autograd.grad(
        experts(x, a.idx, a.weight, a.gate_up, a.down).square().sum(), x, create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        dx.sum().backward()


def test_threads_take_turns_in_the_interpreter():
    """The trainer gives each core a micro-batch; the interpreter has one program at a time."""
    a = layer(n=10, d=8, f=8)
    first, found = ours(a), {}
    threads = [threading.Thread(target=lambda i=i: found.update({i: ours(a)})) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(same_bits(first, each) for each in found.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": torch.zeros(6, 8, dtype=torch.bfloat16)}, "bfloat16: expected float32 or float16"),
        ({"x": torch.zeros(6, 8, dtype=torch.float64)}, "x is torch.float64"),
        ({"x": torch.zeros(48)}, r"x is of shape \(48,\)"),
        ({"x": torch.zeros(8, 6).T}, "x is not contiguous"),
        ({"x": torch.zeros(6, 8, device="meta")}, "x is on meta: expected cpu"),
        ({"x": [1.0]}, "x is list"),
        ({"idx": torch.zeros(5, 2, dtype=torch.long)}, "topk_idx is of shape"),
        ({"idx": torch.zeros(6, 2)}, "topk_idx is torch.float32"),
        ({"idx": torch.full((6, 2), 4)}, "topk_idx is from 4 to 4: expected indices from 0 to 3"),
        ({"idx": torch.full((6, 2), -1)}, "topk_idx is from -1 to -1"),
        ({"weight": torch.zeros(6, 3)}, r"topk_weight is of shape \(6, 3\): expected \(6, 2\)"),
        ({"weight": torch.zeros(6, 2, device="meta")}, "topk_weight is on meta"),
        ({"gate_up": torch.zeros(4, 16, 4)}, r"gate_up is of shape .*: expected \(any, any, 8\)"),
        ({"gate_up": torch.zeros(4, 15, 8)}, "gate_up is 15 high"),
        ({"gate_up": torch.zeros(4, 16, 8).half()}, "gate_up is torch.float16"),
        ({"gate_up": torch.zeros(4, 8, 16).mT}, "gate_up is not contiguous"),
        ({"down": torch.zeros(3, 8, 8)}, r"down is of shape \(3, 8, 8\): expected \(4, 8, 8\)"),
        ({"splits": [3, 3, 3]}, "splits is .*4 counts that add up to 12"),
        ({"splits": [13, -1, 0, 0]}, "splits is"),
    ],
)
def test_what_the_layer_does_not_take(change, message):
    a = layer(n=6, d=8, f=8, e=4, k=2)
    given = {"x": a.x, "idx": a.idx, "weight": a.weight, "gate_up": a.gate_up, "down": a.down}
    given = given | change
    with pytest.raises(ValueError, match=message):
        experts(*list(given.values())[:5], splits=given.get("splits"))


def test_a_token_goes_to_one_expert_at_least():
    a = layer(n=6, d=8, f=8)
    with pytest.raises(ValueError, match="topk_idx is of K = 0"):
        experts(a.x, a.idx[:, :0].contiguous(), a.weight[:, :0].contiguous(), a.gate_up, a.down)


@pytest.mark.parametrize(("d", "f"), [(6, 8), (8, 6)])
def test_rows_must_fill_units_of_16_bytes(d, f):
    a = layer(n=3, d=d, f=f)
    with pytest.raises(ValueError, match="is 6: expected a multiple of 4"):
        experts(a.x, a.idx, a.weight, a.gate_up, a.down)
