"""The readers of a real model's responses, and the table that the committed logs make."""

from pathlib import Path

import pytest

from minir1 import recipes
from minir1.bench import gym_scan, gym_worked, smollm, smollm_rows
from minir1.bench.gym_scan import anywhere
from minir1.bench.smollm_rows import finished, forget, recipe_of
from minir1.run.jsonl import append_row, read_rows
from minir1.tasks import Problem


def answer(completion: str, question: str = "Solve: 5 * 4.", gold: str = "20") -> dict[str, str]:
    return {"question": question, "gold": gold, "completion": completion}


@pytest.mark.parametrize(
    ("completion", "strict", "last", "somewhere", "part"),
    [
        ("5*4=20 <answer>20</answer>", True, True, True, True),
        ("5*4=20", False, True, True, False),
        ("5*4=20 <answer>21</answer>", False, False, True, True),
        ("<answer>120</answer>", False, False, False, True),
        ("it is 20, or 21", False, False, True, False),
        ("", False, False, False, False),
    ],
)
def test_readers(completion: str, strict: bool, last: bool, somewhere: bool, part: bool) -> None:
    one = answer(completion)
    found = [reader(one) for reader in smollm.READERS.values()]
    assert found == [strict, last, somewhere, part]


def test_a_gold_is_a_word_of_its_own() -> None:
    assert anywhere("-3", "it is -3") and not anywhere("3", "it is -3")
    assert not anywhere("2", "2.5") and anywhere("2", "2.")


def test_an_interval_draws_questions_and_not_responses() -> None:
    right, wrong = answer("<answer>20</answer>"), answer("?", question="Solve: 4 * 5.")
    found = smollm.accuracy([right] * 30 + [wrong] * 10, smollm.strict)
    assert found.value == 0.5 and (found.low, found.high) == (0.0, 1.0)


def test_mirror_images() -> None:
    rows = [answer("", question=f"{a} * {b}") for a, b in ((6, 9), (9, 6), (7, 7), (2, 3))]
    assert [smollm.factors(one) for one in smollm.unmirrored(rows)] == [
        ("6", "9"), ("9", "6"), ("7", "7"),
    ]  # fmt: skip


def test_the_table_has_an_interval_over_seeds_only_where_there_are_seeds() -> None:
    square = {"question": "5 * 5", "gold": "25"}
    right, wrong = [answer("<answer>25</answer>", **square)] * 4, [answer("?", **square)] * 4
    answers = {}
    for seed, after in ((0, right), (1, right[:3] + wrong[:1])):
        answers |= {("smollm", seed, "base"): wrong, ("smollm", seed, "final"): after}
    answers |= {("smollm_format", 0, "base"): wrong, ("smollm_format", 0, "final"): wrong}
    lines = smollm.table(answers).splitlines()
    assert "| `smollm` | 2 | strict | 0.0% | 87.5% | +87.5% [" in lines[2]
    assert any("`smollm_format`" in line and "one seed" in line for line in lines)


def test_the_committed_rows_are_of_todays_recipes() -> None:
    answers, runs = smollm.read_answers(), [row for _, row in read_rows(smollm_rows.LOGS)]
    assert {(row["recipe"], row["seed"]) for row in runs} == {key[:2] for key in answers}
    for row in runs:
        config = recipes.get(row["recipe"])
        assert row["recipe_hash"] == config.hash()
        for when in ("base", "final"):  # the verdicts of that day are those of today
            rows = answers[row["recipe"], row["seed"], when]
            share = sum(map(smollm.strict, rows)) / len(rows)
            assert len(rows) == config.eval.problems
            assert share == pytest.approx(row["looks"][when]["value"], abs=1e-4)
        assert len(row["curve"]["reward"]) == config.zero.steps


def test_the_scan_has_a_row_a_family() -> None:
    rows = [row for _, row in read_rows(gym_scan.RESULTS)]
    assert len(rows) >= 8
    assert len(gym_scan.table(rows).splitlines()) == len(rows) + 2


def test_rows_of_other_recipes_stay(tmp_path: Path) -> None:
    path, run = tmp_path / "rows.jsonl", tmp_path / "smollm_signs-0"
    forget(path, [run])  # nothing to forget yet
    for recipe in ("smollm", "smollm_signs", "smollm_signs_format"):
        append_row(path, {"recipe": recipe})
    forget(path, [run])
    assert [row["recipe"] for _, row in read_rows(path)] == ["smollm", "smollm_signs_format"]


def test_finished_runs_by_recipe_and_seed(tmp_path: Path) -> None:
    for name in ("smollm_signs-10", "smollm_signs-9", "smollm-1", "other-1"):
        (tmp_path / name / "eval").mkdir(parents=True)
        (tmp_path / name / "eval" / "final.json").write_text("{}")
    (tmp_path / "smollm-2" / "eval").mkdir(parents=True)
    found = [recipe_of(run) for run in finished(tmp_path)]
    assert found == [("smollm", 1), ("smollm_signs", 9), ("smollm_signs", 10)]


def test_a_question_is_repeated_and_solved() -> None:
    one = Problem("", "What is -5 - -4 = ?", None, "", "-1")
    assert gym_worked.solved(one) == "-5--4=-1 <answer>-1</answer>"
    with pytest.raises(ValueError, match="no sum or product"):
        gym_worked.solved(Problem("", "Spell sun backward", None, "", "nus"))


def test_the_second_scan_is_of_todays_cases() -> None:
    rows = [row for _, row in read_rows(gym_worked.ROWS)]
    cases = [(family, dict(dials)) for family, dials in gym_worked.CASES]
    signs = recipes.get(gym_worked.LAST)
    cases.append((signs.task.family, dict(signs.task.dials)))
    assert [(row["family"], row["dials"]) for row in rows] == cases
    assert len(gym_worked.table(rows).splitlines()) == len(rows) + 2
    assert rows[-1]["one_of"]["low"] > rows[-1]["greedy"]["value"]  # something to reinforce
