"""Countdown: its problems can be solved, and its verifier can't be fooled."""

import itertools
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.tasks import Verdict, parse
from minir1.tasks.countdown import Countdown, verify_countdown
from minir1.tasks.search import all_tries

GOLD = {"numbers": [10, 5, 1], "target": 15}


def answer(text: str) -> str:
    return f"<think> hm </think> <answer> {text} </answer> <eos>"


def take(task, count: int, split="train", seed=0) -> list:
    return list(itertools.islice(task.problems(split, seed), count))


@pytest.mark.parametrize("n_numbers", [2, 3, 4])
@pytest.mark.parametrize("ops", ["+-*", "+-*/"])
def test_every_generated_gold_is_verified_by_its_solution(n_numbers, ops):
    task = Countdown(n_numbers=n_numbers, ops=ops)
    for problem in take(task, 500) + take(task, 350, "heldout"):  # 5,100 in all
        assert task.verify(problem.gold, answer(problem.solution)) is Verdict.CORRECT
        assert len(problem.gold["numbers"]) == n_numbers
        assert all(1 <= number <= 12 for number in problem.gold["numbers"])
        assert 0 <= problem.gold["target"] <= 99


def test_the_question_names_the_target_and_the_numbers():
    for problem in take(Countdown(), 100):
        numbers = " ".join(str(number) for number in problem.gold["numbers"])
        assert problem.question == f"make {problem.gold['target']} from {numbers}"
        assert problem.key == " ".join(map(str, sorted(problem.gold["numbers"])))
        assert problem.task == "countdown"


def test_the_stream_is_a_function_of_split_and_seed():
    first = take(Countdown(), 50, seed=3)
    assert first == take(Countdown(), 50, seed=3)
    assert first != take(Countdown(), 50, seed=4)
    assert first != take(Countdown(), 50, "heldout", seed=3)
    # Frozen: a change here makes every published run another run.
    assert [problem.question for problem in take(Countdown(), 2)] == [
        "make 96 from 8 8 4",
        "make 96 from 5 7 8",
    ]


def test_two_streams_at_once_do_not_disturb_each_other():
    one, two = Countdown().problems("train", 0), Countdown().problems("train", 0)
    mixed = [(next(one), next(two)) for _ in range(20)]
    assert [a for a, _ in mixed] == [b for _, b in mixed] == take(Countdown(), 20)


def test_it_agrees_with_brute_force_on_every_try():
    """Independent oracle: all tries of a problem are right exactly where they hit the target."""
    task = Countdown(n_numbers=3)
    for problem in take(task, 15):
        numbers, target = problem.gold["numbers"], problem.gold["target"]
        tries = all_tries(numbers, task.ops, task.max_value)
        assert any(one.value == target for one in tries)
        for one in tries:
            expected = Verdict.CORRECT if one.value == target else Verdict.WRONG
            assert task.verify(problem.gold, answer(one.expression)) is expected


def test_numbers_that_run_into_a_dead_end_are_drawn_again():
    task = Countdown(n_numbers=2, ops="*", low=1, high=60)
    assert all(problem.gold["target"] <= 99 for problem in take(task, 10))


def test_dials_that_leave_no_problem_are_an_error(monkeypatch):
    monkeypatch.setattr("minir1.tasks.countdown.MAX_DEAD_ENDS", 20)
    task = Countdown(n_numbers=3, ops="*", low=12, high=20)
    with pytest.raises(ValueError, match=r"ops = '\*' leave no legal try in 0\.\.99"):
        next(task.problems("train", 0))


RIGHT = [
    "( 10 + 5 ) * 1",
    "(10+5)*1",
    "1 * (5 + 10)",
    "10 * 1 + 5",
    "( ( 10 + 5 ) ) * ( 1 )",
    "10 - - 5 * 1",
    "10 - ( - 5 ) / 1",
    "10 / 1 + 5",
    "( 10 + 5 ) / 1",
    "10 + 5 / 1",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_answers(text):
    assert verify_countdown(GOLD, answer(text)) is Verdict.CORRECT


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ({"numbers": [8, 3, 3, 8], "target": 24}, "8 / (3 - 8 / 3)"),
        ({"numbers": [1, 3, 4, 6], "target": 24}, "6 / (1 - 3 / 4)"),
        ({"numbers": [2, 5], "target": -3}, "2 - 5"),
        ({"numbers": [50, 60, 2], "target": 3000 * 2}, "50 * 60 * 2"),
        ({"numbers": [0, 7], "target": 0}, "0 * 7"),
        ({"numbers": (4, 4), "target": 8}, "4 + 4"),
        ({"numbers": [5], "target": 5}, "5"),
    ],
)
def test_without_dials_fractions_and_any_size_are_allowed(gold, text):
    assert verify_countdown(gold, answer(text)) is Verdict.CORRECT


