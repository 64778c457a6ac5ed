"""Sums with signs: the sum that is asked for, the shortcut, and what the committed rows say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1 import recipes
from minir1.bench import smollm, smollm_forms, smollm_rows
from minir1.bench.smollm_greedy import GREEDY
from minir1.bench.smollm_signs import (
    CONTROL,
    RECIPE,
    adds_sizes,
    gain,
    one_way,
    sides,
    terms,
    verdicts,
)
from minir1.run.jsonl import read_rows
from minir1.run.stats import paired_difference
from minir1.tasks.sources.gym import GymTask

DIGIT = st.integers(-9, 9)


def asked(first: int, operation: str, second: int, said: object = None) -> dict[str, str]:
    gold = first + second if operation == "+" else first - second
    question = f"State the final answer: {first} {operation} {second} ="
    completion = f"so <answer>{gold if said is None else said}</answer>"
    return {"question": question, "gold": str(gold), "completion": completion}


@given(DIGIT, st.sampled_from("+-"), DIGIT)
def test_what_is_added_makes_the_gold(first: int, operation: str, second: int) -> None:
    one = asked(first, operation, second)
    assert sum(terms(one["question"])) == int(one["gold"])
    # Sizes are added, and no more is asked, exactly where the sum is as large as both together.
    assert one_way(one["question"]) == (abs(int(one["gold"])) == abs(first) + abs(second))


@given(DIGIT, st.sampled_from("+-"), DIGIT)
def test_the_shortcut_is_right_one_way_and_wrong_the_other(a: int, op: str, b: int) -> None:
    one = asked(a, op, b)
    if a:  # of 0 the shortcut takes no sign
        assert adds_sizes(one) == one_way(one["question"])


def test_a_question_without_a_sum_is_named() -> None:
    with pytest.raises(ValueError, match="has no sum of two numbers"):
        terms("What is 7?")


def test_the_questions_of_the_family_can_be_read() -> None:
    pytest.importorskip("reasoning_gym")
    config = recipes.get(RECIPE)
    task = GymTask(family="chain_sum", dials=config.task.dials, heldout_share=0.5)
    problems = [one for _, one in zip(range(50), task.problems("heldout", 3), strict=False)]
    assert all(sum(terms(one.question)) == int(one.solution) for one in problems)
    shown = {question for question, _ in config.examples}
    assert not shown & {one.question for one in problems}


def test_both_sides() -> None:
    answers = [
        asked(7, "+", 2), asked(7, "-", -2, said=8),  # one way: right, wrong
        asked(7, "-", 2, said=9), asked(-7, "+", 2, said=-9), asked(-7, "+", 3, said=9),
        asked(7, "+", -3),
    ]  # fmt: skip
    assert sides(answers) == (0.5, 0.25, 0.5)


def answers_of_seeds(before: list[list[int]], after: list[list[int]]) -> dict:
    """`before[seed][question]` is 1 where it was right."""
    found = {}
    for when, marked in (("base", before), ("final", after)):
        for seed, marks in enumerate(marked):
            found[RECIPE, seed, when] = [
                asked(i, "+", 1, None if mark else "none") for i, mark in enumerate(marks)
            ]
    return found


def test_the_interval_is_over_questions_and_takes_seeds_together() -> None:
    found = gain(answers_of_seeds([[0, 0, 1], [0, 1, 1]], [[1, 0, 1], [1, 1, 1]]), RECIPE)
    expected = paired_difference([[0, 0], [0, 1], [1, 1]], [[1, 1], [0, 1], [1, 1]])
    assert found == expected and found.value == pytest.approx(1 / 3)


def test_a_policy_that_is_only_sharper_is_refuted() -> None:
    sampled = answers_of_seeds([[0, 1, 0, 0] * 10] * 2, [[0, 1, 1, 1] * 10] * 2)
    greedy = answers_of_seeds([[0, 1, 0, 0] * 10], [[0, 1, 0, 0] * 10] * 2)
    del greedy[RECIPE, 0, "base"]
    greedy[RECIPE, 5, "base"] = sampled[RECIPE, 0, "base"]  # one base, asked in another run
    holds = {name: held for name, held, _ in verdicts(sampled, greedy)}
    assert holds["gain"] and not holds["skill"] and not holds["lenient, greedy"]
    assert holds["base, greedy"] and "control" not in holds


@pytest.mark.parametrize(("right", "held"), [(9, True), (11, False)])
def test_the_control_gains_less_than_half(right: int, held: bool) -> None:
    """Paid for right answers, 20 of 40 questions are won; the control may win 9 and not 11."""
    answers = answers_of_seeds([[0] * 40], [[1] * 20 + [0] * 20])
    control = answers_of_seeds([[0] * 40], [[1] * right + [0] * (40 - right)])
    greedy = answers | {(CONTROL, 0, "final"): control[RECIPE, 0, "final"]}
    holds = {name: holds for name, holds, _ in verdicts(answers, greedy)}
    assert holds["control"] is held


# What was committed.


def committed() -> tuple[dict, dict]:
    return smollm.read_answers(), smollm.read_answers(GREEDY)


def test_the_committed_rows_are_of_todays_recipes_and_of_other_questions_each() -> None:
    sampled, greedy = committed()
    runs = [row for _, row in read_rows(smollm_rows.LOGS) if row["recipe"].startswith(RECIPE)]
    assert {row["seed"] for row in runs if row["recipe"] == RECIPE} >= {0, 1}
    for row in runs:
        key = (row["recipe"], row["seed"], "final")
        once = {one["question"] for one in sampled[key]}
        assert len(once) == len(greedy[key]) >= 200
        assert once == {one["question"] for one in greedy[key]}
        assert row["recipe_hash"] == recipes.get(row["recipe"]).hash()
    assert any(key[0] == CONTROL for key in greedy)


def test_the_base_in_the_recipes_own_form_says_what_it_said_there() -> None:
    _, greedy = committed()
    forms = smollm_forms.read_forms()
    assert set(forms) == {
        (form, budget) for form in smollm_forms.NAMES for budget in smollm_forms.BUDGETS
    }
    (base,) = [rows for key, rows in greedy.items() if key[0] == RECIPE and key[2] == "base"]
    assert forms["tight", 16] == base


def test_the_policies_are_above_the_base_in_every_form_of_its_examples() -> None:
    _, greedy = committed()
    forms = smollm_forms.read_forms()
    for rows in forms.values():
        assert smollm_forms.above(rows, greedy).low > 0
    assert len(smollm_forms.table(forms, greedy).splitlines()) == len(forms) + 2


def test_above_pairs_each_question_with_the_mean_of_the_seeds() -> None:
    greedy = answers_of_seeds([[0, 0, 0]] * 2, [[1, 0, 1], [1, 1, 0]])
    base = greedy[RECIPE, 0, "base"]
    found = smollm_forms.above(base, greedy)
    assert found == paired_difference([[0]] * 3, [[1], [0.5], [0.5]])


def test_every_form_asks_for_the_same_answers() -> None:
    config = recipes.get(RECIPE)
    for form in smollm_forms.NAMES:
        for (question, response), (_, shown) in zip(
            config.examples, smollm_forms.written(config, form).examples, strict=True
        ):
            assert response.split(" ")[-1] == shown.split(" ")[-1]
            if form == "copied":
                assert shown.startswith(question.split(": ")[1])
            if form == "spaced":
                assert shown.replace(" ", "") == response.replace(" ", "")
