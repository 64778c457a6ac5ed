"""The run on a node of 8 GPUs, rehearsed on 8 CPU processes: every part of it, only smaller.

load a base -> rollouts, rewards, GRPO steps with expert_parallel = 8 -> preempted in the middle
-> resumed on 4 processes with expert_parallel = 4 -> evaluation, report -> export -> loaded
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from minir1.run.ledger import read_ledger
from minir1.run.metrics import read_metrics

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]

RECIPE = "smoke"
SIZES = [
    "--model.n-layers", "3", "--model.n-routed-experts", "8", "--pretrain.steps", "4",
    "--pretrain.sequences-per-step", "16", "--zero.steps", "6", "--zero.save-every", "1",
    "--zero.questions-per-step", "4", "--zero.group-size", "4", "--zero.max-new-tokens", "16",
    "--zero.kl-coef", "0.01", "--zero.routing-replay", "--eval.problems", "8", "--eval.every", "4",
    "--eval.every-problems", "4", "--eval.batch-size", "2", "--eval.max-new-tokens", "16",
    "--parallel.activation-checkpointing", "--keep-best",
]  # fmt: skip


def command(processes: int, out: Path) -> list[str]:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    torchrun += ["--nproc-per-node", str(processes), "-m", "minir1", "run", RECIPE, *SIZES]
    return [*torchrun, "--parallel.expert-parallel", str(processes), "--out", str(out)]


def start(words: list[str], log: Path) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with log.open("w") as file:
        return subprocess.Popen(words, env=environment, stdout=file, stderr=file)


def steps_of_rl(out: Path) -> int:
    if not (out / "metrics.jsonl").exists():
        return 0
    return sum(row["stage"] == "zero" for row in read_metrics(out))


def test_a_node_of_eight(tmp_path):
    out, log = tmp_path / "run", tmp_path / "log.txt"
    process = start(command(8, out), log)
    while steps_of_rl(out) < 2:
        assert process.poll() is None, log.read_text()[-4000:]
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)  # the machine is taken back
    process.wait()
    stopped = json.loads((out / "stopped.json").read_text())
    assert stopped["stage"] == "zero" and 2 <= stopped["step"] < 6, log.read_text()[-4000:]
    saved = out / "checkpoints" / f"zero-{stopped['step']:06d}"
    assert len(list(saved.glob("model-*-of-00008.safetensors"))) == 8

    process = start(command(4, out), log)  # half of it comes back
    assert process.wait() == 0, log.read_text()[-4000:]
    rows = [row for row in read_metrics(out) if row["stage"] == "zero"]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert all(row["sampling/sampling_logp_difference/max"] < 1e-4 for row in rows)
    assert all(row["grad_norm"] >= 0 and row["router/drift"] == 0 for row in rows)
    last = out / "checkpoints" / "zero-000006"
    assert len(list(last.glob("model-*-of-00004.safetensors"))) == 4
    assert json.loads((last / "state.json").read_text())["state"]["expert_parallel"] == 4
    assert (out / "report" / "index.html").exists() and (out / "eval" / "final.json").exists()
    assert list((out / "checkpoints" / "best").glob("zero-*"))
    states = [row["status"] for row in read_ledger(out) if row["stage"] == "zero"]
    assert states == ["interrupted", "finished"]
    assert not (out / "stopped.json").exists()

    call = [sys.executable, "-m", "minir1", "export", str(out), str(tmp_path / "model")]
    subprocess.run(call, check=True, cwd=ROOT, capture_output=True)
    from minir1.model import hub
    from minir1.run.models import last_model

    ids = torch.arange(3, 43)[None]
    _, policy, _ = last_model(out)
    with torch.no_grad():
        torch.testing.assert_close(hub.load(tmp_path / "model")(ids), policy(ids))
