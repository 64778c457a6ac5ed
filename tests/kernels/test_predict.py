"""What an H100 should need: tiles counted as the kernels cut them, and nothing below the floor."""

import bench
import predict
import pytest
import torch
from predict import SMS, logprob_tiles, makespan, predicted_s, sharing_of, step_s
from shapes import SHAPES, Shape

from minir1_kernels.configs import config
from minir1_kernels.sort import sort
from minir1_kernels.tiles import tiles_of

SMALL = Shape(name="small", N=50, D=64, F=48, E=5, K=1, V=100, rows=40)
TILE = {"BLOCK_M": 16, "BLOCK_N": 32, "BLOCK_K": 16, "PART": 64}
PRODUCTS = ("up", "down", "down_dh", "down_dw", "up_dx", "up_dw")


def test_tiles_are_those_of_the_kernels_own_map():
    expert = torch.tensor([0] * 17 + [3] * 32 + [4])[:, None]
    rows = sort(expert, SMALL.E)
    cut = int(tiles_of(rows.offsets, SMALL.R, TILE["BLOCK_M"]).count)
    loads = rows.offsets.diff().tolist()
    # F = 48 is two blocks of 32 columns; D = 64 is four steps of 16.
    assert predict.tiles_of("up", SMALL, loads, TILE) == [(4, 2 * 16 * 32 * 3, 1)] * (2 * cut)
    # dW1 is [96 64]: six blocks by two, as many steps as an expert's rows take.
    steps = [steps for steps, *_ in predict.tiles_of("up_dw", SMALL, loads, TILE)]
    assert steps == [2] * 12 + [0] * 24 + [2] * 12 + [1] * 12


def test_parts_of_the_vocabulary_are_walked_by_one_program():
    # Three blocks of rows; parts of 64 and 36 words, in two blocks of words each.
    assert logprob_tiles("logprob", SMALL, TILE) == [(8, 0, 2)] * 6
    assert logprob_tiles("logprob_dz", SMALL, TILE) == [(4, 2 * 16 * 32, 1)] * 12


@pytest.mark.parametrize("sharing", [1, 2])
def test_the_last_tile_is_done_when_the_busiest_multiprocessor_is(sharing):
    rng = torch.Generator().manual_seed(0)
    tiles = [(int(n), 0, 0) for n in torch.randint(1, 40, (1000,), generator=rng)]
    done, whole = makespan(tiles, 1.0, sharing), sum(steps for steps, *_ in tiles)
    # Graham's bounds on a list in any order.
    assert whole / SMS <= done <= whole / SMS + sharing * max(tiles)[0]
    assert makespan(tiles[:1], 1.0, sharing) == sharing * tiles[0][0]


@pytest.mark.parametrize("op", PRODUCTS)
def test_a_step_is_no_faster_than_the_tensor_cores_or_the_cache(op):
    tile = config(op, "sm_90", D=2048, F=768)
    assert sharing_of(op, tile) >= 1
    m, n, k = (tile[f"BLOCK_{axis}"] for axis in "MNK")
    n *= 2 if op == "up" else 1
    assert step_s(op, tile) * predict.FLOPS / SMS >= 2 * m * n * k
    assert step_s(op, tile) * predict.L2 / SMS >= 2 * (m + n) * k


@pytest.mark.parametrize("name", predict.PREDICTED)
@pytest.mark.parametrize("routing", bench.ROUTINGS)
def test_no_prediction_is_below_its_floor(name, routing):
    found, floors = predicted_s(SHAPES[name], routing), SHAPES[name].floors_s()
    assert found.keys() == floors.keys()
    for op, floor in floors.items():
        assert found[op] > floor, op


def test_as_a_command(capsys):
    assert bench.main(["--predict"]) == 0
    told = capsys.readouterr().out
    assert told.count("\n") == 2 + len(SHAPES["tiny"].floors_s())
    assert "| layer training |" in told and "qwen3-30b-a3b, zipf" in told
