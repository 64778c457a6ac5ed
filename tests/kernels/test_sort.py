"""The sort equals torch's stable one bit for bit, and the tile map a double loop."""

import harness
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from layers import ROUTINGS, routed

from minir1_kernels.sort import sort
from minir1_kernels.tiles import tiles_of


def check_sort(experts, n_experts):
    with harness.poisoned(), harness.witness():
        rows = sort(experts, n_experts)
    flat = experts.flatten()
    order = flat.argsort(stable=True)
    assert rows.order.tolist() == order.tolist()
    assert rows.place.tolist() == order.argsort().tolist()
    counts = torch.bincount(flat, minlength=n_experts)
    assert rows.offsets.tolist() == [0, *counts.cumsum(0).tolist()]
    return rows


@given(n=st.integers(0, 60), k=st.integers(1, 8), extra=st.integers(0, 40), seed=st.integers(0, 99))
@example(n=20, k=3, extra=64, seed=1)
@settings(max_examples=20)
def test_equals_a_stable_sort(n, k, extra, seed):
    """E on both sides of a chunk of 32, and rarely a power of two; T = 0 and 1 among them."""
    rng = torch.Generator().manual_seed(seed)
    experts = torch.rand(n, k + extra, generator=rng).topk(k).indices
    check_sort(experts if seed % 2 else experts.int(), k + extra)


@pytest.mark.parametrize("case", ROUTINGS)
def test_loads_that_are_not_even(case):
    check_sort(routed(case, n=128), 6)


def test_more_tiles_than_a_chunk(monkeypatch):
    """140 rows are 35 tiles of 4, and `scan` looks at 8 * 4 tiles at a time."""
    small = {"BLOCK_T": 4, "num_warps": 4, "num_stages": 1}
    monkeypatch.setattr("minir1_kernels.sort.config", lambda *op, **widths: small)
    check_sort(routed("even", n=140, e=3), 3)


def test_a_duplicate_choice_keeps_its_place():
    check_sort(torch.tensor([[1, 1], [0, 1], [1, 0]]), 2)


def test_any_order_of_programs_gives_the_same_bits():
    experts = routed("even", n=200, e=7)
    first = check_sort(experts, 7)
    for seed in range(3):
        with harness.shuffled(seed), harness.poisoned():
            again = sort(experts, 7)
        assert harness.same_bits(
            (first.order, first.place, first.offsets), (again.order, again.place, again.offsets)
        )


def test_ids_out_of_range_are_left_out():
    """What keeps a GPU from writing outside its tensors; 2^32 would be 0 in 32 bits."""
    experts = torch.tensor([[2, -1], [0, 3], [1 << 32, 2], [1, 0]])
    rows = sort(experts, 3)
    assert rows.offsets.tolist() == [0, 2, 3, 5]
    assert rows.order[:5].tolist() == [2, 7, 6, 0, 5]
    assert rows.place.tolist() == [3, -1, 0, -1, -1, 4, 2, 1]


@pytest.mark.parametrize("bad", [torch.zeros(3), torch.zeros(3, dtype=torch.long)])
def test_ids_are_integers_of_tokens_and_choices(bad):
    with pytest.raises(ValueError, match="topk_idx"):
        sort(bad, 4)


@given(loads=st.lists(st.integers(0, 70), min_size=1, max_size=40), block=st.sampled_from([16, 32]))
@example(loads=[33, 0, 5] * 14, block=32)  # more experts than a chunk
@settings(max_examples=20)
def test_the_tile_map_equals_a_double_loop(loads, block):
    offsets = torch.tensor([0, *loads], dtype=torch.int32).cumsum(0, dtype=torch.int32)
    with harness.poisoned(), harness.witness():
        tiles = tiles_of(offsets, sum(loads), block)
    expected = [
        (e, start)
        for e in range(len(loads))
        for start in range(int(offsets[e]), int(offsets[e + 1]), block)
    ]
    found = list(zip(tiles.expert.tolist(), tiles.start.tolist(), strict=True))
    assert found[: len(expected)] == expected
    assert all(e == -1 for e, _ in found[len(expected) :])
    assert tiles.count.item() == len(expected)


def test_the_bound_is_reached():
    """One row more than full tiles at every expert: no slot stays free."""
    offsets = torch.tensor([0, 33, 66, 67], dtype=torch.int32)
    assert tiles_of(offsets, 67, 32).count.item() == 67 // 32 + 3 == 5
