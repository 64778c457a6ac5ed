"""A run that was stopped or killed at any moment ends in the same bits as one left alone."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1.config import Config
from minir1.rl.update import NotFiniteError
from minir1.run import checkpoint
from minir1.run.claim import held
from minir1.run.ledger import read_ledger
from minir1.run.marker import MARKER
from minir1.run.metrics import MetricsLog, read_metrics
from minir1.run.progress import Progress
from minir1.stages import loop
from minir1.stages import pretrain as pretrain_module
from minir1.stages.loop import Interrupted
from minir1.stages.pretrain import pretrain
from minir1.stages.zero import zero


def train(config: Config, out: Path) -> None:
    pretrain(config, out)
    zero(config, out)


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    """The folder of a training that nobody disturbed; not to be written to."""
    out = tmp_path_factory.mktemp("alone")
    train(tiny, out)
    return out


@pytest.fixture(scope="module")
def alone(folder, left_behind):
    """What that training left behind."""
    return left_behind(folder)


def test_the_tiny_run_is_worth_comparing(alone):
    """Rewards differ, weights move, and the reference isn't the policy."""
    rows = [row for row in alone["metrics"] if row["stage"] == "zero"]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    assert all(row["reward_std"] > 0 and row["grad_norm"] > 0 for row in rows)
    assert any(row["kl"] > 0 for row in rows)
    _, weights, optimizer, reference = alone["zero"]
    assert optimizer["state"] and reference
    assert any(weights[name] != reference[f"reference/{name}"] for name in weights)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(tiny, alone, left_behind, tmp_path):
    train(tiny, tmp_path / "again")
    assert left_behind(tmp_path / "again") == alone
    other = Config(**{name: getattr(tiny, name) for name in tiny.__slots__} | {"seed": 4})
    pretrain(other, tmp_path / "other")
    assert read_metrics(tmp_path / "other")[0]["loss"] != alone["metrics"][0]["loss"]


def test_a_run_stopped_after_every_step_ends_in_the_same_bits(
    tiny, alone, left_behind, tmp_path, monkeypatch
):
    """A real SIGTERM each time; each call makes one step, saves it, and says so."""
    shown = Progress.update

    def stop(self, step, text=""):
        shown(self, step, text)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Progress, "update", stop)
    stops = []
    for _ in range(20):
        try:
            train(tiny, tmp_path)
            break
        except Interrupted as interrupted:
            stops.append(str(interrupted))
            stage, step = str(interrupted).split()[0], len(read_metrics(tmp_path))
            step -= tiny.pretrain.steps * (stage == "zero")
            assert str(interrupted).startswith(f"{stage} stopped after step {step} of ")
            assert "the same command goes on" in str(interrupted)
            found = checkpoint.latest(tmp_path / "checkpoints", stage)
            assert found is not None and found.step == step
    # The last step of a stage too: nobody who asks to stop wants the next one.
    assert len(stops) == tiny.pretrain.steps + tiny.zero.steps
    assert left_behind(tmp_path) == alone and not (tmp_path / MARKER).exists()
    assert [row["status"] for row in read_ledger(tmp_path)] == ["interrupted"] * len(stops)


def test_who_asks_during_the_last_save_is_heard(tiny, tmp_path, monkeypatch):
    def save(self):
        os.kill(os.getpid(), signal.SIGINT)
        return saved(self)

    saved = loop.Stage.save
    monkeypatch.setattr(loop.Stage, "save", save)
    of = tiny.pretrain.steps
    with pytest.raises(Interrupted, match=f"pretrain stopped after step {of} of {of}"):
        pretrain(replace(tiny, pretrain=replace(tiny.pretrain, save_every=of)), tmp_path)


def test_a_stage_works_on_its_run_alone(tiny, tmp_path, monkeypatch):
    """A benchmark trains without a command, and may be started twice in one folder."""
    seen = []
    monkeypatch.setattr(Progress, "update", lambda *_: seen.append(held(tmp_path)))
    pretrain(tiny, tmp_path)
    assert seen == [True] * tiny.pretrain.steps and not held(tmp_path)


class Killed(BaseException):
    """In place of kill -9, which no code can see."""


