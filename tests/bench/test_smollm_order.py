"""Sums with signs in phases: what each phase is asked, what is compared, and the committed rows."""

import json
from pathlib import Path

import pytest

from minir1 import recipes
from minir1.bench import smollm_course
from minir1.bench.smollm_course import (
    ALL,
    ASKED,
    GREEDY,
    OPPOSITE,
    SAMPLED,
    opposite_lines,
    phase,
    questions,
    read_course,
)
from minir1.bench.smollm_order import change, opposite_ways
from minir1.bench.smollm_signs import RECIPE, one_way
from minir1.run.jsonl import append_row
from minir1.run.stats import paired_difference
from minir1.tasks import make_task
from minir1.tasks.splits import split_of


def test_the_questions_are_those_of_the_family() -> None:
    pytest.importorskip("reasoning_gym")
    stream = make_task(recipes.get(RECIPE).task).problems("heldout", 1)
    drawn = {problem.question for _, problem in zip(range(3000), stream, strict=False)}
    held = {question for question in questions() if split_of(question, 0.5) == "heldout"}
    assert len(set(questions())) == 722 and drawn <= held and len(drawn) > 0.9 * len(held)


def test_opposite_questions_have_signs_that_differ_and_a_sum_for_gold() -> None:
    rows = [json.loads(line) for line in opposite_lines()]
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
    for course in (((OPPOSITE, 5),), ((OPPOSITE, 5), (ALL, 23)), ((ALL, 1), (ALL, 2))):
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
    assert set(found) == {(((OPPOSITE, 5),), 1, GREEDY), (((OPPOSITE, 5),), 1, SAMPLED)}
    (answer,) = found[((OPPOSITE, 5),), 1, GREEDY]
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