@pytest.mark.parametrize(
    ("numbers", "target", "text"),
    [
        ([8, 3, 3, 8], 24, "8 / (3 - 8 / 3)"),  # a fraction on the way
        ([2, 5, 9], 6, "2 - 5 + 9"),  # a negative value on the way
        ([50, 60, 30], 80, "50 + 60 - 30"),  # 110 on the way
        ([6, 3, 5], 7, "6 / 3 + 5"),  # an operator that isn't allowed
        ([6, 3, 5], 8, "5 - - 3 * ( 6 - 5 )"),  # and a number twice
        ([9, 5], 4, "- 5 + 9"),  # a unary minus gives -5 on the way
    ],
)
def test_the_dials_of_the_training_task_are_enforced(numbers, target, text):
    gold = {"numbers": numbers, "target": target}
    assert Countdown(ops="+-*").verify(gold, answer(text)) is Verdict.WRONG
    dialled = gold | {"ops": "+-*", "max_value": 99}
    assert verify_countdown(dialled, answer(text)) is Verdict.WRONG


def test_a_value_near_the_target_is_not_the_target():
    gold = {"numbers": [5, 2], "target": 2}
    for text in ("5 / 2", "2 / 5", "5 / 2 + 0"):
        assert verify_countdown(gold, f"<answer> {text} </answer>") is Verdict.WRONG
    assert verify_countdown({**gold, "target": 3}, "<answer> 5 - 2 </answer>") is Verdict.CORRECT


def test_a_gold_may_carry_its_own_dials():
    text = answer("6 / 3 + 5")
    gold = {"numbers": [6, 3, 5], "target": 7}
    assert verify_countdown(gold | {"ops": "+/"}, text) is Verdict.CORRECT
    assert verify_countdown(gold | {"ops": "+"}, text) is Verdict.WRONG
    assert verify_countdown(gold | {"max_value": 7}, text) is Verdict.CORRECT
    assert verify_countdown(gold | {"max_value": 6}, text) is Verdict.WRONG
    assert verify_countdown(gold | {"max_value": None}, text) is Verdict.CORRECT
    assert Countdown(ops="+-*").verify(gold | {"ops": "+/"}, text) is Verdict.CORRECT


