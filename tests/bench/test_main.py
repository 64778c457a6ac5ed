"""The command line: a list, unknown names, saving on request only."""

import pytest

from minir1 import recipes
from minir1.bench import __main__ as bench
from minir1.bench import cost, rows, table


@pytest.fixture
def results(tmp_path, monkeypatch):
    path = tmp_path / "bench.jsonl"
    read, save = rows.read, rows.save
    monkeypatch.setattr(rows, "read", lambda: read(path))
    monkeypatch.setattr(rows, "save", lambda some: save(some, path))
    return path


def test_the_list_names_every_benchmark_and_what_it_measures(capsys) -> None:
    assert bench.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(bench.BENCHMARKS)
    assert all(len(line.split()) > 4 for line in lines)
    assert set(table.TABLES) == set(bench.BENCHMARKS)


def test_an_unknown_benchmark_is_one_line_with_the_nearest(capsys) -> None:
    assert bench.main(["samplr"]) == 2
    assert capsys.readouterr().err == (
        "minir1.bench: error: there is no benchmark 'samplr'; nearest: sampler, sampler_real\n"
    )


def test_no_words_print_the_help(capsys) -> None:
    assert bench.main([]) == 0
    assert "--save" in capsys.readouterr().out


def fake(repeats: int = 5) -> list[rows.Row]:
    """Stands for a benchmark."""
    turn = {"seconds": 1.0, "cpu_seconds": 1.0, "steps": 1.0}
    sides = {name: {"repeats": [turn] * repeats} for name in ("train", "decode")}
    return [rows.row("cost", "batch 8", recipes.smoke(), settings={"parameters": 1}, sides=sides)]


def test_rows_are_saved_only_when_asked_for(results, monkeypatch, capsys) -> None:
    monkeypatch.setattr(cost, "main", fake)
    assert bench.main(["cost"]) == 0
    assert not results.exists()
    assert bench.main(["cost", "--repeats", "2", "--save"]) == 0
    (saved,) = rows.read()
    assert len(saved["sides"]["train"]["repeats"]) == 2
    capsys.readouterr()
    assert bench.main(["--table"]) == 0
    assert "| batch 8 | 1 | 1,000 (1,000 to 1,000) |" in capsys.readouterr().out


def test_a_missing_other_side_names_the_install_line(monkeypatch, capsys) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert bench.main(["sampler", "--recipe", "smoke"]) == 2
    assert '-e ".[bench]"' in capsys.readouterr().err
