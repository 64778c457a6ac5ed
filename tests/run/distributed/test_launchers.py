"""The same command under torchrun, `accelerate launch`, `notebook_launcher`; stopped, resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minir1.run.ledger import read_ledger
from minir1.run.metrics import read_metrics, without_clocks

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SIZES = [
    "--pretrain.steps", "4", "--pretrain.sequences-per-step", "4", "--pretrain.save-every", "1",
    "--zero.steps", "1", "--zero.questions-per-step", "2", "--zero.max-new-tokens", "12",
    "--eval.problems", "4", "--eval.max-new-tokens", "12", "--eval.every", "0",
]  # fmt: skip
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ACCELERATE = [
    sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu",
    "--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no",
    "--dynamo_backend", "no",
]  # fmt: skip
MINIR1 = ["-m", "minir1", "pretrain", "smoke", *SIZES]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def call(words, **more):
    done = subprocess.run(words, env=environment() | more, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def diary(out):
    return [without_clocks(row) for row in read_metrics(out)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What one process writes down."""
    out = tmp_path_factory.mktemp("alone") / "run"
    call([sys.executable, *MINIR1, "--out", str(out)])
    return diary(out)


def assert_close(found, expected, within=1e-6):
    assert [row["step"] for row in found] == [row["step"] for row in expected]
    for a, b in zip(found, expected, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], abs=within)
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=within)


def test_torchrun(expected, tmp_path):
    out = tmp_path / "run"
    owners = ["--parallel.expert-parallel", "2", "--json", "--out", str(out)]
    done = call([*TORCHRUN, *MINIR1, *owners])
    assert_close(diary(out), expected)
    (printed,) = done.stdout.strip().splitlines()  # one process talks, the other is silent
    assert json.loads(printed)["loss"] == read_metrics(out)[-1]["loss"]
    assert len(read_ledger(out)) == 1
    assert len(list((out / "checkpoints" / "pretrain-000004").glob("model-*"))) == 2


def test_the_kernels_of_a_gpu_with_two_owners(expected, tmp_path):
    """All that a recipe for GPUs turns on, in Triton's interpreter: rows that have travelled are
    as a kernel wants them, and those of packed sequences, computed twice, give the same step."""
    pytest.importorskip("triton", reason="needs the extra kernels")
    out = tmp_path / "run"
    words = ["--model.backend", "triton", "--pretrain.optim.pack", "--out", str(out)]
    words += ["--parallel.expert-parallel", "2", "--parallel.activation-checkpointing"]
    call([*TORCHRUN, *MINIR1, *words], TRITON_INTERPRET="1")
    assert_close(diary(out), expected, within=1e-5)


def test_accelerate_launch(expected, tmp_path):
    pytest.importorskip("accelerate", reason="needs the extra scale")
    out = tmp_path / "run"
    call([*ACCELERATE, *MINIR1, "--out", str(out)])
    assert_close(diary(out), expected)
    assert len(list((out / "checkpoints" / "pretrain-000004").glob("model-*"))) == 2


NOTEBOOK = """
from pathlib import Path
from accelerate import notebook_launcher
def train(words):  # may stand in a cell: the launcher forks
    from minir1.cli.main import main
    assert main(words) == 0
notebook_launcher(train, args=({words!r},), num_processes=2)
"""


def test_notebook_launcher(expected, tmp_path):
    pytest.importorskip("accelerate", reason="needs the extra scale")
    out = tmp_path / "run"
    call([sys.executable, "-c", NOTEBOOK.format(words=[*MINIR1[2:], "--out", str(out)])])
    assert_close(diary(out), expected)
    assert len(list((out / "checkpoints" / "pretrain-000004").glob("model-*"))) == 2


def test_torchrun_passes_sigterm_on_and_the_same_command_resumes(expected, tmp_path):
    out = tmp_path / "run"
    words = [*TORCHRUN, *MINIR1, "--pretrain.steps", "200", "--out", str(out)]
    process = subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE, text=True)
    diary_file = out / "metrics.jsonl"
    while not diary_file.exists() or diary_file.read_bytes().count(b"\n") < 2:
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    stopped = json.loads((out / "stopped.json").read_text())
    step = stopped["step"]
    assert stopped == {"stage": "pretrain", "step": step, "of": 200} and 2 <= step < 200
    assert f"pretrain stopped after step {step} of 200" in errors
    assert (out / "checkpoints" / f"pretrain-{step:06d}").is_dir()
    process = subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE, text=True)
    while diary_file.read_bytes().count(b"\n") < step + 2:
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.05)
    assert not (out / "stopped.json").exists()
    process.send_signal(signal.SIGTERM)
    process.communicate()
    rows = read_metrics(out)
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1)) and len(rows) > step