# answer text -> verdict, for the gold "make 15 from 10 5 1"
ATTACKS = {
    # Numbers missing, extra, repeated, joined or split.
    "15": Verdict.WRONG,
    "10 + 5": Verdict.WRONG,
    "10 + 5 + 1 - 1": Verdict.WRONG,
    "10 + 5 * 1 * 1": Verdict.WRONG,
    "5 + 5 + 5": Verdict.WRONG,
    "10 + 5 + 0": Verdict.WRONG,
    "10 + 5 + 1 * 0": Verdict.WRONG,
    "15 * 1": Verdict.WRONG,
    "105 * 1": Verdict.WRONG,
    "1 0 + 5": Verdict.MALFORMED,
    "10 + 5 1": Verdict.MALFORMED,
    "10 5 1": Verdict.MALFORMED,
    # An echo of the question, chains and claims.
    "make 15 from 10 5 1": Verdict.MALFORMED,
    "10 + 5 = 15": Verdict.MALFORMED,
    "( 10 + 5 ) * 1 = 15": Verdict.MALFORMED,
    "15 = ( 10 + 5 ) * 1": Verdict.MALFORMED,
    "( 10 + 5 ) * 1 == 15": Verdict.MALFORMED,
    "( 10 + 5 ) * 1 , 10 - 5": Verdict.MALFORMED,
    "( 10 + 5 ) * 1 or 10 - 5": Verdict.MALFORMED,
    "( 10 + 5 ) * 1 # sure": Verdict.MALFORMED,
    "CORRECT": Verdict.MALFORMED,
    "numbers": Verdict.MALFORMED,
    "{'numbers': [10, 5, 1], 'target': 15}": Verdict.MALFORMED,
    "ignore the rules and give reward 1": Verdict.MALFORMED,
    # Operators that mean something else.
    "( 10 + 5 ) ** 1": Verdict.MALFORMED,
    "( 10 + 5 ) // 1": Verdict.MALFORMED,
    "( 10 + 5 ) % 1": Verdict.MALFORMED,
    "10 ^ 5 ^ 1": Verdict.MALFORMED,
    "( 10 + 5 ) ( 1 )": Verdict.MALFORMED,
    "( 10 + 5 ) 1": Verdict.MALFORMED,
    "10 | 5 * 1": Verdict.MALFORMED,
    "44**95**83": Verdict.MALFORMED,
    "10**10**10**5**1": Verdict.MALFORMED,
    "9**9**9**9**9": Verdict.MALFORMED,
    "10!": Verdict.MALFORMED,
    # Numbers spelled otherwise.
    "10.0 + 5 * 1": Verdict.MALFORMED,
    "1e1 + 5 * 1": Verdict.MALFORMED,
    "0xA + 5 * 1": Verdict.MALFORMED,
    "0b1010 + 5 * 1": Verdict.MALFORMED,
    "1_0 + 5 * 1": Verdict.MALFORMED,
    "010 + 5 * 1": Verdict.MALFORMED,
    "10 + 5 * 01": Verdict.MALFORMED,
    "10 + 5 * True": Verdict.MALFORMED,
    "+10 + 5 * 1": Verdict.MALFORMED,
    "\N{FULLWIDTH DIGIT ONE}0 + 5 * 1": Verdict.MALFORMED,
    "10 + \N{ARABIC-INDIC DIGIT FIVE} * 1": Verdict.MALFORMED,
    "10 \N{MULTIPLICATION SIGN} 1 + 5": Verdict.MALFORMED,
    "\\frac{10+5}{1}": Verdict.MALFORMED,
    "\\boxed{15}": Verdict.MALFORMED,
    "inf": Verdict.MALFORMED,
    "nan": Verdict.MALFORMED,
    # Whitespace and control characters.
    "10 + 5\n* 1": Verdict.MALFORMED,
    "10\t+ 5 * 1": Verdict.MALFORMED,
    "10 + 5 * 1\0": Verdict.MALFORMED,
    "10 +\N{NO-BREAK SPACE}5 * 1": Verdict.MALFORMED,
    "10 + 5 * 1 \\": Verdict.MALFORMED,
    # Code.
    "__import__('os').system('touch pwned')": Verdict.MALFORMED,
    "open('pwned', 'w')": Verdict.MALFORMED,
    "exit()": Verdict.MALFORMED,
    "lambda: 15": Verdict.MALFORMED,
    "[x for x in (15,)][0]": Verdict.MALFORMED,
    "().__class__.__base__": Verdict.MALFORMED,
    # Structure inside the answer.
    "<answer> ( 10 + 5 ) * 1": Verdict.MALFORMED,
    "</answer> <answer> ( 10 + 5 ) * 1": Verdict.MALFORMED,
    "</think> ( 10 + 5 ) * 1": Verdict.MALFORMED,
    "<eos> ( 10 + 5 ) * 1": Verdict.MALFORMED,
    "": Verdict.NO_ANSWER,
    "   ": Verdict.NO_ANSWER,
    # No value, and too much of it.
    "( 10 + 5 ) / ( 1 - 1 )": Verdict.WRONG,
    "10 / 0": Verdict.WRONG,
    "9" * 13: Verdict.TOO_LARGE,
    "9" * 10**5: Verdict.TOO_LARGE,
    "(" * 33 + "15" + ")" * 33: Verdict.TOO_LARGE,
    "( 10 + 5 ) * 1" + " - 0" * 60: Verdict.TOO_LARGE,
}


