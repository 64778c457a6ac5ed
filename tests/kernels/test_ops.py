"""Each op of the layer alone, against its definition in float64, in float32 and float16."""

from types import SimpleNamespace

import harness
import pytest
import torch
from layers import ROUTINGS, layer, plain_dw, plain_grouped, plain_layer, plain_up, routed

from minir1_kernels import down_dh as down_dh_module
from minir1_kernels import grouped as grouped_module
from minir1_kernels import up as up_module
from minir1_kernels.combine import combine
from minir1_kernels.configs import config
from minir1_kernels.down_dh import down_dh
from minir1_kernels.down_ds import down_ds
from minir1_kernels.dw import down_dw, up_dw
from minir1_kernels.grouped import down, up_dx
from minir1_kernels.sort import Sorted, sort
from minir1_kernels.up import up

DTYPES = [torch.float32, torch.float16]


def random(*shape, dtype=torch.float32, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def run(op, *args):
    """Every op alone must have one writer an address, and write all that it hands out."""
    with harness.witness(), harness.poisoned():
        found = op(*args)
    return found if isinstance(found, tuple) else (found,)


def compare(found, plain, exact):
    for i, (a, b, c) in enumerate(zip(found, plain, exact, strict=True)):
        harness.as_exact_as(a, b, c, f"result {i}")


@pytest.mark.parametrize("dtype", DTYPES)
def test_up(dtype):
    a = layer(dtype=dtype)
    found = run(up, a.x, a.gate_up, a.rows, True)
    wide = a.to(torch.float64)
    compare(found, plain_up(a.x, a.gate_up, a.rows, 2), plain_up(wide.x, wide.gate_up, a.rows, 2))
    without = up(a.x, a.gate_up, a.rows, keep_h=False)
    assert without[0] is None and torch.equal(without[1], found[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_down_and_up_dx(dtype):
    a = layer(dtype=dtype)
    n_rows = a.idx.numel()
    for op, width, matrices in (
        (down, 48, a.down.transpose(1, 2)),
        (up_dx, 96, a.gate_up),
    ):
        rows = random(n_rows, width, dtype=dtype)
        weight = a.down if op is down else a.gate_up
        plain = plain_grouped(rows, matrices, a.rows)
        exact = plain_grouped(rows.double(), matrices.double(), a.rows)
        compare(run(op, rows, weight, a.rows), [plain], [exact])


@pytest.mark.parametrize("case", ROUTINGS)
def test_products_under_loads_that_are_not_even(case):
    idx = routed(case)
    a = layer(n=64, d=8, f=8, e=6, k=1)
    rows = sort(idx, 6)
    compare(
        run(up, a.x, a.gate_up, rows, True),
        plain_up(a.x, a.gate_up, rows, 1),
        plain_up(a.x.double(), a.gate_up.double(), rows, 1),
    )
    hidden = random(64, 8)
    matrices = a.down.transpose(1, 2)
    exact = plain_grouped(hidden.double(), matrices.double(), rows)
    compare(run(down, hidden, a.down, rows), [plain_grouped(hidden, matrices, rows)], [exact])
    left, right = random(64, 8), random(64, 16, seed=2)
    gathered = left[rows.order.long()]
    compare(
        run(down_dw, left, right, rows),
        [plain_dw(gathered, right, rows)],
        [plain_dw(gathered.double(), right.double(), rows)],
    )


@pytest.mark.parametrize("k", range(1, 9))
def test_combine(k):
    n, width = 11, 40
    idx = torch.rand(n, 9, generator=torch.Generator().manual_seed(k)).topk(k).indices
    rows = sort(idx, 9)
    y, weight, shared = random(n * k, width), random(n, k, seed=2), random(n, width, seed=3)
    mine = y[rows.place.long()].view(n, k, width)

    def plain(mine, weight, shared):
        return (
            (mine * weight[..., None]).sum(1),
            mine.sum(1),
            (mine * weight[..., None]).sum(1) + shared,
        )

    found = [
        *run(combine, y, rows, n, weight),
        *run(combine, y, rows, n),
        *run(combine, y, rows, n, weight, shared),
    ]
    exact = plain(mine.double(), weight.double(), shared.double())
    compare(found, plain(mine, weight, shared), exact)


@pytest.mark.parametrize("dtype", DTYPES)
def test_down_dh_and_ds(dtype):
    """The epilogue against autograd of s * (silu(g) * u) W2^T, and ds from its parts."""
    a = layer(f=80, dtype=dtype)
    rows, (n, k) = a.rows, a.idx.shape
    h = random(n * k, 160, dtype=dtype)
    dh, scaled, parts = run(down_dh, a.upstream, a.down, a.weight, h, rows)
    assert parts.shape == (3, n * k)  # 80 columns are three blocks of 32
    (ds,) = run(down_ds, parts, rows, a.weight)

    def plain(h, weight, down, upstream):
        h, weight = h.detach().requires_grad_(), weight.detach().requires_grad_()
        gate, up_half = h.chunk(2, dim=-1)
        s = weight.flatten()[rows.order.long()][:, None]
        scaled = s * (torch.nn.functional.silu(gate) * up_half)
        y = plain_grouped(scaled.to(h.dtype), down.transpose(1, 2), rows)
        y.backward(upstream[rows.order.long() // k])
        return h.grad, scaled.detach().to(h.dtype), weight.grad

    wide = a.to(torch.float64)
    compare(
        (dh, scaled, ds),
        plain(h, a.weight, a.down, a.upstream),
        plain(h.double(), wide.weight, wide.down, wide.upstream),
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_of_the_weights(dtype):
    a = layer(dtype=dtype)
    rows, n_rows = a.rows, a.idx.numel()
    tokens = rows.order.long() // 2
    dh, scaled = random(n_rows, 96, dtype=dtype), random(n_rows, 48, dtype=dtype, seed=2)
    compare(
        [*run(up_dw, dh, a.x, rows), *run(down_dw, a.upstream, scaled, rows)],
        [plain_dw(dh, a.x[tokens], rows), plain_dw(a.upstream[tokens], scaled, rows)],
        [
            plain_dw(dh.double(), a.x[tokens].double(), rows),
            plain_dw(a.upstream[tokens].double(), scaled.double(), rows),
        ],
    )


def test_an_expert_without_rows_gets_zeros_in_memory_that_was_not_cleared():
    rows = sort(routed("empty experts", n=12), 6)
    (dw,) = run(down_dw, random(12, 8), random(12, 8, seed=2), rows)
    assert dw[[0, 2, 3, 5]].eq(0).all() and dw[[1, 4]].ne(0).any()


def test_garbage_behind_the_last_row_and_in_idle_experts_is_never_felt():
    """Rows that the sort left out are unwritten; an expert without rows may hold anything."""
    a = layer(d=40, f=40, e=4)
    idx = torch.where(a.idx >= 2, 9, a.idx)  # some rows are left out, experts 2 and 3 idle
    rows = sort(idx, 4)
    clean = a.gate_up.clone(), a.down.clone()
    for weight in (a.gate_up, a.down):
        weight[2:] = float("nan")
    live = int(rows.offsets[-1])
    assert live < len(rows.order)
    with harness.poisoned():
        h, hidden = up(a.x, a.gate_up, rows, keep_h=True)
        y = down(hidden, a.down, rows)
        out = combine(y, rows, len(a.x), a.weight)
        dh, scaled, parts = down_dh(a.upstream, a.down, a.weight, h, rows)
        dx = combine(up_dx(dh, a.gate_up, rows), rows, len(a.x))
        ds = down_ds(parts, rows, a.weight)
        dws = up_dw(dh, a.x, rows), down_dw(a.upstream, scaled, rows)
    assert y[live:].isnan().all()
    for found in (out, dx, ds, *dws, y[:live], dh[:live]):
        assert found.isfinite().all()
    a.gate_up.copy_(clean[0]), a.down.copy_(clean[1])
    kept = torch.where(idx < 4, a.weight, 0.0)
    (expected,) = plain_layer(a.x, kept, a.gate_up, a.down, a.idx)
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
    assert ds[idx >= 4].eq(0).all() and ds[idx < 4].ne(0).all()


@pytest.mark.parametrize("module", [up_module, grouped_module, down_dh_module])
def test_boxes_by_pointers_and_by_descriptors_are_the_same(module, monkeypatch):
    a = layer()
    h = random(a.idx.numel(), 96)
    op, *args = {
        up_module: (up, a.x, a.gate_up, a.rows, True),
        grouped_module: (up_dx, h, a.gate_up, a.rows),
        down_dh_module: (down_dh, a.upstream, a.down, a.weight, h, a.rows),
    }[module]
    results = []
    for tma in (1, 0):
        monkeypatch.setattr(
            module, "config", lambda *a, tma=tma, **w: config(*a, **w) | {"TMA": tma}
        )
        results.append(run(op, *args))
    assert harness.same_bits(*results)


def test_specialised_warps_compute_the_same(monkeypatch):
    """What the tuner tries: the box of rows is then described inside the kernel."""
    a = layer()
    h, allocators = random(a.idx.numel(), 96), []
    monkeypatch.setattr(grouped_module.triton, "set_allocator", allocators.append)
    plain = run(up_dx, h, a.gate_up, a.rows)
    assert not allocators
    monkeypatch.setattr(
        grouped_module, "config", lambda *a, **w: config(*a, **w) | {"SPECIALISED": 1}
    )
    assert harness.same_bits(plain, run(up_dx, h, a.gate_up, a.rows))
    (allocate,) = allocators
    memory = allocate(384, 128, None)
    assert (memory.dtype, memory.shape, memory.device) == (torch.int8, (384,), h.device)


def test_a_persistent_kernel_has_a_program_for_every_multiprocessor(monkeypatch):
    h100 = SimpleNamespace(multi_processor_count=132)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: h100)
    assert grouped_module.programs(torch.device("cuda:1")) == 132


SHORT = Sorted(*(torch.zeros(n, dtype=torch.int32) for n in (6, 6, 4)))  # 6 rows, 3 experts


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: up(torch.zeros(4, 8), torch.zeros(3, 8, 8), SHORT, True), "6 rows: expected K"),
        (lambda: up(torch.zeros(3, 8), torch.zeros(2, 8, 8), SHORT, True), "gate_up is of shape"),
        (lambda: down(torch.zeros(5, 8), torch.zeros(3, 8, 8), SHORT), "a is of shape"),
        (lambda: down(torch.zeros(6, 8), torch.zeros(3, 8, 4), SHORT), "down is of shape"),
        (lambda: up_dx(torch.zeros(6, 8), torch.zeros(3, 4, 8), SHORT), "gate_up is of shape"),
        (lambda: combine(torch.zeros(6, 8), SHORT, 4), "n_tokens is 4"),
        (lambda: combine(torch.zeros(6, 8), SHORT, 3, torch.zeros(2, 3)), "topk_weight is of shap"),
        (lambda: combine(torch.zeros(6, 8), SHORT, 3, None, torch.zeros(3, 4)), "shared is of sh"),
        (lambda: down_dw(torch.zeros(3, 8), torch.zeros(5, 8), SHORT), "other side is of shape"),
        (lambda: up(torch.zeros(3, 6), torch.zeros(3, 8, 6), SHORT, True), "gate_up is 6: expect"),
        (lambda: down(torch.zeros(6, 8), torch.zeros(3, 6, 8), SHORT), "weights is 6: expected a"),
        (lambda: down_dw(torch.zeros(3, 8), torch.zeros(6, 6), SHORT), "down_dw: a width is 6"),
        (lambda: combine(torch.zeros(6, 6), SHORT, 3), "width of y is 6: expected a multiple of 4"),
        (lambda: down_ds(torch.zeros(2, 5), SHORT, torch.zeros(3, 2)), "parts is of shape"),
    ],
)
def test_shapes_that_do_not_belong_together(call, message):
    with pytest.raises(ValueError, match=message):
        call()
