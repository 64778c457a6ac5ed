"""What a folder of runs cost: everything that was paid for, once."""

import json
from pathlib import Path

import pytest

from minir1.run.bill import Rates, bill, priced


def write(folder, *rows):
    folder.mkdir(parents=True)
    lines = [json.dumps(row) for row in rows]
    (folder / "ledger.jsonl").write_text("\n".join(lines) + "\n")


def row(stage, status, hours=1.0, dollars=2.0):
    return {
        "stage": stage,
        "status": status,
        "started": f"2026-01-01 {stage} {status} {hours}",
        "seconds": 3600 * hours,
        "core_hours": 4 * hours,
        "tokens_trained": 100,
        "tokens_sampled": 10,
        "flops": 1000,
        "dollars": dollars,
    }


def test_failed_and_stopped_work_is_in_the_sum(tmp_path):
    write(tmp_path / "a", row("pretrain", "finished"), row("zero", "failed", 2.0))
    write(tmp_path / "sweep" / "b", row("zero", "interrupted", 3.0))
    a, b, unfinished, total = bill(tmp_path, Rates(watts_a_core=10, rupiah_a_dollar=1000))
    assert (a["run"], b["run"], total["run"]) == ("a", "sweep/b", "total")
    assert [line["seconds"] / 3600 for line in (a, b, unfinished, total)] == [3, 3, 5, 6]
    assert total["kilowatt_hours"] == pytest.approx(4 * 6 * 10 / 1000)
    assert total["rupiah"] == 3 * 2 * 1000


def test_a_killed_stages_last_row_counts_and_only_that(tmp_path):
    first = row("zero", "running") | {"started": "x", "seconds": 60.0}
    write(tmp_path / "a", first, first | {"seconds": 120.0})
    assert bill(tmp_path, Rates())[-1]["seconds"] == 120.0


def test_one_runs_own_folder_will_do(tmp_path, monkeypatch):
    write(tmp_path / "a", row("zero", "finished"))
    assert bill(tmp_path / "a", Rates())[0]["run"] == "a"
    monkeypatch.chdir(tmp_path / "a")
    assert bill(Path(), Rates())[0]["run"] == "a"


def test_nothing_costs_nothing():
    assert set(priced([], Rates()).values()) == {0}


def test_bad_input_names_its_cure(tmp_path):
    with pytest.raises(ValueError, match=r"holds no ledger.jsonl: name a run's folder"):
        bill(tmp_path, Rates())
    with pytest.raises(ValueError, match=r"watts_a_core = -1 can't be used"):
        Rates(watts_a_core=-1)
