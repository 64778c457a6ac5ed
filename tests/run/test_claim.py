"""One run, one worker: the lock says who works on a run, and dies with its holder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minir1.run.claim import FILE, claim, claimed, held, refuse, worker
from minir1.run.distributed import SOLO

HOLDER = """
import sys, time
from pathlib import Path
from minir1.run.claim import claim
with claim(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that works on the run."""
    words = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        yield other
        other.kill()


def test_nobody_works_on_a_run_that_was_never_claimed(tmp_path):
    assert worker(tmp_path) is None
    refuse(tmp_path)


def test_the_holder_is_named_and_refuses_others(tmp_path, holder):
    found = worker(tmp_path)
    assert found is not None and found.pid == holder.pid and found.here
    said = f"process {holder.pid} on .* is working on .*: wait for its end, or stop it with Ctrl-C"
    with pytest.raises(ValueError, match=said), claimed(tmp_path, SOLO):
        pass
    with pytest.raises(ValueError, match=said), claim(tmp_path):
        pass
    assert not held(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_lock_dies_with_its_holder(tmp_path, holder, number):
    os.kill(holder.pid, number)
    holder.wait()
    assert worker(tmp_path) is None
    with claim(tmp_path):
        here = worker(tmp_path)
        assert here is not None and here.pid == os.getpid()
    assert worker(tmp_path) is None


def test_it_is_given_back_after_an_error_and_taken_again(tmp_path):
    with pytest.raises(ZeroDivisionError), claimed(tmp_path, SOLO):
        raise ZeroDivisionError
    with claimed(tmp_path, SOLO):
        assert worker(tmp_path) is not None


def test_what_a_process_has_it_need_not_claim_again(tmp_path):
    with claimed(tmp_path, SOLO):
        with claimed(tmp_path, SOLO):
            assert held(tmp_path)
        assert held(tmp_path)
    assert not held(tmp_path) and worker(tmp_path) is None


def test_a_holder_that_has_not_said_its_name_is_still_one(tmp_path):
    with claim(tmp_path):
        (tmp_path / FILE).write_text("")
        found = worker(tmp_path)
        assert found is not None and not found.pid and not found.here
        with pytest.raises(ValueError, match="another process is working on"):
            refuse(tmp_path)
