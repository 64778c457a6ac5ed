"""The budget counts every restart, and says which limit is used up."""

from dataclasses import replace

import pytest

from minir1.config import Config
from minir1.run.budget import Budget
from minir1.run.jsonl import append_row

ROW = {
    "stage": "zero", "started": "1", "status": "failed", "seconds": 3600.0, "core_hours": 1.0,
    "tokens_trained": 0, "tokens_sampled": 0, "flops": 0, "dollars": 2.0,
}  # fmt: skip


def test_without_a_limit_nothing_is_used_up(tmp_path):
    append_row(tmp_path / "ledger.jsonl", ROW)
    assert Budget(tmp_path, Config()).used_up() == ""


def test_earlier_work_counts_failed_or_not(tmp_path):
    config = replace(Config(), max_hours=1.5, max_dollars=3.5)
    assert Budget(tmp_path, config).used_up() == ""
    append_row(tmp_path / "ledger.jsonl", ROW)
    assert Budget(tmp_path, config).used_up() == ""
    append_row(tmp_path / "ledger.jsonl", ROW | {"started": "2"})
    budget = Budget(tmp_path, config)
    assert budget.used_up() == "max_hours = 1.5 is used up"
    assert budget.used()["max_dollars"] == pytest.approx(4.0, abs=1e-3)
    assert Budget(tmp_path, replace(config, max_hours=0.0)).used_up().startswith("max_dollars")


def test_a_negative_budget_is_refused():
    with pytest.raises(ValueError, match="max_dollars = -1"):
        Config(max_dollars=-1.0)
