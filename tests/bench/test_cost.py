"""Each point changes one size only, and what is timed is what the FLOPs are counted of."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from minir1.bench import cost
from minir1.config import ModelConfig, OptimConfig

SMALL = ModelConfig(
    dim=32, n_layers=2, inter_dim=64, moe_inter_dim=32, n_heads=2, n_routed_experts=4
)


def test_one_size_changes_at_a_time() -> None:
    centre = replace(SMALL, max_seq_len=2048)
    for size in cost.sizes(SMALL, batch=32, length=128):
        changed = [
            name
            for name, same in (
                ("batch", size.batch == 32),
                ("length", size.length == 128),
                ("experts", size.model.n_routed_experts == centre.n_routed_experts),
                ("width", size.model.dim == centre.dim),
            )
            if not same
        ]
        assert changed in ([], [size.axis])


def test_width_grows_every_matrix() -> None:
    wide = cost.wider(SMALL, 64)
    assert (wide.inter_dim, wide.moe_inter_dim, wide.n_heads) == (128, 64, 4)
    assert cost.wider(SMALL, SMALL.dim) == SMALL


@pytest.mark.parametrize("side", ["train", "decode"])
def test_the_flops_are_those_of_the_work(side) -> None:
    """torch's own counter, which doesn't know that a causal mask hides half of the scores."""
    size = cost.Size("batch", 2, SMALL, 2, 16)
    if side == "train":
        work, expected = cost.train_side(size, OptimConfig()), cost.train_flops(size)
    else:
        work, expected = cost.decode_side(size, tokens=1), cost.decode_flops(size)
    with FlopCounterMode(display=False) as counter:
        work()
    assert counter.get_total_flops() == pytest.approx(expected, rel=0.15)


def test_decoding_can_be_repeated() -> None:
    side = cost.decode_side(cost.Size("batch", 2, SMALL, 2, 16), tokens=3)
    assert side() == side() == {"tokens": 6.0, "steps": 3.0}


def test_rows_hold_both_steps_and_all_repeats(monkeypatch) -> None:
    monkeypatch.setattr(
        cost, "sizes", lambda model, batch, length: [cost.Size("batch", 2, SMALL, 2, 8)]
    )
    (one,) = cost.main(recipe="smoke", repeats=2)
    assert one["case"] == "batch 2"
    assert {len(side["repeats"]) for side in one["sides"].values()} == {2}
    assert one["settings"]["flops"]["train"] > one["settings"]["flops"]["decode"] > 0
    assert torch.get_num_threads() == one["device"]["threads"]
