"""`minir1 ledger`: sums for people, the same sums as JSON, and the papers' bills."""

import json

from minir1.cli.main import main
from minir1.run.home import RESULTS


def test_the_published_run_fits_a_terminal(capsys):
    assert main(["ledger", str(RESULTS)]) == 0
    out = capsys.readouterr().out
    assert "laptop" in out and "total" in out and "rupiah" in out and "\u2026" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_json_holds_the_rates_and_whole_numbers(capsys):
    assert main(["ledger", str(RESULTS), "--json", "--rupiah-a-dollar", "16000"]) == 0
    result = json.loads(capsys.readouterr().out)
    total = result["rows"][-1]
    assert result["rates"]["rupiah_a_dollar"] == 16000
    assert total["rupiah"] == total["dollars"] * 16000


def test_the_papers_bills(capsys):
    assert main(["ledger", "--papers", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["r1"]["dollars"], result["v3"]["dollars"]) == (294_000, 5_576_000)
    assert main(["ledger", "--papers"]) == 0
    assert "4.85 billion rupiah" in capsys.readouterr().out


def test_a_folder_without_runs_is_one_line(tmp_path, capsys):
    assert main(["ledger", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
