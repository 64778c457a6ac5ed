"""The benchmark and the tuner: floors, routings, sides that agree, and every line on a CPU."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import bench
import blocks
import measure
import pytest
import sides
import torch
import tune
import warm
from shapes import SHAPES, experts_of, layer_inputs
from stopwatch import milliseconds, race, settle

KERNELS = Path(__file__).parents[2] / "kernels"
TINY = SHAPES["tiny"]


@pytest.mark.parametrize(
    ("name", "floors_ms"),
    [
        ("qwen3-30b-a3b", {"up": 2.067, "down": 1.033, "combine": 0.403, "route": 0.0122,
                           "sort": 0.0014, "layer": 3.50, "layer training": 10.11}),
        ("moonlight", {"up": 1.421, "down_dw": 0.710, "combine": 0.157, "route": 0.0032,
                       "layer": 2.29, "layer training": 6.71, "logprob": 13.8}),
    ],
)  # fmt: skip
def test_floors_are_those_reckoned_by_hand(name, floors_ms):
    floors = SHAPES[name].floors_s()
    for op, ms in floors_ms.items():
        assert 1e3 * floors[op] == pytest.approx(ms, rel=0.04), op
    # As rates: 706 and 734 TFLOP/s at the first shape.
    rate = SHAPES["qwen3-30b-a3b"]
    per_s = [rate.flops()[w] / rate.floors_s()[w] / 1e12 for w in ("layer", "layer training")]
    assert per_s == pytest.approx([706, 734], abs=1)


@pytest.mark.parametrize("name", list(SHAPES))
@pytest.mark.parametrize("routing", bench.ROUTINGS)
def test_a_token_has_k_distinct_experts(name, routing):
    shape = SHAPES[name]
    chosen = experts_of(shape, routing)
    assert chosen.shape == (shape.N, shape.K)
    assert chosen.min() >= 0 and chosen.max() < shape.E
    assert (chosen.sort(dim=1).values.diff(dim=1) > 0).all()
    load = torch.bincount(chosen.flatten(), minlength=shape.E)
    if routing == "balanced":
        assert load.max() - load.min() <= 1
    elif shape.N > 1000:
        assert load.max() > 2 * load.float().mean()
    assert torch.equal(chosen, experts_of(shape, routing))


@pytest.mark.parametrize("routing", bench.ROUTINGS)
def test_other_sides_compute_the_same_layer(routing):
    inputs = layer_inputs(TINY, routing, "cpu", torch.float32)
    exact = sides.spec(*(x.double() if x.is_floating_point() else x for x in inputs))
    torch.testing.assert_close(sides.grouped_mm(*inputs).double(), exact, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_liger_computes_the_same_layer():
    pytest.importorskip("liger_kernel", reason="pip install 'minir1[bench]'")
    inputs = layer_inputs(TINY, "zipf", "cpu", torch.float32)
    exact = sides.spec(*(x.double() if x.is_floating_point() else x for x in inputs))
    liger = sides.layers(interpret=True)["liger"]
    torch.testing.assert_close(liger(*inputs).double(), exact, atol=1e-4, rtol=1e-4)


def test_every_line_runs_in_the_interpreter(monkeypatch, capsys):
    monkeypatch.setattr(sides, "find_spec", lambda name: None)  # liger takes half a minute there
    assert bench.main(["--interpret", "--routing", "balanced", "--rounds", "1"]) == 0
    told = capsys.readouterr().out
    assert "say nothing about a GPU" in told and "pip install liger-kernel==0.8.5" in told
    for what in [*TINY.floors_s()]:
        assert f"\n| {what} | " in told, what
    assert "grouped_mm" in told and "cuBLAS bmm" in told and "matmul" in told


def test_wrong_kernels_are_not_timed(monkeypatch, capsys):
    found = sides.layers(interpret=False)
    off = {"minir1": lambda *layer: 1.01 * found["grouped_mm"](*layer)}
    monkeypatch.setattr(sides, "layers", lambda interpret: off)
    rows = list(measure.measure(TINY, ["zipf"], rounds=1, interpret=True))
    layer = [row["what"] for row in rows if row["routing"] == "zipf"]
    assert layer == ["correctness"] and not rows[0]["ok"]
    assert {row["what"] for row in rows[1:]} == {"correctness", "logprob", "logprob training"}
    assert bench.main(["--interpret", "--routing", "zipf", "--rounds", "1"]) == 1
    assert "WRONG, so not timed" in capsys.readouterr().out


def test_kernels_that_fail_leave_the_other_rows(monkeypatch, capsys):
    def fails(*layer):
        raise RuntimeError("an illegal memory access was encountered\nand more")

    monkeypatch.setattr(sides, "layers", lambda interpret: {"minir1": fails})
    assert bench.main(["--interpret", "--routing", "zipf", "--rounds", "1"]) == 1
    told = capsys.readouterr().out
    assert "failure: minir1 failed: RuntimeError: an illegal memory access" in told
    assert "and more" not in told and "\n| logprob training | " in told


def test_a_side_that_fails_is_named_and_the_others_are_timed():
    turns = []

    def fails():
        turns.append(len(turns))
        if len(turns) == 3:
            raise torch.OutOfMemoryError("out of memory")

    row = race({"minir1": lambda: None, "theirs": fails, "last": lambda: None}, 5, interpret=True)
    assert row["failed"] == {"theirs": "OutOfMemoryError: out of memory"}
    assert set(row["ms"]) == {"minir1", "last"} and len(row["ms"]["last"]) == 5
    assert len(turns) == 3, "it is not called again"


def test_rows_are_on_disk_before_the_next_is_taken(tmp_path, monkeypatch):
    """Whoever stops a run that hangs keeps what was measured."""

    def hangs(shape, routings, rounds, interpret):
        yield {"what": "up", "routing": "zipf", "ms": {"minir1": [1.0]}}
        raise KeyboardInterrupt

    monkeypatch.setattr(measure, "measure", hangs)
    monkeypatch.setattr(warm, "compile_together", lambda names: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100 80GB HBM3")
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench.jsonl")
    monkeypatch.setenv("TRITON_INTERPRET", "1")  # put back afterwards
    with pytest.raises(KeyboardInterrupt):
        bench.main(["--save", "--shape", "moonlight"])
    (row,) = [json.loads(line) for line in bench.RESULTS.read_text().splitlines()]
    assert row["shape"] == "moonlight" and row["device"] == "NVIDIA H100 80GB HBM3"
    assert set(row["versions"]) == {"torch", "cuda", "triton", "liger-kernel", "cut-cross-entropy"}


def test_rows_that_are_saved_fill_the_page(tmp_path, monkeypatch):
    row = {"what": "up", "routing": "zipf", "ms": {"minir1": [2.0]}}
    monkeypatch.setattr(measure, "measure", lambda *asked: iter([row]))
    monkeypatch.setattr(warm, "compile_together", lambda names: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100 80GB HBM3")
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench.jsonl")
    monkeypatch.setattr(blocks, "README", tmp_path / "README.md")
    blocks.README.write_text("a <!-- bench -->\nold\n<!-- end of bench --> b")
    monkeypatch.setenv("TRITON_INTERPRET", "1")  # put back afterwards
    assert bench.main(["--save", "--shape", "moonlight"]) == 0
    page = blocks.README.read_text()
    assert "old" not in page and "| up | 2.000 (2.000-2.000) | 567 | 71% |  |" in page


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="no marks <!-- aot --> and <!-- end of aot -->"):
        blocks.filled("a page", "aot", "text")


def test_wrong_logprobs_are_not_timed(monkeypatch):
    def plain(hidden, words, targets):
        return sides.torch_logprobs(hidden, words, targets)[0]

    found = {"minir1": lambda *head: 1.01 * plain(*head), "torch": plain}
    monkeypatch.setattr(sides, "logprobs", lambda interpret: found)
    (row,) = measure.logprob_rows(TINY, 1, "cpu", torch.float32)
    assert row["what"] == "correctness" and not row["ok"]


def test_a_side_is_settled_when_the_device_is_done(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: asked.append("synchronize"))
    settle(lambda: asked.append("call"), interpret=False)
    assert asked == ["call", "synchronize"]


def test_every_core_takes_a_part_of_what_liger_tunes(monkeypatch, capsys):
    commands, waited = [], []

    def start(command, stderr):
        commands.append(command)
        return SimpleNamespace(wait=lambda: waited.append(command))

    monkeypatch.setattr(warm, "find_spec", lambda name: name)
    monkeypatch.setattr(warm.subprocess, "Popen", start)
    monkeypatch.setattr(warm.os, "cpu_count", lambda: 3)
    warm.compile_together(["moonlight"])
    assert [c[2:] for c in commands] == [[str(part), "3", "moonlight"] for part in range(3)]
    assert waited == commands and Path(commands[0][1]).name == "warm.py"
    monkeypatch.setattr(warm, "find_spec", lambda name: None)
    warm.compile_together(["moonlight"])
    assert len(commands) == 3, "without liger-kernel there is nothing to compile"


@pytest.mark.parametrize(
    ("package", "file", "name", "taken"),
    [
        ("liger_kernel", "ops/fused_moe.py", "forward",
         ["ctx", "x", "gate_up_proj", "down_proj", "top_k_index", "top_k_weights"]),
        ("cut_cross_entropy", "linear_cross_entropy.py", "linear_cross_entropy",
         ["e", "c", "targets", "reduction", "filter_eps"]),
    ],
)  # fmt: skip
def test_peers_take_what_they_are_given(package, file, name, taken):
    """Read, not imported: both ask for a GPU."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        pytest.skip("pip install 'minir1[bench]'")
    tree = ast.parse((Path(spec.origin).parent / file).read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    (found,) = [f for f in functions if f.name == name]
    given = [argument.arg for argument in found.args.args]
    assert [argument for argument in given if argument in taken] == taken


def test_what_computes_something_else_is_marked():
    def ours():
        return torch.ones(4, 4), None, torch.ones(3)

    calls = {"minir1": ours, "same": ours, "half": lambda: (torch.ones(4, 4), torch.zeros(3))}
    calls |= {"matmul": lambda: torch.zeros(1), "fails": lambda: torch.ones(2) @ torch.ones(3)}
    found = measure.differences(calls)
    assert found == {"same": 0.0, "half": 1.0}, "bounds and failing sides have no difference"


def test_the_device_waits_until_the_host_has_launched(monkeypatch):
    """A stand-in for the GPU writes down what it is asked for."""
    asked = []

    class Event:
        def __init__(self, enable_timing):
            assert enable_timing

        def record(self):
            asked.append("event")

        def elapsed_time(self, end):
            assert asked[-1] == "synchronize", "a clock is read when all is done"
            return 3.0

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "_sleep", lambda cycles: asked.append("wait"))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: asked.append("synchronize"))
    cold = SimpleNamespace(zero_=lambda: asked.append("clear"))
    monkeypatch.setattr(torch, "empty", lambda *size, **kind: cold)
    assert milliseconds(lambda: asked.append("call"), interpret=False) == 3.0
    timed = ["clear", "wait", "event", "call", "event"]
    assert asked == ["call", "synchronize", *timed * 50, "synchronize"]


