"""Turn by turn, the first turn thrown away; a budget of steps or minutes."""

import math
import threading
import time

import pytest

from minir1.bench import clock


def test_sides_take_turns_and_the_first_turn_is_dropped() -> None:
    calls: list[str] = []

    def side(name: str):
        def work() -> dict[str, float]:
            calls.append(name)
            return {"tokens": float(calls.count(name))}

        return work

    measured = clock.alternate({"a": side("a"), "b": side("b")}, repeats=2)
    assert calls == ["a", "b"] * 3
    assert [turn["tokens"] for turn in measured["a"]] == [2, 3]
    assert all(turn["seconds"] > 0 and turn["cpu_seconds"] >= 0 for turn in measured["b"])


def test_cpu_seconds_count_every_thread_and_no_sleep() -> None:
    def burn() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    def two_threads() -> dict[str, float]:
        thread = threading.Thread(target=burn)
        thread.start()
        burn()
        thread.join()
        time.sleep(0.2)
        return {}

    measured = clock.timed(two_threads)
    assert measured["seconds"] > 0.2
    assert 0.09 < measured["cpu_seconds"] < 0.19


def test_ticks_stop_after_the_steps_or_the_minutes() -> None:
    ticks = clock.Ticks(steps=2)
    ticks.start()
    assert ticks.tick(reward=0.1)
    assert not ticks.tick(reward=0.2)
    late = clock.Ticks(steps=100, minutes=0.0)
    late.start()
    assert not late.tick()


def test_a_step_is_the_time_between_two_ticks() -> None:
    ticks = clock.Ticks(steps=3)
    ticks.rows = [{"seconds": s, "cpu_seconds": 2 * s, "reward": s} for s in (9.0, 10.0, 12.0)]
    assert ticks.each_step() == [
        {"seconds": 1.0, "cpu_seconds": 2.0, "reward": 10.0},
        {"seconds": 2.0, "cpu_seconds": 4.0, "reward": 12.0},
    ]


def test_ratios_pair_the_turns() -> None:
    ours, theirs = [{"s": 1.0}, {"s": 2.0}], [{"s": 3.0}, {"s": 8.0}]
    assert clock.ratios(ours, theirs, lambda turn: turn["s"]) == [3.0, 4.0]
    with pytest.raises(ValueError, match="zip"):
        clock.ratios(ours, theirs[:1], lambda turn: turn["s"])


def test_the_spread_of_one_value_is_that_value() -> None:
    assert clock.spread([math.pi]) == (math.pi, math.pi, math.pi)
