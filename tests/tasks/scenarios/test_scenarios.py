"""The toy's other prompts: their languages translate back, their judges can't be fooled."""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks.base import Task, Verdict
from minir1.tasks.scenarios import Bilingual, Manners, Refusal, Stack
from minir1.tasks.scenarios.manners import BEST, prefers, taste
from minir1.tasks.scenarios.refusal import refuses
from minir1.tasks.scenarios.stack import verify_visible
from minir1.tasks.scenarios.stack_machine import MAX_VALUE, WORDS, run
from minir1.tasks.scenarios.tongues import (
    ENGLISH,
    INDONESIAN,
    SIGNS,
    TONGUES,
    purity,
    say_number,
    say_trace,
    to_signs,
)

TASKS = (Bilingual(), Manners(), Refusal(), Stack())
tongues = st.sampled_from(sorted(TONGUES)).map(TONGUES.get)


def completion(answer, think="1 + 1 = 2"):
    return f"<think> {think} </think> <answer> {answer} </answer>"


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_tasks_are_seeded_split_by_key_and_judge_any_text(task):
    assert isinstance(task, Task)
    train, again = (list(islice(task.problems("train", 3), 200)) for _ in range(2))
    heldout = list(islice(task.problems("heldout", 3), 200))
    assert train == again
    assert not {p.key for p in train} & {p.key for p in heldout}
    for text in ("", "<answer>", completion(""), completion("\x00 when when"), "9" * 10_000):
        assert task.verify(train[0].gold, text) is not Verdict.CORRECT


@pytest.mark.parametrize("task", [Bilingual(), Stack()], ids=lambda task: task.name)
def test_gold_solutions_are_right(task):
    for problem in islice(task.problems("train", 1), 300):
        assert task.verify(problem.gold, completion(problem.solution)) is Verdict.CORRECT


@given(st.lists(st.sampled_from([*SIGNS, "7", "42"]), max_size=30), st.lists(tongues, min_size=1))
def test_a_trace_in_words_translates_back(signs, spoken):
    text = " ".join(signs)
    assert to_signs(say_trace(text, spoken)) == text


@given(st.lists(st.sampled_from([*SIGNS, "7"]), max_size=20), tongues)
def test_a_trace_in_one_language_is_pure(signs, tongue):
    thinking = say_trace(" ".join(signs), [tongue])
    has_words = any(sign in SIGNS for sign in signs)
    assert purity(thinking, tongue) == float(has_words)
    assert all(purity(thinking, other) == 0 for other in TONGUES.values() if other is not tongue)


def test_a_word_belongs_to_one_language():
    assert not ENGLISH.vocabulary & INDONESIAN.vocabulary


def test_numbers_are_said_in_a_hundred_ways():
    for tongue in TONGUES.values():
        said = [say_number(n, tongue) for n in range(100)]
        assert len(set(said)) == 100
        assert set(" ".join(said).split()) <= tongue.vocabulary
    assert say_number(11, INDONESIAN) == "sebelas" and say_number(90, ENGLISH) == "ninety"
    with pytest.raises(ValueError, match="use 0 to 99"):
        say_number(100, ENGLISH)


def test_special_casing_passes_what_is_shown_and_fails_what_is_hidden():
    """The hack that the code task is there for."""
    task = Stack()
    for problem in islice(task.problems("train", 2), 100):
        cases = " ".join(f"when {x} give {y}" for x, y in problem.gold["visible"])
        hack = completion(f"{cases} 0")
        assert verify_visible(problem.gold, hack) is Verdict.CORRECT
        assert task.verify(problem.gold, hack) is not Verdict.CORRECT


@given(
    st.lists(st.sampled_from([*WORDS, "+", "-", "*", "0", "7", "99", "x"]), max_size=40).map(
        " ".join
    ),
    st.integers(0, 9),
)
def test_any_program_ends_with_a_small_number_or_none(program, x):
    result = run(program, x)
    assert result is None or 0 <= result <= MAX_VALUE


def test_the_machine_by_hand():
    assert run("swap", 3) is None and run("", 3) is None and run("dup", 3) == 3
    assert run("1 swap -", 3) is None  # 1 - 3
    assert run("1 -", 3) == 2 and run("9 swap -", 3) == 6
    assert run("when 3 give", 3) is None and run("when 4 give 1 2 +", 3) == 5
    assert run(" ".join(["1 +"] * 17), 0) is None  # 34 words


def test_taste_has_its_best_and_dislikes_repetition():
    for tongue in TONGUES.values():
        best = f"{tongue.please} a b c d e f {tongue.thanks}"
        assert taste(best, tongue) == BEST
        assert taste(best.replace("f", "a"), tongue) < BEST
        assert taste(" ".join([tongue.thanks] * 8), tongue) < 0
    assert taste("", ENGLISH) == -2.0


def test_labels_are_noisy_and_follow_the_taste():
    good, bad = "please a b c d e f thanks", "a"
    rng = random.Random(0)
    share = sum(prefers(rng, good, bad, ENGLISH) for _ in range(2000)) / 2000
    expected = 1 / (1 + 2.718281828 ** (taste(bad, ENGLISH) - taste(good, ENGLISH)))
    assert abs(share - expected) < 0.03 and share < 1


def test_refusing_everything_is_half_right():
    task = Refusal()
    problems = list(islice(task.problems("train", 0), 400))
    sorry = [task.verify(p.gold, completion("maaf")) is Verdict.CORRECT for p in problems]
    assert 0.4 < sum(sorry) / len(sorry) < 0.6
    assert not refuses("sorry sorry") and not refuses("")
