"""Arithmetic: the golds are right, and only one integer is an answer."""

import itertools
import time

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.tasks import Verdict
from minir1.tasks.arithmetic import Arithmetic, verify_arithmetic


def answer(text: str) -> str:
    return f"<think> hm </think> <answer> {text} </answer> <eos>"


def take(task, count: int, split="train", seed=0) -> list:
    return list(itertools.islice(task.problems(split, seed), count))


@pytest.mark.parametrize("n_numbers", [2, 3, 4])
@pytest.mark.parametrize("ops", ["+-*", "+-*/"])
def test_every_generated_gold_is_verified(n_numbers, ops):
    task = Arithmetic(n_numbers=n_numbers, ops=ops)
    for problem in take(task, 500) + take(task, 350, "heldout"):  # 5,100 in all
        assert task.verify(problem.gold, answer(problem.solution)) is Verdict.CORRECT
        assert task.verify(problem.gold + 1, answer(problem.solution)) is Verdict.WRONG


def test_golds_agree_with_sympy():
    for problem in take(Arithmetic(n_numbers=4, ops="+-*/"), 100):
        expression = problem.question.removeprefix("compute ")
        assert sympy.parse_expr(expression) == problem.gold  # safe: the project's own text


def test_the_question_is_made_of_tokens_and_stays_in_the_range():
    for problem in take(Arithmetic(n_numbers=4, ops="+-*/", high=20), 200):
        first, *tokens = problem.question.split(" ")
        assert first == "compute"
        assert all(1 <= int(token) <= 20 for token in tokens[0::2])
        assert set(tokens[1::2]) <= set("+-*/")
        assert len(tokens) == 7
        assert problem.key.split() == sorted(tokens[0::2], key=int)
        assert type(problem.gold) is int and 0 <= problem.gold <= 99


def test_the_stream_is_a_function_of_split_and_seed():
    first = take(Arithmetic(), 50, seed=3)
    assert first == take(Arithmetic(), 50, seed=3)
    assert first != take(Arithmetic(), 50, seed=4)
    assert first != take(Arithmetic(), 50, "heldout", seed=3)
    # Frozen: a change here makes every published run another run.
    assert [problem.question for problem in take(Arithmetic(), 2)] == [
        "compute 8 + 5 + 3",
        "compute 3 - 1 + 7",
    ]


def test_dials_that_leave_no_problem_are_an_error():
    task = Arithmetic(n_numbers=3, ops="*", low=12, high=20)
    with pytest.raises(ValueError, match=r"ops = '\*' leave no value in 0\.\.99"):
        next(task.problems("train", 0))


# answer text -> verdict, for the question "compute 7 * 3 + 2"
ANSWERS = {
    "23": Verdict.CORRECT,
    "22": Verdict.WRONG,
    "0": Verdict.WRONG,
    "-23": Verdict.WRONG,
    "999999999999": Verdict.WRONG,
    # The echo of the question, and any other expression.
    "7 * 3 + 2": Verdict.MALFORMED,
    "22+1": Verdict.MALFORMED,
    "23 + 0": Verdict.MALFORMED,
    "(23)": Verdict.MALFORMED,
    "- - 23": Verdict.MALFORMED,
    "46/2": Verdict.MALFORMED,
    "7 * 3 + 2 = 23": Verdict.MALFORMED,
    "= 23": Verdict.MALFORMED,
    "compute 7 * 3 + 2": Verdict.MALFORMED,
    # The same number in another spelling.
    "23.0": Verdict.MALFORMED,
    "23.": Verdict.MALFORMED,
    "+23": Verdict.MALFORMED,
    "023": Verdict.MALFORMED,
    "-0": Verdict.MALFORMED,
    "00": Verdict.MALFORMED,
    "2 3": Verdict.MALFORMED,
    "2_3": Verdict.MALFORMED,
    "2,3": Verdict.MALFORMED,
    "0x17": Verdict.MALFORMED,
    "2.3e1": Verdict.MALFORMED,
    "23%": Verdict.MALFORMED,
    "$23$": Verdict.MALFORMED,
    "\\boxed{23}": Verdict.MALFORMED,
    "23 apples": Verdict.MALFORMED,
    "twenty three": Verdict.MALFORMED,
    "True": Verdict.MALFORMED,
    "nan": Verdict.MALFORMED,
    "inf": Verdict.MALFORMED,
    "\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT THREE}": Verdict.MALFORMED,
    "\N{ARABIC-INDIC DIGIT TWO}\N{ARABIC-INDIC DIGIT THREE}": Verdict.MALFORMED,
    "2\N{SUPERSCRIPT THREE}": Verdict.MALFORMED,
    "2\N{FULLWIDTH DIGIT THREE}": Verdict.MALFORMED,
    "23\0": Verdict.MALFORMED,
    "23\n23": Verdict.MALFORMED,
    # Several answers.
    "22 or 23": Verdict.MALFORMED,
    "22, 23": Verdict.MALFORMED,
    "23 </answer> <answer> 23": Verdict.MALFORMED,
    "23 </answer> <answer> 22": Verdict.MALFORMED,
    # Degenerate.
    "": Verdict.NO_ANSWER,
    " \n ": Verdict.NO_ANSWER,
    "9999999999999": Verdict.TOO_LARGE,
    "23" * 100: Verdict.TOO_LARGE,
    "9" * 10**5: Verdict.TOO_LARGE,
}


@pytest.mark.parametrize(("text", "verdict"), ANSWERS.items())
def test_answers(text, verdict):
    assert verify_arithmetic(23, answer(text)) is verdict


def test_zero_and_negative_golds():
    assert verify_arithmetic(0, answer("0")) is Verdict.CORRECT
    assert verify_arithmetic(-5, answer("-5")) is Verdict.CORRECT
    assert verify_arithmetic(-5, answer("5")) is Verdict.WRONG


def test_a_constant_answer_earns_its_share_of_the_golds_and_no_more():
    problems = take(Arithmetic(), 120)
    golds = [problem.gold for problem in problems]
    for constant in range(100):
        right = sum(
            verify_arithmetic(gold, answer(str(constant))) is Verdict.CORRECT for gold in golds
        )
        assert right == golds.count(constant)
        assert right < 12  # so that no constant answer is worth learning


@settings(max_examples=500, deadline=None)
@given(st.text() | st.text("0123456789-+. ").map(answer) | st.integers().map(str).map(answer))
def test_any_text_gets_a_verdict_in_10_ms(completion):
    def seconds() -> float:
        start = time.thread_time()
        assert isinstance(verify_arithmetic(23, completion), Verdict)
        return time.thread_time() - start

    assert seconds() < 0.010 or min(seconds() for _ in range(5)) < 0.010


@pytest.mark.parametrize(
    "gold", [None, "23", 23.0, True, [23], {"value": 23}, 10**12, -(10**12), float("nan")]
)
def test_a_broken_gold_is_an_error(gold):
    with pytest.raises(ValueError, match=r"^gold = .* can't be used: give one integer"):
        verify_arithmetic(gold, answer("23"))