def dies(real, when: set[int], after: bool = False):
    """`real`, but the process dies in the calls whose numbers are in `when`."""
    calls = iter(range(10**6))

    def call(*args, **options):
        number = next(calls)
        if number in when and not after:
            raise Killed
        result = real(*args, **options)
        if number in when:
            raise Killed
        return result

    return call


IN_THE_DIARY = [
    (MetricsLog, "write", {0, 4}, True),  # a row is in the diary, its step was not saved
    (MetricsLog, "write", {6}, False),
    (os, "replace", {0, 1}, False),  # while the diary is rewound, or an evaluation is written
    (loop, "learning_rate", {2}, False),  # between two steps
]
IN_A_SAVE = [
    (checkpoint, "write_folder", {0, 3}, False),  # the save never came
    (checkpoint, "write_folder", {5}, True),  # saved, and nothing after it
    (os, "rename", {1}, False),  # the folder is whole and has no name yet
]


@pytest.mark.parametrize("moments", [IN_THE_DIARY, IN_A_SAVE], ids=["diary", "save"])
def test_a_run_killed_in_the_middle_ends_in_the_same_bits(
    tiny, alone, left_behind, tmp_path, monkeypatch, moments
):
    for owner, name, when, after in moments:
        monkeypatch.setattr(owner, name, dies(getattr(owner, name), when, after))
    deaths = 0
    for _ in range(10):
        try:
            train(tiny, tmp_path)
            break
        except Killed:
            deaths += 1
    assert deaths == sum(len(when) for _, _, when, _ in moments)
    assert left_behind(tmp_path) == alone


def test_a_damaged_checkpoint_is_skipped_for_the_one_before(
    tiny, folder, alone, left_behind, tmp_path, caplog
):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    model = tmp_path / "checkpoints" / "zero-000005" / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    zero(tiny, tmp_path)
    assert "zero-000005" in caplog.text
    assert left_behind(tmp_path) == alone


def test_a_finished_run_does_nothing_again(tiny, folder, alone, left_behind, monkeypatch):
    monkeypatch.setattr(loop, "learning_rate", dies(None, {0}))
    train(tiny, folder)
    assert left_behind(folder) == alone


def test_what_is_not_finite_stops_the_run_and_keeps_the_evidence(tiny, tmp_path, monkeypatch):
    """The third step goes wrong: what was saved after the second is good."""
    real, calls = pretrain_module.update, iter(range(100))

    def update(*args, **options):
        if next(calls) == 2:
            raise NotFiniteError("loss = nan, gradient norm = nan", [[1, 2, 3]])
        return real(*args, **options)

    monkeypatch.setattr(pretrain_module, "update", update)
    with pytest.raises(NotFiniteError, match=r"pretrain stopped at step 2: .*not_finite\.json"):
        pretrain(tiny, tmp_path)
    evidence = json.loads((tmp_path / "not_finite.json").read_text())
    assert evidence["token_ids"] == [[1, 2, 3]] and evidence["step"] == 2
    assert [row["step"] for row in read_metrics(tmp_path)] == [1, 2]
    found = checkpoint.latest(tmp_path / "checkpoints", "pretrain")
    assert found is not None and found.step == 2
    assert all(torch.isfinite(tensor).all() for tensor in found.model.values())
    assert read_ledger(tmp_path)[0]["status"] == "failed"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_kill_minus_9_at_random_moments(left_behind, tmp_path):
    """The whole job in processes of its own: three of them killed, and one left alone."""
    conftest = Path(__file__).with_name("conftest.py")

    def start(out: Path) -> subprocess.Popen:
        program = f"import runpy; runpy.run_path({str(conftest)!r})['run_tiny']({str(out)!r})"
        return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)

    def finish(out: Path) -> dict:
        process = start(out)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        return left_behind(out)

    started = time.monotonic()
    expected = finish(tmp_path / "alone")
    usual, out, rng = time.monotonic() - started, tmp_path / "killed", random.Random()
    diary = out / "metrics.jsonl"
    for rows in (2, 4, 6):  # of 8: some moment after this row
        process = start(out)
        while process.poll() is None:
            if diary.exists() and diary.read_bytes().count(b"\n") >= rows:
                time.sleep(rng.uniform(0, usual / 20))
                process.kill()
            time.sleep(0.001)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert finish(out) == expected
