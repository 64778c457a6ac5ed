"""The line a person sees, and the two ways to stop a run."""

import io
import os
import signal
import threading
import time

import pytest
from rich.console import Console

from minir1.run import progress
from minir1.run.progress import Progress, StopFlag


@pytest.fixture
def now(monkeypatch):
    """A clock that is moved by hand."""
    value = [50.0]
    monkeypatch.setattr(time, "monotonic", lambda: value[0])
    return value


def plain():
    return Console(file=io.StringIO(), force_terminal=False, width=40)


def lines(console):
    return console.file.getvalue().splitlines()


def test_plain_lines_come_every_ten_seconds_and_at_the_end(now):
    console = plain()
    with Progress(total=12, title="zero", console=console) as progress:
        for step in range(1, 13):
            now[0] += 4
            progress.update(step, f"reward {step / 100} [bold]")
    assert [line.split()[1] for line in lines(console)] == ["3/12", "6/12", "9/12", "12/12"]
    assert lines(console)[0] == "zero    3/12   4.0 s a step   0:36 left   reward 0.03 [bold]"


def test_the_speed_counts_only_the_steps_made_since_the_resume(now):
    console = plain()
    with Progress(total=120, title="zero", done=100, console=console) as progress:
        assert progress.line("") == "zero   100/120"
        now[0] += 10
        progress.update(105)
    assert lines(console) == ["zero   105/120   2.0 s a step   0:30 left"]


def test_a_terminal_shows_one_live_line():
    console = Console(
        file=io.StringIO(), force_terminal=True, width=100, _environ={"TERM": "xterm"}
    )
    with Progress(total=2, title="pretrain", console=console) as progress:
        progress.update(1, "loss [2.5]")
        progress.update(2, "loss [1.5]")
    shown = console.file.getvalue()
    assert "\x1b[" in shown and "2/2" in shown and "loss [1.5]" in shown


def test_a_second_ctrl_c_at_once_is_the_echo_of_the_first():
    with StopFlag() as stop:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        assert stop


def test_a_scheduler_may_ask_too():
    before = signal.getsignal(signal.SIGUSR1)
    with StopFlag() as stop:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert stop
    assert signal.getsignal(signal.SIGUSR1) == before


def test_the_first_signal_asks_and_the_second_interrupts(caplog, monkeypatch):
    monkeypatch.setattr(progress, "ECHO_S", 0.0)
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), StopFlag() as stop:
        assert not stop
        os.kill(os.getpid(), signal.SIGINT)
        assert stop and "press Ctrl-C again" in caplog.text
        os.kill(os.getpid(), signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_sigterm_asks_however_often_it_comes():
    with StopFlag() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop


def test_off_the_main_thread_it_leaves_the_signals_alone():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with StopFlag() as stop:
            seen.append((bool(stop), signal.getsignal(signal.SIGINT)))
            stop.set()
            seen.append(bool(stop))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before), True]
