"""The kill table: committed, as new as the exercises, and a sample of it made again."""

import ast
from collections import Counter

import pytest

from minir1.lab.exercises import COURSE, get
from minir1.lab.mutants.__main__ import PAGE, ROWS
from minir1.lab.mutants.automatic import mutants
from minir1.lab.mutants.table import Remembering, attempt, read, render, tries

TABLE = read(ROWS)


def test_the_table_holds_every_try_of_today():
    """A change of a solution, of a mistake or of a right answer needs the table made anew."""
    kept = Counter((row.exercise, row.made, row.name) for row in TABLE)
    today = Counter((one.id, made, name) for one in COURSE for made, name, _ in tries(one))
    assert kept == today, "run `python -m minir1.lab.mutants`"


def test_every_row_is_as_it_should_be():
    assert [row for row in TABLE if not row.ok] == []


def test_there_are_enough_of_each_kind():
    for one in COURSE:
        made = Counter(row.made for row in TABLE if row.exercise == one.id and not row.reason)
        assert made["by hand"] >= 6 and made["right"] >= 4, one.id
    made = Counter(row.made for row in TABLE if not row.reason)
    assert made["by hand"] + made["automatic"] >= 200
    assert made["automatic"] >= made["by hand"]


def test_every_reason_belongs_to_a_mutant():
    for one in COURSE:
        assert set(one.same) <= {row.name for row in TABLE if row.exercise == one.id}, one.id


def test_the_page_shows_the_table():
    assert render(TABLE) in PAGE.read_text("utf-8")


KINDS = ("by hand", "automatic", "right")


def a_sample():
    """One try of each exercise, of one kind after the other; the nightly test takes all."""
    for number, one in enumerate(COURSE):
        every = list(tries(one))
        # An answer without operators or numbers has no automatic mutant.
        some = [each for each in every if each[0] == KINDS[number % 3]] or every
        yield one.id, *some[number % len(some)]


@pytest.mark.parametrize(("name", "made", "label", "text"), list(a_sample()))
def test_a_sample_ends_as_the_table_says(name, made, label, text, worker):
    row = attempt(get(name), made, label, text, worker)
    assert row.ok
    assert row in TABLE


@pytest.fixture(scope="module")
def worker():
    remembering = Remembering()
    yield remembering
    remembering.close()


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("exercise", COURSE, ids=lambda one: one.id)
def test_every_try_ends_as_the_table_says(exercise, worker):
    for made, name, text in tries(exercise):
        assert attempt(exercise, made, name, text, worker).ok, (made, name)


def test_automatic_mutants_are_programs_and_differ():
    text = '''
def f(x: list[int], *, low=1):
    """Words with 1 and 2."""
    y: dict[str, int] = {}
    total = sum(x, 0) if low and x else -low
    for a, b in zip(x, x[1:], strict=True):
        total += a * 2 if a < b else min(a, 0.5)
    return f"{total + 1}" if not y else total
'''
    found = mutants(text)
    assert len(found) >= 12
    assert len({one.text for one in found}) == len({one.label for one in found}) == len(found)
    for one in found:
        changed = ast.parse(one.text)
        assert ast.get_docstring(changed.body[0]) == "Words with 1 and 2."
        assert "low=1" in one.text and "strict=True" in one.text
        assert "total - 1}" not in one.text and "total + 2}" not in one.text
        assert ast.unparse(changed) != ast.unparse(ast.parse(text))