def test_cut_cross_entropy_leaves_no_gradient_out(monkeypatch):
    asked = {}

    def linear_cross_entropy(hidden, words, targets, **options):
        asked.update(options)
        return torch.zeros(len(hidden))

    package = SimpleNamespace(linear_cross_entropy=linear_cross_entropy)
    monkeypatch.setitem(sys.modules, "cut_cross_entropy", package)
    monkeypatch.setattr(sides, "find_spec", lambda name: name)
    sides.logprobs(interpret=False)["cce"](torch.ones(2, 8), torch.ones(4, 8), torch.ones(2).long())
    assert asked == {"reduction": "none", "filter_eps": None}


def test_processes_share_all_of_a_tuners_configs():
    Autotuner = pytest.importorskip("triton.runtime.autotuner").Autotuner
    shared, ran = [], []
    for part in range(12):
        tuner = object.__new__(Autotuner)
        tuner.configs = list(range(16))
        warm.take_part(SimpleNamespace(kernel=tuner, other=1), part, of=12)
        assert tuner.configs
        shared += tuner.configs
        assert tuner.do_bench(lambda: ran.append("once"), quantiles=(0.5, 0.2)) == [0.0, 0.0]
        assert ran == ["once"] * (part + 1), "it is run, so compiled, and not timed"
    assert sorted(shared) == list(range(16))


