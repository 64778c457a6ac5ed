"""Sums with signs in phases: what each phase is asked, what is compared, and the committed rows."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1 import recipes
from minir1.bench import smollm_choice, smollm_course, smollm_order
from minir1.bench.smollm import read_answers
from minir1.bench.smollm_course import GREEDY, SAMPLED, Course, called, phase, read_course
from minir1.bench.smollm_greedy import GREEDY as GREEDY_ROWS
from minir1.bench.smollm_kinds import ALL, ASKED, OPPOSITE, lines
from minir1.bench.smollm_order import (
    ALONE,
    BASE,
    CONTROL,
    FIRST,
    LONGER,
    accuracy,
    change,
    each_seed,
    every,
    opposite_ways,
    runs_by_name,
    subtracts_sizes,
    table,
    verdicts,
)
from minir1.bench.smollm_signs import RECIPE, one_way
from minir1.run.jsonl import append_row, read_rows
from minir1.run.stats import paired_difference
from minir1.tasks import make_task
from minir1.tasks.splits import split_of


def test_opposite_questions_have_signs_that_differ_and_a_sum_for_gold() -> None:
    rows = [json.loads(line) for line in lines(OPPOSITE)]
    # 18 x 9 pairs of numbers that are added go opposite ways, and each is written in two ways.
    assert len(rows) == len({row["question"] for row in rows}) == 2 * 18 * 9
    for row in rows:
        first, sign, second = row["question"].split(": ")[1].removesuffix(" =").split(" ")
        added = int(second) if sign == "+" else -int(second)
        assert int(first) * added < 0 and int(row["gold"]) == int(first) + added


def test_a_phase_asks_only_its_own_questions_and_none_that_is_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smollm_course, "policy", lambda course, *_: f"policy of {course}")
    config = phase(((ALL, 2), (OPPOSITE, 1)), 3, tmp_path)
    assert config.base == f"policy of {((ALL, 2),)}" and config.seed != 3
    task = make_task(config.task)
    trained = {one.question for _, one in zip(range(400), task.problems("train", 0), strict=False)}
    assert len(trained) > 100 and not any(map(one_way, trained))
    assert {split_of(one, 0.5) for one in trained} == {"train"}
    assert phase(((ALL, 2),), 3, tmp_path).task == recipes.get(RECIPE).task


def test_a_phase_is_the_recipe_but_for_what_it_asks_and_how_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setattr(smollm_course, "policy", lambda *_: "smollm2")
    recipe = recipes.get(RECIPE)
    courses: list[Course] = [((OPPOSITE, 5),), ((OPPOSITE, 5), (ALL, 23)), ((ALL, 1), (ALL, 2))]
    for course in courses:
        config = phase(course, 0, tmp_path)
        steps = course[-1][1]
        assert config.zero == replace(recipe.zero, steps=steps, save_every=steps)
        assert replace(config, zero=recipe.zero, task=recipe.task).hash() == recipe.hash()


def test_a_policy_that_lies_there_is_not_trained_again(tmp_path: Path) -> None:
    assert smollm_course.policy((), 0, tmp_path) == recipes.get(RECIPE).base
    made = tmp_path / "policies" / "opposite-5-all-23-2"
    made.mkdir(parents=True)
    assert smollm_course.policy(((OPPOSITE, 5), (ALL, 23)), 2, tmp_path) == str(made)


def test_rows_are_read_back_as_answers(tmp_path: Path) -> None:
    rows = {GREEDY: [["9 - 2", "9-2=7 <answer>7</answer>"]], SAMPLED: []}
    append_row(tmp_path / "rows.jsonl", {"course": [[OPPOSITE, 5]], "seed": 1, "rows": rows})
    found = read_course(tmp_path / "rows.jsonl")
    course: Course = ((OPPOSITE, 5),)
    assert set(found) == {(course, 1, GREEDY), (course, 1, SAMPLED)}
    (answer,) = found[course, 1, GREEDY]
    assert answer["question"] == ASKED.format("9 - 2") and answer["gold"] == "7"


def said(what: str, gold: int, right: bool) -> dict[str, str]:
    completion = f"<answer>{gold if right else gold + 1}</answer>"
    return {"question": ASKED.format(what), "gold": str(gold), "completion": completion}


def test_a_change_pairs_questions_of_one_side_and_takes_seeds_together() -> None:
    sums = [("9 - 2", 7), ("3 - 1", 2), ("1 + 1", 2), ("2 + 1", 3)]

    def marked(*rights: bool) -> list[dict[str, str]]:
        return [said(what, gold, right) for (what, gold), right in zip(sums, rights, strict=True)]

    before = {0: marked(False, False, True, True)}
    after = {0: marked(True, False, False, False), 1: marked(True, True, False, False)}
    found = change(before, after, opposite_ways)
    assert found == paired_difference([[0], [0]], [[1], [0.5]]) and found.value == 0.75
    assert change(before, after, one_way).value == -1


ONE = [(f"{first} + {second}", first + second) for first in range(1, 6) for second in range(1, 5)]
OTHER = [(f"{first} - {second}", first - second) for first in range(1, 6) for second in range(1, 5)]


def runs(one: float, other: float) -> dict[int, list[dict[str, str]]]:
    """A run that is right in these shares of the twenty questions of each half."""
    return {
        0: [
            said(what, gold, number < round(part * len(half)))
            for half, part in ((ONE, one), (OTHER, other))
            for number, (what, gold) in enumerate(half)
        ]
    }


def held(**shares: tuple[float, float]) -> dict[str, bool]:
    names = {"base": BASE, "control": CONTROL, "alone": ALONE, "first": FIRST, "longer": LONGER}
    found = {names[name]: runs(*both) for name, both in shares.items()}
    return {name: holds for name, holds, _ in verdicts(found)}


def test_a_half_that_takes_the_place_of_the_other_is_told_from_the_whole_rule() -> None:
    start = {"base": (0.2, 0.1), "control": (0.8, 0.0)}
    traded = held(**start, alone=(0, 0.5), first=(0.1, 0.6), longer=(0.3, 0.5))
    assert traded == {
        "reach": True, "kept": True, "price": True,
        "both, first half": False, "both, other half": True, "whole": False,
    }  # fmt: skip
    whole = held(**start, alone=(0.2, 0.5), first=(0.8, 0.8), longer=(0.8, 0.8))
    assert whole["whole"] and whole["both, first half"] and not whole["price"]
    forgot = held(**start, alone=(0.2, 0.2), first=(0.8, 0.1))
    assert forgot == {"reach": False, "kept": False, "price": False}


def test_accuracy_is_of_one_side() -> None:
    found = runs(0.75, 0.25)
    assert accuracy(found, one_way).value == 0.75 and accuracy(found, opposite_ways).value == 0.25
    assert accuracy(found, every).value == 0.5


@given(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from((1, -1)))
def test_subtracting_sizes_is_right_up_to_sign_opposite_ways_and_never_one_way(
    first: int, second: int, sign: int
) -> None:
    size = abs(abs(first) - abs(second))
    one = {**said(f"{first} + {second}", sign * size, True), "gold": str(first + second)}
    assert subtracts_sizes(one) == bool(first and second)
    if first and second:
        assert opposite_ways(one["question"]) == (abs(first + second) == size)


# What was committed.


def test_the_committed_rows_are_of_todays_recipe_and_of_the_same_questions() -> None:
    asked = {
        (one["question"], one["gold"]) for one in read_answers(GREEDY_ROWS)[RECIPE, 0, "final"]
    }
    rows = [row for _, row in read_rows(smollm_course.ROWS)]
    assert {row["recipe_hash"] for row in rows} == {recipes.get(RECIPE).hash()}
    for (course, seed, _), answers in read_course().items():
        assert {(one["question"], one["gold"]) for one in answers} == asked and len(answers) == len(
            asked
        )
        whole = (LONGER, smollm_choice.THREE)
        assert any(name.startswith(called(course)) for name in whole) and seed in (0, 1, 2)


def test_the_tables_have_a_line_for_each_run_and_each_reader() -> None:
    greedy, sampled = runs_by_name(), runs_by_name(SAMPLED)
    signs = (smollm_choice.ONE, smollm_choice.TWO, smollm_choice.THREE)
    names = [BASE, CONTROL, ALONE, FIRST, LONGER, *signs]
    assert list(greedy) == list(sampled) == names
    assert len(table().splitlines()) == 2 + 2 * len(greedy) * len(smollm_order.READERS)
    assert len(each_seed().splitlines()) == 2 + sum(map(len, greedy.values()))
