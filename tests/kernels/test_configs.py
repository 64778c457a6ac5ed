"""The table of tile sizes: what is asked for is found, and what can't be is refused."""

import json

import pytest
import triton

from minir1_kernels import configs
from minir1_kernels.configs import (
    TABLE,
    config,
    current_arch,
    exact,
    ops,
    parse,
    shape_class,
    table,
)

ROWS = [json.loads(line) for line in TABLE.read_text().splitlines()]


def test_every_op_has_every_chip_and_both_classes():
    found = {(row["op"], row["arch"], row["shape"]) for row in ROWS}
    wanted = {
        (op, arch, shape)
        for op in ops()
        for arch in ("interpret", *configs.SHARED_BYTES)
        for shape in ("narrow", "wide")
    }
    assert wanted <= found and len(found) == len(ROWS)


def test_a_row_says_where_it_comes_from_and_holds_what_a_kernel_takes():
    for row in ROWS:
        assert set(row) == {"op", "arch", "shape", "config", "origin"} and row["origin"]
        assert {"num_warps", "num_stages"} <= set(row["config"])
        for name, value in row["config"].items():
            if name.startswith("BLOCK") or name in ("num_warps", "PART", "CHUNK"):
                assert value > 0 and value & (value - 1) == 0, f"{row}: Triton takes powers of two"
        if "PART" in row["config"]:
            assert row["config"]["PART"] % row["config"]["BLOCK_N"] == 0


def test_an_exact_shape_wins_over_its_class():
    line = {"op": "up", "arch": "sm_90", "origin": "x", "config": {"BLOCK_M": 1}}
    lines = [json.dumps(line | {"shape": s}) for s in ("narrow", "wide", "D=2048 F=768")]
    assert set(parse(lines)["up", "sm_90"]) == {"narrow", "wide", "D=2048 F=768"}


def test_the_tuned_line_is_used(monkeypatch):
    tuned = {("up", "sm_90"): {"wide": {"BLOCK_M": 64}, "D=2048 F=768": {"BLOCK_M": 128}}}
    monkeypatch.setattr(configs, "table", lambda: tuned)
    assert config("up", "sm_90", D=2048, F=768) == {"BLOCK_M": 128}
    assert config("up", "sm_90", D=2048, F=1408) == {"BLOCK_M": 64}


def test_wider_elements_take_small_tiles_and_half_of_the_inner_axis():
    """Without tensor cores a wide tile of fp32 spills thousands of bytes (aot.py)."""
    narrow = config("down", "sm_90", D=64, F=48)
    four = config("down", "sm_90", itemsize=4, D=2048, F=768)
    assert four["BLOCK_K"] * 2 == narrow["BLOCK_K"]
    assert {**four, "BLOCK_K": 0} == {**narrow, "BLOCK_K": 0}


def test_a_caller_gets_a_copy_of_its_own():
    config("up", "interpret", D=8, F=8)["BLOCK_M"] = 7
    assert config("up", "interpret", D=8, F=8)["BLOCK_M"] != 7


def test_names_of_shapes():
    assert exact({"F": 1, "D": 2}) == "D=2 F=1"
    assert shape_class({"D": 256, "F": 256}) == "wide" == shape_class({"E": 4})
    assert shape_class({"D": 2048, "F": 255}) == "narrow"


@pytest.mark.parametrize(
    ("op", "arch", "message"),
    [
        ("sideways", "sm_90", "no config of op 'sideways' for 'sm_90': ops are route"),
        ("up", "sm_61", "this op has interpret, sm_80, sm_89, sm_90"),
    ],
)
def test_an_unknown_op_or_chip_names_the_known(op, arch, message):
    with pytest.raises(ValueError, match=message):
        config(op, arch, D=64, F=48)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["wide", "wide"], "line 2 lists 'wide' a second time"),
        (["wide"], "no line up sm_90 narrow"),
    ],
)
def test_a_faulty_table_is_refused(lines, message):
    row = {"op": "up", "arch": "sm_90", "config": {}, "origin": "x"}
    with pytest.raises(ValueError, match=message):
        parse([json.dumps(row | {"shape": shape}) for shape in lines])


class Chip:
    def __init__(self, capability):
        self.arch = capability

    def get_current_target(self):
        return self


@pytest.mark.parametrize(
    ("capability", "arch"),
    [(80, "sm_80"), (86, "sm_89"), (89, "sm_89"), (90, "sm_90"), (100, "sm_90"), (120, "sm_89")],
)
def test_chips_share_the_line_of_their_memory(monkeypatch, capability, arch):
    monkeypatch.setattr(triton.knobs.runtime, "interpret", False)
    monkeypatch.setattr(triton.runtime.driver, "_active", Chip(capability))
    assert current_arch() == arch


def test_the_interpreter_has_its_own_line():
    assert current_arch() == "interpret"


@pytest.mark.parametrize("arch", ["sm_80", "sm_89", "sm_90"])
def test_a_tokens_scores_stay_in_one_warp(arch):
    """With four, 128 scores a token lie across warps: 684 shuffles a token in the PTX, not 121."""
    for shape in ("narrow", "wide"):
        assert table()["route", arch][shape]["num_warps"] == 1
