"""The rows of the dry run that came with the package, and its table."""

import pytest

from minir1.bench.dry_run import CASES, ROWS, main, tables
from minir1.bench.rows import latest
from minir1.bench.table import OURS
from minir1.run.jsonl import read_rows


@pytest.fixture(scope="module")
def rows():
    return latest(one for _, one in read_rows(ROWS))


def test_v3_on_its_2048_gpus_takes_minutes_and_less_than_a_gigabyte(rows):
    assert [(one["recipe"], one["settings"]["gpus"]) for one in rows] == list(CASES)
    for one in rows:
        (once,) = one["sides"][OURS]["repeats"]
        assert once["seconds"] < 360 and once["peak_bytes"] < 1e9
        for kind, (formula, seen) in one["sides"][OURS]["compared"].items():
            assert formula == pytest.approx(seen, rel=0.1), (one["case"], kind)


def test_the_table_has_a_line_for_each_case(rows, capsys):
    main(table=True)
    printed = capsys.readouterr().out
    assert printed.strip() == tables(rows)
    lines = printed.strip().splitlines()[4:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [r["case"] for r in rows]
    assert "2,048 GPUs | 32,918" in lines[-1]
    assert tables([]) == "Nothing is saved yet: run it with --save."
