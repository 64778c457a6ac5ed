"""Reading a trace: the inverse of writing one, and no text at all can break it."""

import itertools
import random
import time

from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks.search import Try, random_try
from minir1.text.trace import (
    TraceStats,
    WrittenTry,
    is_right,
    read_tries,
    trace_stats,
    write_try,
)

STEP = st.tuples(
    st.integers(0, 99), st.sampled_from("+-*/"), st.integers(0, 99), st.integers(0, 99)
)
TRY = st.lists(STEP, min_size=1, max_size=4).map(lambda steps: Try(tuple(steps)))
WRITTEN = st.tuples(TRY, st.sampled_from(["", "yes", "no"]))


@given(st.lists(WRITTEN), st.integers(0, 99))
def test_reading_is_the_inverse_of_writing(tries, target):
    think = " ; ".join(write_try(one, target, said) for one, said in tries)
    assert read_tries(think) == [WrittenTry(one, said) for one, said in tries]


def test_the_grammar_s_own_example():
    think = "10 - 5 = 5 , 5 * 1 = 5 ? 15 no ; 10 + 5 = 15 , 15 * 1 = 15 ? 15 yes"
    assert trace_stats(think, [10, 5, 1], 15) == TraceStats(
        tries=2, checks=2, retries=1, distinct_tries=2, first_try_right=False, truthful_checks=2
    )


def test_each_count_by_hand():
    wrong, right = "10 - 5 = 5 , 5 * 1 = 5", "10 + 5 = 15 , 15 * 1 = 15"
    same, lie = "1 * 5 = 5 , 10 - 5 = 5", "5 + 10 = 15 , 1 * 15 = 15"
    cases = {
        right: (1, 0, 0, 1, True, 0),
        f"{right} ? 15 yes": (1, 1, 0, 1, True, 1),
        f"{right} ? 15 no": (1, 1, 0, 1, True, 0),  # a lie, and nothing after it to retry
        f"{wrong} ? 15 yes ; {right}": (2, 1, 0, 2, False, 0),
        f"{wrong} ? 15 no ; {wrong} ? 15 no ; {right}": (3, 2, 2, 2, False, 2),
        f"{wrong} ; {same} ; {right} ; {lie}": (4, 0, 0, 3, False, 0),  # lie = right, reordered
        f"{wrong} ; ? 15 no ; , ; {right}": (2, 1, 0, 2, False, 0),  # a check of no try
        "yes yes 15 = 15": (0, 0, 0, 0, False, 0),
    }
    for think, counts in cases.items():
        assert trace_stats(think, [10, 5, 1], 15) == TraceStats(*counts), think


def brute_force_right(one: Try, numbers: list[int], target: int, max_value: int) -> bool:
    """Is there any sequence of legal moves on a list of numbers that makes these steps?"""
    pool = list(numbers)
    for a, op, b, c in one.steps:
        for x in (a, b):
            if x not in pool:
                return False
            pool.remove(x)
        if op == "/" and (b == 0 or a % b):
            return False
        value = {"+": a + b, "-": a - b, "*": a * b, "/": a // b if b else -1}[op]
        if value != c or not 0 <= c <= max_value:
            return False
        pool.append(c)
    return pool == [target]


NUMBERS = st.lists(st.integers(0, 6), min_size=2, max_size=4)


@given(NUMBERS, st.integers(0, 9), st.integers(0, 10**6), st.data())
def test_is_right_agrees_with_playing_the_moves(numbers, target, seed, data):
    one = random_try(random.Random(seed), numbers, "+-*", 99)
    if data.draw(st.booleans()):  # damage one place of one step
        index = data.draw(st.integers(0, len(one.steps) - 1))
        place, value = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 9))
        step = list(one.steps[index])
        step[place] = "+-*/"[value % 4] if place == 1 else value
        one = Try((*one.steps[:index], tuple(step), *one.steps[index + 1 :]))
    if data.draw(st.booleans()):
        target = one.value
    if data.draw(st.booleans()):  # a step too few
        one = Try(one.steps[: max(1, len(one.steps) - 1)])
    for max_value in (99, 9):
        expected = brute_force_right(one, numbers, target, max_value)
        assert is_right(one, numbers, target, max_value) == expected


def test_is_right_on_all_pairs_of_steps():
    """Small enough to try everything: two steps over 0..3, on the numbers 3, 2 and 1."""
    steps = list(itertools.product(range(4), "+-", range(4), range(4)))
    pairs = [Try(pair) for pair in itertools.product(steps, steps)]
    expected = [brute_force_right(pair, [3, 2, 1], 2, 99) for pair in pairs]
    assert [is_right(pair, [3, 2, 1], 2) for pair in pairs] == expected
    right = {pair.expression for pair, ok in zip(pairs, expected, strict=True) if ok}
    assert right == {"( 3 - 2 ) + 1", "3 - ( 2 - 1 )"}


NEARLY = st.lists(
    st.sampled_from(
        ["10 + 5 = 15", ",", ";", "?", "15", "no", "yes", "? 15 no", "=", "1 / 0 = 0", "٣ + ٣ = ٦"]
    )
).map(" ".join)


@given(st.text() | NEARLY, st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_any_text_gives_stats(text, numbers):
    stats = trace_stats(text, numbers, 15)
    assert 0 <= stats.distinct_tries <= stats.tries
    assert 0 <= stats.retries <= stats.tries
    assert 0 <= stats.truthful_checks <= stats.checks
    assert not stats.first_try_right or stats.tries


def test_the_time_is_linear_in_the_text():
    """Each of these costs quadratic time in a careless regex or a careless count."""
    nasty = ["9", "9 ", "1 + ", "10 + 5 = 15 , ", "1 + 1 = 2 ; ", "? 15 ", "? 15 no ", ";"]
    for piece in nasty:
        text = piece * (300_000 // len(piece))
        started = time.process_time()
        trace_stats(text, [10, 5, 1], 15)
        assert time.process_time() - started < 2.0, piece
