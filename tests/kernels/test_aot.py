"""Every kernel with every config compiles for chips that are not here, and nothing spills.

The chips' processes run without the interpreter; ptxas, which comes with Triton, is the judge.
`make aot` does the same with both versions of Triton in use and writes results/aot.jsonl.
"""

import importlib.util
import json
from pathlib import Path

import pytest
import tune
from compiled import call_wrappers, sizes_of
from shapes import SHAPES

from minir1_kernels.configs import SHARED_BYTES, exact, table

KERNELS = Path(__file__).parents[2] / "kernels"
MATRIX = {
    "up_kernel",
    "grouped_kernel",
    "down_dh_kernel",
    "dw_kernel",
    "logprob_part",
    "logprob_dz",
}
GOOD = {
    "chip": "sm_90",
    "spill": 0,
    "shared": 1000,
    "limit": 2000,
    "has_dot": True,
    "has_descriptor": True,
    "wgmma": 4,
    "tma": 2,
    "warp_specialized": False,
    "pending": 1,
}


def load():
    """kernels/aot.py is a script beside the package, not a part of it."""
    spec = importlib.util.spec_from_file_location("aot", KERNELS / "aot.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


aot = load()


def check(rows, chip):
    """What must hold of all kernels of one chip, compiled by one version of Triton."""
    assert [fault for row in rows for fault in aot.faults(row)] == []
    assert {row["chip"] for row in rows} == {chip}
    compiled = [(row["op"], row["config"], row["odd"]) for row in rows]
    for (op, arch), choices in table().items():
        for tiles in choices.values():
            for odd in (False, True):
                told = f"{op} {tiles} was not compiled, odd: {odd}"
                assert arch != chip or (op, tiles, odd) in compiled, told
    with_dot = {row["kernel"] for row in rows if row["has_dot"]}
    assert with_dot == MATRIX
    for row in rows:
        assert 0 < row["registers"] <= 255 and row["limit"] == SHARED_BYTES[chip]
        if row["kernel"] in MATRIX and chip == "sm_90":
            assert row["wgmma"] > 0
            assert (row["tma"] > 0) == bool(row["config"].get("TMA")), row
        if row["kernel"] in MATRIX and chip != "sm_90":
            # Without TMA, tiles must come by asynchronous copies, or nothing overlaps.
            assert row["wgmma"] == row["tma"] == 0 and row["cp_async"] > 0, row
    specialised = {(row["op"], row["shape"]) for row in rows if row["warp_specialized"]}
    tried = {("down", "specialised"), ("up_dx", "specialised")}
    assert specialised == (tried if chip == "sm_90" else set())


@pytest.mark.parametrize(
    "chip",
    [
        "sm_90",
        pytest.param("sm_89", marks=pytest.mark.slow),
        pytest.param("sm_80", marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(900)
def test_every_kernel_and_config_compiles(chip):
    check(aot.in_process("", chip, aot.shapes_of(chip)), chip)


def test_the_committed_results_are_of_this_table():
    rows = [json.loads(line) for line in aot.RESULTS.read_text().splitlines()]
    versions = {row["triton"] for row in rows}
    assert {version.rsplit(".", 1)[0] for version in versions} == {"3.6", "3.9"}
    for version in versions:
        for chip in aot.CHIPS:
            check([r for r in rows if (r["triton"], r["chip"]) == (version, chip)], chip)


@pytest.mark.parametrize("op", ["route", "sort", "combine", "up", "logprob", "logprob_dz"])
@pytest.mark.parametrize("name", ["qwen3-30b-a3b", "laptop"])
def test_what_the_tuner_wrote_is_compiled_at_its_own_widths(op, name):
    shape = SHAPES[name]
    widths = {letter: getattr(shape, letter) for letter in tune.WIDTHS.get(op, "DF")}
    sizes = sizes_of(exact(widths))
    assert list(sizes) == ["D", "F", "E", "V"], "the order in which they are unpacked"
    assert {letter: sizes[letter] for letter in widths} == widths


def test_a_tuned_router_is_compiled_with_its_experts(monkeypatch):
    """A stand-in for the wrappers notes how many experts they are called with."""
    seen = []

    def route(logits, bias, forced, rule):
        seen.append(logits.shape[1])
        return (logits,)

    monkeypatch.setattr("minir1_kernels.router.route", route)
    monkeypatch.setattr("minir1_kernels.moe.experts", lambda x, idx, w, up, down: seen.append(up))
    for shape, experts in (("narrow", [128, 64, 256]), ("E=60", [128, 64, 256, 60])):
        seen.clear()
        with pytest.raises(AttributeError):  # there the stand-in ends
            call_wrappers(shape)
        assert seen[:-1] == experts and len(seen[-1]) == (60 if "E=" in shape else 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"error": "PassManager::run failed"}, "does not compile: PassManager"),
        ({"spill": 8}, "8 bytes of registers spill"),
        ({"shared": 2001}, "2001 bytes of shared memory, the chip has 2000"),
        ({"wgmma": 0}, "without wgmma"),
        ({"tma": 0}, "without a TMA copy"),
        ({"chip": "sm_80", "wgmma": 0, "tma": 0}, ""),
        ({"warp_specialized": True}, "while a product still reads it"),
        ({"warp_specialized": True, "pending": 0}, ""),
    ],
)
def test_a_fault_is_named(change, message):
    found = aot.faults(GOOD | change)
    assert (found == []) if not message else (len(found) == 1 and message in found[0])
