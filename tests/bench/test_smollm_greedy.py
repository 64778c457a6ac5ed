"""Certainty or skill: what a sharper policy gains, and the committed greedy answers."""

import pytest

from minir1 import recipes
from minir1.bench import smollm, smollm_greedy, smollm_rows
from minir1.bench.smollm_greedy import GREEDY, change, paid_right, share
from minir1.run.jsonl import read_rows

RIGHT, WRONG = "<answer>20</answer>", "<answer>21</answer>"


def asked(*completions: str) -> list[dict[str, str]]:
    """One question, 5 * 4, with these answers."""
    return [{"question": "5 * 4", "gold": "20", "completion": text} for text in completions]


def other(completion: str) -> list[dict[str, str]]:
    return [{"question": "4 * 5", "gold": "20", "completion": completion}]


def test_a_product_counts_once_however_often_it_was_asked() -> None:
    assert share(asked(RIGHT, RIGHT, RIGHT, WRONG) + other(WRONG)) == pytest.approx(0.375)


def test_a_policy_that_is_only_sharper_gains_nothing_greedily() -> None:
    """Right in 3 of 5 before and always after: 40 points at temperature 1, none greedily."""
    sampled, greedy = {}, {("smollm", 0, "base"): asked(RIGHT) + other(WRONG)}
    for seed in (0, 1):
        before = asked(RIGHT, RIGHT, RIGHT, WRONG, WRONG)
        sampled |= {("smollm", seed, "base"): before + other(WRONG)}
        sampled |= {("smollm", seed, "final"): asked(*[RIGHT] * 5) + other(WRONG)}
        greedy |= {("smollm", seed, "final"): asked(RIGHT) + other(WRONG)}
    before, after, found = change(sampled, "smollm")
    assert (before, after) == (pytest.approx(0.3), pytest.approx(0.5))
    before, after, found = change(greedy, "smollm")  # one base serves all seeds
    assert before == after == 0.5 and found is not None and found.value == 0
    for recipe in ("smollm_format",):
        sampled |= {(recipe, s, w): rows for (_, s, w), rows in list(sampled.items())}
        greedy |= {(recipe, s, "final"): greedy["smollm", s, "final"] for s in (0, 1)}
    lines = smollm_greedy.table(sampled, greedy).splitlines()
    assert (
        len(lines) == 2 + 8 and "| `smollm` | greedy | strict | 50.0% | 50.0% | +0.0% [" in lines[4]
    )


def test_a_folder_without_runs_leaves_the_answers_alone(tmp_path, monkeypatch) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text("{}\n")
    monkeypatch.setattr(smollm_greedy, "GREEDY", kept)
    with pytest.raises(ValueError, match="holds no finished run"):
        smollm_greedy.collect(tmp_path)
    assert kept.read_text() == "{}\n"


def test_the_committed_answers_are_of_the_runs_of_the_logs() -> None:
    runs = {(row["recipe"], row["seed"]) for _, row in read_rows(smollm_rows.LOGS)}
    rows = [row for _, row in read_rows(GREEDY)]
    assert {(row["recipe"], row["seed"]) for row in rows if row["when"] == "final"} == runs
    for task in {paid_right(recipe) for recipe, _ in runs}:
        mine = [row for row in rows if paid_right(row["recipe"]) == task]
        assert [row["when"] for row in mine].count("base") == 1
        questions = {tuple(one[0] for one in row["rows"]) for row in mine}
        assert len(questions) == 1  # all were asked the same, each question once
        (names,) = questions
        assert len(set(names)) == len(names)
        sampled = smollm.read_answers()[task, 0, "base"]
        assert set(names) == {one["question"] for one in sampled}
    for row in rows:
        assert row["recipe_hash"] == recipes.get(row["recipe"]).hash()


def test_no_skill_was_learned_that_greedy_decoding_sees() -> None:
    """The lesson says so in words."""
    greedy = smollm.read_answers(GREEDY)
    _, _, found = change(greedy, "smollm")
    assert found is not None and found.low <= 0 <= found.high < 0.1
    _, _, sampled = change(smollm.read_answers(), "smollm")
    assert sampled is not None and sampled.low > 0.15
    before, after, _ = change(greedy, "smollm_format")
    assert after < before
