"""The ledger counts all work, whatever became of it."""

import contextlib
import time

import pytest

from minir1.config import Config
from minir1.run.device import usable_cores
from minir1.run.jsonl import append_row
from minir1.run.ledger import Ledger, read_ledger, total

CONFIG = Config(device="cpu", dollars_per_hour=0.5)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def test_a_stage_is_priced_by_its_time(tmp_path, clock):
    with Ledger(tmp_path, "pretrain", CONFIG) as ledger:
        ledger.add({"loss": 2.0, "num_tokens": 1000.0})
        ledger.add({"loss": 1.9, "num_tokens": 500.0})
        clock[0] += 1800
    (row,) = read_ledger(tmp_path)
    assert row["stage"] == "pretrain" and row["status"] == "finished"
    assert row["seconds"] == 1800 and row["core_hours"] == usable_cores() / 2
    assert row["dollars"] == pytest.approx(0.25) and row["dollars_per_hour"] == 0.5
    assert (row["tokens_trained"], row["tokens_sampled"], row["flops"]) == (1500, 0, 0)
    assert row["device"]["cores"] == usable_cores() and row["started"] <= row["ended"]


def test_rl_steps_count_their_tokens_twice_sampled_and_trained(tmp_path):
    with Ledger(tmp_path, "zero", CONFIG, active_parameters=10) as ledger:
        ledger.add({"num_tokens": 100.0, "completions/mean_length": 25.0})
    (row,) = read_ledger(tmp_path)
    assert (row["tokens_trained"], row["tokens_sampled"]) == (100, 100)
    assert row["flops"] == 10 * (6 * 100 + 2 * 100)


def test_work_that_did_not_end_well_is_counted(tmp_path, clock):
    with Ledger(tmp_path, "zero", CONFIG) as ledger:
        clock[0] += 3600
        ledger.interrupted()
    for error in (KeyboardInterrupt, ValueError):
        with contextlib.suppress(error), Ledger(tmp_path, "zero", CONFIG):
            clock[0] += 3600
            raise error
    with contextlib.suppress(RuntimeError), Ledger(tmp_path, "zero", CONFIG) as ledger:
        ledger.interrupted()
        raise RuntimeError("asked to stop")
    rows = read_ledger(tmp_path / "ledger.jsonl")
    found = [row["status"] for row in rows]
    assert found == ["interrupted", "interrupted", "failed", "interrupted"]
    assert total(rows)["seconds"] == 3 * 3600
    assert total(rows)["dollars"] == pytest.approx(1.5)


def test_a_killed_run_is_counted_to_the_minute(tmp_path, clock):
    ledger = Ledger(tmp_path, "zero", CONFIG)
    ledger.__enter__()
    for _ in range(5):
        clock[0] += 50
        ledger.add({"num_tokens": 5.0})
    (row,) = read_ledger(tmp_path)  # the process is killed here
    assert (row["status"], row["seconds"], row["tokens_trained"]) == ("running", 200, 20)
    ledger.__exit__(None, None, None)
    (row,) = read_ledger(tmp_path)
    assert (row["status"], row["seconds"], row["tokens_trained"]) == ("finished", 250, 25)


def test_a_broken_ledger_is_named(tmp_path):
    (tmp_path / "ledger.jsonl").write_text('{"stage": "zero", "started": 1, "status": "x"}\n')
    with pytest.raises(ValueError, match=r"line 1: the row has no 'seconds'"):
        read_ledger(tmp_path)
    with pytest.raises(ValueError, match="can't be read"):
        read_ledger(tmp_path / "absent.jsonl")


@pytest.mark.parametrize(
    ("name", "value"),
    [("stage", [1]), ("started", 5), ("status", None), ("seconds", "long"), ("dollars", None),
     ("flops", True), ("device", "cpu")],
)  # fmt: skip
def test_a_value_that_no_sum_can_use_is_named(tmp_path, clock, name, value):
    with Ledger(tmp_path, "zero", CONFIG):
        pass
    (row,) = read_ledger(tmp_path)
    append_row(tmp_path / "ledger.jsonl", row | {name: value})
    with pytest.raises(ValueError, match=rf"ledger\.jsonl, line \d: {name} = .* can't be used"):
        read_ledger(tmp_path)


def test_an_empty_ledger_costs_nothing():
    assert set(total([]).values()) == {0}
