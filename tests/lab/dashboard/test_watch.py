"""The live page: widgets that follow the folder, buttons that start and stop, handles that turn."""

import json
import time

import pytest

from minir1.lab import dashboard as module
from minir1.lab.dashboard import watch
from minir1.lab.dashboard.process import Process
from minir1.lab.dashboard.watch import Watcher
from minir1.run.claim import claim
from minir1.run.jsonl import append_row
from tests.lab.dashboard.conftest import GROUP


@pytest.fixture
def live(monkeypatch, shown, run):
    """A dashboard whose thread is not started: each look is the test's."""
    monkeypatch.setenv("MINIR1_WIDGETS", "1")
    watchers = []
    monkeypatch.setattr(Watcher, "start", lambda self: watchers.append(self))
    module.dashboard(run)
    return watchers[0]


def test_without_a_live_page_it_is_a_picture_and_words(monkeypatch, shown, run):
    monkeypatch.setenv("MINIR1_WIDGETS", "0")
    module.dashboard(run)
    picture, note = shown
    assert "Over 12 RL steps" in picture.words and "Stopped: zero" in note.text


def test_without_a_live_page_a_start_waits_for_the_end(monkeypatch, shown, config, tmp_path):
    monkeypatch.setenv("MINIR1_WIDGETS", "0")
    asked = []
    monkeypatch.setattr(Process, "start", lambda self: asked.append("start"))
    monkeypatch.setattr(Process, "wait", lambda self: asked.append("wait"))
    module.dashboard(config, start=True, out=tmp_path / "new")
    assert asked == ["start", "wait"]


def test_it_follows_the_folder(live, run):
    handles = live.handles
    assert "Stopped: zero, step 12" in handles.head.value
    assert not handles.start.disabled and handles.stop.disabled
    assert handles.start.description == "Resume"
    assert handles.tabs.titles == ("Curves", "Rollouts", "Experts", "Doctor: 1")
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    with claim(run):
        append_row(run / "metrics.jsonl", last | {"step": 13})
        live.look()
        assert "Running: zero, step 13" in handles.head.value
        assert handles.start.disabled and not handles.stop.disabled
    live.look()
    assert "Stopped: zero, step 13" in handles.head.value
    assert live.look() is None  # nothing has changed


def test_files_are_read_again_only_if_they_have_changed(live, run, monkeypatch):
    live.look()
    read = []
    real = watch.view_of
    monkeypatch.setattr(watch, "view_of", lambda *a, **k: read.append(a) or real(*a, **k))
    with claim(run):
        for _ in range(3):
            live.look()
        assert "Running: zero, step 12" in live.handles.head.value and not read
        live.stopping = True
        live.look()
        assert "Stopping after this step" in live.handles.head.value and not read
        append_row(run / "rollouts.jsonl", GROUP | {"step": 13})
        live.look()
        assert len(read) == 1 and live.handles.step.options == (("12", 0), ("13", 1))
    live.look()
    assert "Stopped: zero, step 12" in live.handles.head.value and len(read) == 1


def test_the_still_picture_follows_at_each_rest_and_now_and_then(live, run, monkeypatch):
    picture, words = live.stills
    drawn = len(picture.shown)
    append_row(run / "rollouts.jsonl", GROUP | {"step": 13})
    live.look()
    assert len(picture.shown) == drawn  # too soon
    monkeypatch.setattr(watch, "STILL_EVERY_S", 0.0)
    append_row(run / "rollouts.jsonl", GROUP | {"step": 14})
    live.look()
    assert len(picture.shown) == len(words.shown) == drawn + 1


def test_handles_turn(live, run):
    handles = live.handles
    assert handles.step.options == (("12", 0),) and handles.rollout.max == 2
    assert "make 15" in handles.groups.value and "odd" not in handles.groups.value
    handles.colour.value = "surprise"
    assert "odd" in handles.groups.value
    handles.rollout.value = 2
    assert "Rollout 1" not in handles.experts.value
    append_row(run / "rollouts.jsonl", GROUP | {"step": 13, "question": "make 9 from 1 2 3"})
    live.look()
    assert "make 9" in handles.groups.value  # who stood at the last step follows
    handles.step.value = 0
    assert "make 15" in handles.groups.value
    append_row(run / "rollouts.jsonl", GROUP | {"step": 14})
    live.look()
    assert handles.step.value == 0 and len(handles.step.options) == 3  # and who looked back stays


def test_buttons_start_and_stop(live, monkeypatch):
    asked = []
    monkeypatch.setattr(live.process, "start", lambda: asked.append("start"))
    monkeypatch.setattr(live.process, "stop", lambda: not asked.append("stop"))
    live.handles.start.click()
    with claim(live.folder):
        live.look()
        live.handles.stop.click()
        assert "Stopping after this step" in live.handles.head.value
        assert live.handles.stop.disabled and live.handles.start.disabled
    live.look()
    assert asked == ["start", "stop"] and "Stopped:" in live.handles.head.value


def test_a_button_that_can_do_nothing_says_why(live, monkeypatch):
    def start():
        raise ValueError("another <config> lies there")

    monkeypatch.setattr(live.process, "start", start)
    live.handles.start.click()
    assert "another &lt;config&gt; lies there" in live.handles.head.value
    monkeypatch.setattr(live.process, "stop", lambda: False)
    live.handles.stop.click()
    assert "stop it where it runs" in live.handles.head.value and not live.stopping


def test_a_file_that_can_not_be_read_is_said(live, run):
    with (run / "metrics.jsonl").open("a") as file:
        file.write("{}\n")
    live.look()
    assert "a row needs" in live.handles.head.value


def test_a_second_dashboard_of_a_run_ends_the_first(monkeypatch, shown, run):
    monkeypatch.setenv("MINIR1_WIDGETS", "1")
    module.dashboard(run)
    first = next(t for t in watch.threading.enumerate() if isinstance(t, Watcher))
    module.dashboard(run)
    first.join(5)
    left = [t for t in watch.threading.enumerate() if isinstance(t, Watcher)]
    assert not first.is_alive() and len(left) == 1
    end = time.monotonic() + 30
    append_row(run / "rollouts.jsonl", GROUP | {"step": 13})
    while len(left[0].handles.step.options) < 2:  # it looks by itself
        assert time.monotonic() < end
        time.sleep(0.05)
    left[0].end()
    left[0].join(5)
    assert not left[0].is_alive()