@pytest.mark.slow
def test_liger_has_the_tuners_that_are_shared_out():
    kernels = pytest.importorskip("liger_kernel.ops.fused_moe_kernels")
    assert len(warm.tuners(kernels)) == 7


def test_without_a_gpu_it_says_so(capsys):
    for script in (bench, tune):
        assert script.main([]) == 2
        told = capsys.readouterr().out
        assert told.startswith("No GPU here") and told.count("\n") == 1


def test_as_a_command():
    done = subprocess.run(
        [sys.executable, str(KERNELS / "bench.py"), "--table"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout and not done.stderr


def test_saved_rows_make_a_table_with_ratios_of_one_run():
    row = {
        "shape": "moonlight",
        "what": "layer",
        "routing": "zipf",
        "device": "NVIDIA H100 80GB HBM3",
        "ms": {"minir1": [4.0, 3.0, 5.0], "liger": [8.0, 6.0, 7.0]},
    }
    told = bench.table(map(json.loads, [json.dumps(row)]))
    # 6 * 98304 rows * 2048 * 1408 FLOPs in 4 ms, and a floor of 2.288 ms.
    assert "| layer | 4.000 (3.000-5.000) | 425 | 57% | 1.75 liger |" in told
    other = bench.table([row | {"device": "NVIDIA GeForce RTX 4090"}])
    assert "| 425 | - |" in other, "the floors are an H100's"


def test_sides_take_turns():
    order = []
    race({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2, interpret=True)
    assert order == ["a", "b", "a", "b", "a", "b"]


def test_the_tuner_finds_the_valley_and_steps_over_what_cannot_run():
    def cost(tiles):
        if tiles["BLOCK_M"] > 64:
            return None
        return abs(tiles["BLOCK_M"] - 64) + abs(tiles["num_stages"] - 3) + 1.0

    start = {"BLOCK_M": 16, "num_stages": 1, "TMA": 1}
    assert tune.climb(start, cost) == ({"BLOCK_M": 64, "num_stages": 3, "TMA": 1}, 1.0, 51.0)
    with pytest.raises(ValueError, match="can't run here"):
        tune.climb({"BLOCK_M": 128, "num_stages": 1}, cost)


def test_tiles_that_give_another_result_are_passed_over(monkeypatch):
    """The faster tiles here are wrong, as a compiler's mistake would make them."""
    from minir1_kernels import configs

    def call():
        tiles = configs.table()["sort", "interpret"][f"E={TINY.E}"]
        return torch.full((3,), 2.0 if tiles["BLOCK_T"] == 16 else 1.0)

    monkeypatch.setattr("stopwatch.milliseconds", lambda call, interpret: float(call()[0] == 1.0))
    choices = configs.table()["sort", "interpret"]
    choices[f"E={TINY.E}"] = choices["narrow"]
    try:
        assert tune.tune("sort", TINY, call, interpret=True)["config"]["BLOCK_T"] != 16
    finally:
        configs.table.cache_clear()


def test_tiles_that_fail_are_passed_over(monkeypatch):
    from minir1_kernels import configs

    def call():
        if configs.table()["sort", "interpret"][f"E={TINY.E}"]["BLOCK_T"] != start["BLOCK_T"]:
            raise RuntimeError("out of resources")
        return torch.ones(3)

    choices = configs.table()["sort", "interpret"]
    start = choices[f"E={TINY.E}"] = choices["narrow"]
    try:
        found = tune.tune("sort", TINY, call, interpret=True)["config"]
        assert found["BLOCK_T"] == start["BLOCK_T"]
    finally:
        configs.table.cache_clear()


def test_the_tuner_tries_specialised_warps_and_plain_ones():
    tiles = {"SPECIALISED": 0, "num_warps": 8, "num_stages": 4}
    specialised = next(tune.neighbours(tiles))
    assert specialised == tiles | {"SPECIALISED": 1, "num_warps": 4}
    assert next(tune.neighbours(specialised)) == tiles


def test_an_op_that_fails_does_not_lose_the_others(tmp_path, capsys, monkeypatch):
    def tunes(op, shape, call, interpret):
        if op == "up":
            raise RuntimeError("the device is lost")
        return {"op": op, "arch": "sm_90", "shape": "D=1", "config": {"BLOCK_T": 1}}

    table = tmp_path / "configs.jsonl"
    table.write_text(
        "".join(f'{{"op": "{op}", "arch": "x", "shape": "y"}}\n' for op in ("up", "sort"))
    )
    monkeypatch.setattr(tune, "tune", tunes)
    monkeypatch.setattr(tune, "calls_of", lambda shape, interpret: {"up": None, "sort": None})
    assert tune.main(["--interpret", "--table", str(table)]) == 1
    assert "RuntimeError: the device is lost" in capsys.readouterr().out
    assert json.loads(table.read_text().splitlines()[-1])["config"] == {"BLOCK_T": 1}


def test_the_tuner_writes_one_line_for_these_widths(tmp_path, capsys, monkeypatch):
    from minir1_kernels import configs

    table = tmp_path / "configs.jsonl"
    table.write_text(configs.TABLE.read_text())
    before = configs.parse(table.read_text().splitlines())
    monkeypatch.setattr(tune, "neighbours", lambda tiles: [tiles | {"BLOCK_T": 64}])
    try:
        assert tune.main(["--interpret", "--op", "sort", "--table", str(table)]) == 0
    finally:
        configs.table.cache_clear()  # the tuner tries tiles in the table that kernels read
    lines = table.read_text().splitlines()
    after = configs.parse(lines)
    assert set(after["sort", "interpret"]) == {"narrow", "wide", f"E={TINY.E}"}
    assert len(lines) == len(configs.TABLE.read_text().splitlines()) + 1
    (new,) = [json.loads(line) for line in lines if f'"E={TINY.E}"' in line]
    assert "tuned on Triton's interpreter (CPU)" in new["origin"] and "before" in new["origin"]
    assert {k: v for k, v in after.items() if k != ("sort", "interpret")} == {
        k: v for k, v in before.items() if k != ("sort", "interpret")
    }
    assert tune.main(["--interpret", "--op", "sort", "--table", str(table)]) == 0
    configs.table.cache_clear()
    assert len(table.read_text().splitlines()) == len(lines), "the line was replaced"
    with pytest.raises(SystemExit):
        tune.main(["--interpret", "--op", "sideways"])
    assert "no op sideways; there are route, sort" in capsys.readouterr().err
