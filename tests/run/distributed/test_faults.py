"""Whatever happens to one process: the run ends with a named cause, and nothing saved is lost."""

import json
import signal
import time

import pytest

from minir1.config import ParallelConfig
from minir1.run import checkpoint
from minir1.run.distributed import SOLO, ProcessLost
from minir1.run.marker import MARKER
from minir1.run.metrics import read_metrics, without_clocks

pytestmark = pytest.mark.timeout(600)  # several processes, on a machine that may be busy

QUICK, PATIENT = ParallelConfig(timeout_s=15), ParallelConfig(timeout_s=60)


def losses(out):
    return [without_clocks(row)["loss"] for row in read_metrics(out)]


@pytest.mark.parametrize("what", ["asked to stop", "asked by the scheduler"])
def test_one_process_is_asked_and_all_stop_after_the_same_step(crew, jobs, tmp_path, what):
    """The signal reaches one process in the middle of step 2; the same command goes on."""
    out = tmp_path / "run"
    for text in crew.run("stage_with", 4, 2, out=out, step=1, rank=2, what=what):
        assert text.startswith("pretrain stopped after step 2 of 3 and is saved")
    assert json.loads((out / MARKER).read_text()) == {"stage": "pretrain", "step": 2, "of": 3}
    assert checkpoint.latest(out / "checkpoints", "pretrain").step == 2
    crew.run("stage", 4, 2, out=out, name="pretrain", steps=3)
    assert not (out / MARKER).exists()
    crew.run("stage", 4, 2, out=tmp_path / "straight", name="pretrain", steps=3)
    assert losses(out) == losses(tmp_path / "straight")


@pytest.fixture(scope="module")
def mortals(new_crew):
    """Processes that may be killed."""
    three = new_crew(3)
    yield three
    three.close()


def test_a_hung_process_is_named_and_then_a_killed_one(mortals, jobs, tmp_path):
    """Three processes, of which one hangs; two are left, of which one is killed."""
    out = tmp_path / "run"
    started = time.monotonic()
    options = {"out": out, "step": 1}
    mortals.start("stage_with", 3, 1, rank=2, what="hung", parallel=QUICK, **options)
    for rank in (0, 1):
        error = mortals.outcome(rank)
        assert isinstance(error, ProcessLost), error
        assert "no answer from process 2, last heard at step 1" in str(error)
    assert time.monotonic() - started < 100  # far from the hour that the process sleeps
    assert checkpoint.latest(out / "checkpoints", "pretrain").step == 1

    mortals.processes[2].kill()
    mortals.start("stage_with", 2, 1, rank=1, what="killed", parallel=PATIENT, **options)
    error = mortals.outcome(0)
    assert isinstance(error, ProcessLost), error
    assert "no answer from process 1, last heard at step 2" in str(error)
    assert mortals.outcome(1) is None
    assert mortals.processes[1].wait() == -signal.SIGKILL
    # It had resumed from step 1, and saved step 2 before it died; the last one goes on alone.
    assert checkpoint.latest(out / "checkpoints", "pretrain").step == 2
    mortals.run("stage", 1, 1, out=out, name="pretrain", steps=3)
    jobs.stage(SOLO, jobs.CONFIG, tmp_path / "alone", "pretrain", 3)
    assert losses(out) == pytest.approx(losses(tmp_path / "alone"), abs=1e-6)


def test_the_main_process_is_lost(new_crew, tmp_path):
    """It keeps the list of the others, so nobody can say more than that it has gone."""
    two = new_crew(2)
    options = {"out": tmp_path, "step": 0, "rank": 0, "what": "killed", "parallel": PATIENT}
    two.start("stage_with", 2, 1, **options)
    error = two.outcome(1)
    two.close()
    assert isinstance(error, ProcessLost), error
    assert "process 0" in str(error)