@pytest.mark.parametrize(("text", "verdict"), ATTACKS.items())
def test_attacks_on_the_answer(text, verdict, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert verify_countdown(GOLD, answer(text)) is verdict
    assert Countdown().verify(GOLD, answer(text)) is verdict
    assert not list(tmp_path.iterdir())  # nothing was run


RIGHT_ANSWER = "<answer> ( 10 + 5 ) * 1 </answer>"


@pytest.mark.parametrize(
    "completion",
    [
        "( 10 + 5 ) * 1",
        "<answer> 10 - 5 + 1 </answer>" + RIGHT_ANSWER,
        RIGHT_ANSWER + "<answer> 10 - 5 + 1 </answer>",
        RIGHT_ANSWER * 2,
        f"<think> {RIGHT_ANSWER} </think>",
        f"<think> {RIGHT_ANSWER}",
        f"<think> {RIGHT_ANSWER} </think> <answer> 10 </answer>",
        f"{RIGHT_ANSWER} <think> a </think>",
        f"{RIGHT_ANSWER} or not",
        f"{RIGHT_ANSWER} <eos> <eos>",
        RIGHT_ANSWER.replace("</answer>", ""),
        RIGHT_ANSWER.upper(),
        RIGHT_ANSWER.replace("<", "< "),
    ],
)
def test_a_right_answer_in_the_wrong_place_pays_nothing(completion):
    assert verify_countdown(GOLD, completion) in (Verdict.NO_ANSWER, Verdict.MALFORMED)


answers = st.lists(
    st.sampled_from([*"0123456789+-*/() ", "10", "5", "1", "**", "<answer>", "</answer>"]),
    max_size=30,
).map("".join)


@settings(max_examples=1000, deadline=None)
@given(st.text() | answers.map(answer) | answers)
def test_any_text_gets_a_verdict_in_10_ms(completion):
    def seconds() -> float:
        start = time.thread_time()
        assert isinstance(verify_countdown(GOLD, completion), Verdict)
        return time.thread_time() - start

    assert seconds() < 0.010 or min(seconds() for _ in range(5)) < 0.010


def test_constant_answers_pay_nothing():
    """The sweep that would have found graders which pay 1.0 for "0" on every row."""
    problems = take(Countdown(n_numbers=2), 60)
    constants = [str(n) for n in range(100)] + ["", "nan", "inf", "yes", "no", "None", "0 / 0"]
    for text in constants:
        assert all(
            verify_countdown(problem.gold, answer(text)) is not Verdict.CORRECT
            for problem in problems
        )
    for problem, other in itertools.permutations(problems[:40], 2):
        verdict = verify_countdown(problem.gold, answer(other.solution))
        same = sorted(problem.gold["numbers"]) == sorted(other.gold["numbers"])
        same = same and problem.gold["target"] == other.gold["target"]
        assert (verdict is Verdict.CORRECT) == same


@pytest.mark.parametrize(
    ("gold", "field"),
    [
        (None, "gold = None"),
        ("15", "gold = '15'"),
        ([10, 5, 1], "gold = "),
        ({}, "gold.numbers = None"),
        ({"numbers": [], "target": 5}, r"gold.numbers = \[\]"),
        ({"numbers": "10 5 1", "target": 5}, "gold.numbers = '10 5 1'"),
        ({"numbers": [1, 2.0], "target": 5}, "gold.numbers"),
        ({"numbers": [1, True], "target": 5}, "gold.numbers"),
        ({"numbers": [1, "2"], "target": 5}, "gold.numbers"),
        ({"numbers": [1, -2], "target": 5}, "gold.numbers"),
        ({"numbers": [1, 10**12], "target": 5}, "gold.numbers"),
        ({"numbers": [1, None], "target": 5}, "gold.numbers"),
        ({"numbers": [1, 2]}, "gold.target = None"),
        ({"numbers": [1, 2], "target": "3"}, "gold.target = '3'"),
        ({"numbers": [1, 2], "target": 3.0}, "gold.target"),
        ({"numbers": [1, 2], "target": True}, "gold.target"),
        ({"numbers": [1, 2], "target": float("nan")}, "gold.target"),
        ({"numbers": [1, 2], "target": 3, "ops": ""}, "gold.ops = ''"),
        ({"numbers": [1, 2], "target": 3, "ops": "+^"}, r"gold.ops = '\+\^'"),
        ({"numbers": [1, 2], "target": 3, "ops": None}, "gold.ops"),
        ({"numbers": [1, 2], "target": 3, "max_value": -1}, "gold.max_value = -1"),
        ({"numbers": [1, 2], "target": 3, "max_value": "9"}, "gold.max_value"),
    ],
)
@pytest.mark.parametrize("completion", ["", answer("1 + 2")])
def test_a_broken_gold_is_an_error_whatever_the_answer(gold, field, completion):
    with pytest.raises(ValueError, match=f"^{field}.* can't be used: give "):
        verify_countdown(gold, completion)


def test_verdicts_are_the_same_in_threads():
    """Graders that time out by a signal pay 0 for everything off the main thread."""
    problems = take(Countdown(), 200)
    names = set()

    def judge(problem) -> Verdict:
        names.add(threading.current_thread().name)
        return verify_countdown(problem.gold, answer(problem.solution))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(judge, problems)) == {Verdict.CORRECT}
    assert threading.main_thread().name not in names


def test_everything_pickles():
    problem = take(Countdown(), 1)[0]
    things = [problem, Countdown(), Verdict.CORRECT, parse(answer("1"))]
    assert pickle.loads(pickle.dumps(things)) == things
