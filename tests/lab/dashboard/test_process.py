"""`minir1 run` as a process of its own: its command line, its start, its stop, its last words."""

import signal
import sys
from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.cli import run as command
from minir1.cli.options import call
from minir1.lab.dashboard import process as module
from minir1.lab.dashboard.process import Process, words
from minir1.run.claim import claim


def read_back(line):
    """The config that the command line makes of these words."""
    seen = []

    def main(config: command.Recipe, *, out: command.Path | None = None) -> int:
        seen.append((config, out))
        return 0

    assert call(main, "run", line[1:]) == 0
    return seen[0]


def test_its_words_mean_the_same_config(tmp_path):
    config = recipes.get("laptop")
    zero = replace(config.zero, steps=7, kl_coef=0.01, loss_norm="fixed", routing_replay=True)
    task = replace(config.task, ops="+-")
    changed = replace(config, name="mine", seed=5, zero=zero, task=task, keep_best=True)
    line = words(changed, tmp_path)
    assert line[:2] == ["run", "laptop"]
    assert read_back(line) == (changed, tmp_path)


def test_a_pipeline_has_a_command_of_its_own(tmp_path):
    assert words(recipes.get("pipeline_smoke"), tmp_path)[:2] == ["pipeline", "pipeline_smoke"]


def test_a_field_that_no_option_can_hold_is_refused(tmp_path):
    config = recipes.get("smoke")
    odd = replace(config, zero=replace(config.zero, length_schedule=((2, 60),)))
    with pytest.raises(ValueError, match=r"length_schedule.*start this run in a terminal"):
        words(odd, tmp_path)


def stands_in(monkeypatch, code):
    """Another program in the place of `minir1 run`."""
    monkeypatch.setattr(module, "words", lambda config, folder: [])
    script = f"import sys, time\nfrom pathlib import Path\n{code}"
    real = module.subprocess.Popen

    def popen(command, **options):
        return real([sys.executable, "-c", script], **options)

    monkeypatch.setattr(module.subprocess, "Popen", popen)


WORK = """
import signal
from minir1.run.claim import claim
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` would have it ignored
with claim(Path({folder!r})):
    print("working", flush=True)
    time.sleep(60)
"""


def test_it_starts_is_seen_and_stops(monkeypatch, config, tmp_path):
    folder = tmp_path / "mine"
    stands_in(monkeypatch, WORK.format(folder=str(folder)))
    one = Process(folder, config)
    assert one.worker() is None and not one.stop()
    one.start()
    while "working" not in (folder / module.LOG).read_text():
        assert one.child is not None and one.child.poll() is None
    other = Process(folder, config)  # after a restart of the kernel: no child, but a lock
    found, ours = other.worker(), one.worker()
    assert found is not None and ours is not None and found.pid == ours.pid
    assert other.stop()
    one.wait()
    assert one.child is not None and one.child.returncode == -signal.SIGINT
    assert one.worker() is None and not one.trouble


def test_a_run_that_fails_says_why(monkeypatch, config, tmp_path):
    stands_in(monkeypatch, "print('minir1: error: the disk is full')\nsys.exit(2)")
    one = Process(tmp_path / "mine", config)
    one.start()
    one.wait()
    assert one.trouble == "minir1: error: the disk is full"


def test_a_folder_of_another_config_is_refused(run, config):
    with pytest.raises(ValueError, match="holds a run of another config"):
        Process(run, replace(config, seed=9)).start()


def test_only_a_process_of_this_machine_can_be_stopped(monkeypatch, run, config):
    with claim(run):
        monkeypatch.setattr("minir1.run.claim.platform.node", lambda: "elsewhere")
        assert not Process(run, config).stop()
