"""The ledger counts all work, whatever became of it."""

import time

import pytest

from minir1.run.ledger import Ledger, read_ledger, total

DEVICE = {"name": "a processor", "cores": 2}


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def test_a_stage_is_priced_by_its_time(tmp_path, clock):
    with Ledger(tmp_path, 0.08).stage("pretrain", DEVICE) as work:
        work.tokens_trained += 1000
        work.flops += 6e9
        clock[0] += 1800
    (row,) = read_ledger(tmp_path)
    assert row["stage"] == "pretrain" and row["status"] == "finished"
    assert row["seconds"] == 1800 and row["core_hours"] == 1.0
    assert row["dollars"] == pytest.approx(0.04) and row["dollars_per_hour"] == 0.08
    assert (row["tokens_trained"], row["tokens_sampled"], row["flops"]) == (1000, 0, 6e9)
    assert row["device"] == DEVICE and row["started"] <= row["ended"]
    assert not {"path", "interrupted", "_start"} & row.keys()


def test_work_that_did_not_end_well_is_counted(tmp_path, clock):
    ledger = Ledger(tmp_path, 1.0)
    with ledger.stage("zero", DEVICE) as work:
        clock[0] += 3600
        work.interrupted = True
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error), ledger.stage("zero", DEVICE):
            clock[0] += 3600
            raise error
    rows = read_ledger(tmp_path / "ledger.jsonl")
    assert [row["status"] for row in rows] == ["interrupted", "interrupted", "failed"]
    assert total(rows) == {
        "seconds": 3 * 3600, "core_hours": 6, "tokens_trained": 0, "tokens_sampled": 0,
        "flops": 0, "dollars": 3,
    }  # fmt: skip


def test_a_killed_run_is_counted_up_to_its_last_record(tmp_path, clock):
    running = Ledger(tmp_path, 1.0).stage("zero", DEVICE)
    work = running.__enter__()
    for _ in range(2):
        clock[0] += 60
        work.tokens_sampled += 5
        work.record("running")
    (row,) = read_ledger(tmp_path)  # the process is killed here
    assert (row["status"], row["seconds"], row["tokens_sampled"]) == ("running", 120, 10)
    running.__exit__(None, None, None)
    assert [row["status"] for row in read_ledger(tmp_path)] == ["finished"]


def test_a_broken_ledger_is_named(tmp_path):
    (tmp_path / "ledger.jsonl").write_text('{"stage": "zero", "started": 1, "status": "x"}\n')
    with pytest.raises(ValueError, match=r"line 1: the row has no 'seconds'"):
        read_ledger(tmp_path)
    with pytest.raises(ValueError, match="can't be read"):
        read_ledger(tmp_path / "absent.jsonl")


def test_an_empty_ledger_costs_nothing():
    assert set(total([]).values()) == {0}
