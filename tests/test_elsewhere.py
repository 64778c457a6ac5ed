"""Runs on a device that is not the CPU (`elsewhere.py`): what a GPU would refuse is refused here.

In a process of their own: torch can't forget such a device, and later tests would meet it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def passed_there(*words: str) -> int:
    """How many tests passed on the other device; all that ran must have."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.elsewhere", "-q", "-o", "timeout=1200"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [*command, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout[-5000:] + told.stderr[-2000:]
    found = re.search(r"^(\d+) passed(?!.*skipped)", told.stdout, re.MULTILINE)
    assert found, told.stdout[-2000:]
    return int(found[1])


def test_the_device_is_one():
    assert passed_there("tests/check_elsewhere.py") == 23


@pytest.mark.timeout(600)
def test_a_run_starts_ends_goes_on_and_answers_there():
    """A base, RL with a reference, evaluations, checkpoints, the report, one question."""
    assert passed_there("tests/stages/test_job.py") >= 11


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_stage_of_the_pipeline_runs_there():
    """A kill inside each of them changes no bit there either."""
    assert passed_there("tests/stages/test_pipeline.py", "-k", "every_stage") == 2
