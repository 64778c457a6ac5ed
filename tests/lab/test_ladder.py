"""The rungs in plain torch, and their pictures."""

import importlib.util
from pathlib import Path

import pytest
import torch

from minir1.lab import rungs
from minir1.lab.ladder import collect, floors, grouped_product, layer_of, places, tile_counts
from minir1.lab.published import load
from minir1.model.dispatch import experts_torch

ROOT = Path(__file__).parents[2]


def routed(n=13, n_experts=5, k=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.rand(n, n_experts, generator=generator).argsort(-1)[:, :k]
    return chosen, torch.rand(n, k, generator=generator)


def test_all_rungs_together_are_the_layer():
    chosen, weight = routed()
    flat, block = chosen.flatten(), 4
    counts = torch.empty(5, 7, dtype=torch.long)
    tile_counts(flat, 5, block, counts)
    assert torch.equal(counts.sum(1), torch.bincount(flat, minlength=5))
    starts = counts.sum(1).cumsum(0) - counts.sum(1)
    place = torch.empty_like(flat)
    places(flat, starts, counts.cumsum(1) - counts, block, place)
    assert torch.equal(place, flat.argsort(stable=True).argsort())
    x, up, down = torch.randn(13, 6), torch.randn(5, 8, 6), torch.randn(5, 6, 4)
    offsets = torch.cat([starts, torch.tensor([len(flat)])])
    sorted_x = torch.empty(len(flat), 6)
    sorted_x[place] = x.repeat_interleave(2, 0)
    h, y, found = torch.empty(26, 8), torch.empty(26, 6), torch.full((15, 6), 7.0)
    grouped_product(sorted_x, offsets, up, h)
    gate, value = h.chunk(2, -1)
    grouped_product(torch.nn.functional.silu(gate) * value, offsets, down, y)
    collect(y, place.view(13, 2), weight, found)
    assert (found[13:] == 7.0).all()
    found = found[:13]
    torch.testing.assert_close(found, experts_torch(x, chosen, weight, up, down))


def test_no_rows_write_nothing():
    none, out = torch.empty(0, dtype=torch.long), torch.full((3, 2), 9)
    tile_counts(none, 3, 4, out)
    places(none, torch.zeros(3).long(), torch.zeros(3, 0).long(), 4, out[0])
    assert (out == 9).all()


def test_the_floors_are_those_of_the_kernels():
    spec = importlib.util.spec_from_file_location("shapes", ROOT / "kernels" / "shapes.py")
    shapes = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["shapes"] = shapes  # where dataclasses look up their home
    spec.loader.exec_module(shapes)
    for shape in shapes.SHAPES.values():
        theirs = shape.work()
        for op, pair in floors(shape.N, shape.D, shape.F, shape.E, shape.K).items():
            assert pair == pytest.approx(theirs[op]), op
    assert (shapes.FLOPS, shapes.BYTES) == (rungs.FLOPS, rungs.BYTES)


def test_a_layer_gives_back_what_reached_it():
    published = load("laptop")
    layer = layer_of(published.policy, [1, 5, 9, 7])
    assert layer.x.shape == (4, 64) and layer.logits.shape == (4, 8)
    assert layer.gate_up.shape[0] == layer.down.shape[0] == 8
    assert not layer_of(published.policy, [1, 5, 9, 7], layer=2).x.equal(layer.x)


def test_pictures_say_what_they_show():
    chosen, _ = routed()
    flat = chosen.flatten()
    counts = torch.bincount(flat, minlength=5).tolist()
    words, table = [str(n) for n in range(13)], torch.zeros(5, 7, dtype=torch.long)
    tile_counts(flat, 5, 4, table)
    assert "13 tokens, 4 programs" in rungs.score_map(torch.rand(13, 5), chosen, words, 4).words
    assert "26 rows in 7 tiles" in rungs.count_map(table).words
    assert rungs.offset_bar([2, 0, 3]).words == "Offsets [0, 2, 2, 5]"
    assert rungs.tiles_chart([9, 0, 7], 8).words.startswith("3 tiles of 8; 33%")
    assert "0 to 0.5" in rungs.waste_chart({"one": [4]}, [4, 8]).words
    assert "5.0e-07" in rungs.error_chart({"x": (1e-7, 5e-7)}).words
    assert "9.66" in rungs.memory_chart(32768, 2048, 768, 8).words
    assert "less than 10.1 ms" in rungs.floor_chart(32768, 2048, 768, 128, 8).words
    assert "rows stand elsewhere" in rungs.race_chart(flat, 5, 4, 3).words
    assert sum(counts) == 26


def test_racing_counters_fill_all_places_whatever_the_order():
    flat = routed(n=40, seed=3)[0].flatten()
    for seed in range(3):
        place = rungs.racing(flat, 5, 4, seed)
        assert sorted(place.tolist()) == list(range(80))
        assert torch.equal(flat[place.argsort()], flat.sort().values)


def test_what_the_compiler_said_is_read_for_one_chip():
    rows = rungs.compiled(ROOT / "kernels" / "results" / "aot.jsonl")
    assert rows and {row["chip"] for row in rows} == {"sm_90"}
    assert len({row["triton"] for row in rows}) == 1
    assert "0 bytes spilled" in rungs.register_chart(rows).words
