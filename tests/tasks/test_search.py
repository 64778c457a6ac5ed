"""Blind search: its exact probabilities, and expressions that evaluate to what they claim."""

import itertools
import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.tasks.expression import Value, evaluate, stays_in_range
from minir1.tasks.search import (
    Try,
    all_tries,
    apply,
    blind_accuracy,
    chance_of,
    ordered_tries,
    random_try,
)

NUMBERS = st.lists(st.integers(1, 12), min_size=2, max_size=4)
THREE = st.lists(st.integers(1, 12), min_size=2, max_size=3)


@given(st.integers(0, 120), st.sampled_from("+-*/"), st.integers(0, 120), st.sampled_from([99, 30]))
def test_apply_gives_a_whole_number_in_range_or_nothing(a, op, b, max_value):
    exact = evaluate(f"{a} {op} {b}")
    legal = isinstance(exact, Value) and stays_in_range(exact, max_value)
    assert apply(a, op, b, max_value) == (exact.value if legal else None)


@given(NUMBERS, st.integers(0, 10**9), st.sampled_from(["+-*", "+-", "+-*/"]))
def test_the_expression_of_a_try_evaluates_to_its_value(numbers, seed, ops):
    one = random_try(random.Random(seed), numbers, ops, 99)
    assert len(one.steps) == len(numbers) - 1
    value = evaluate(one.expression)
    assert isinstance(value, Value)
    assert value.value == one.value
    assert list(value.numbers) == sorted(numbers)
    assert value.ops <= set(ops) and stays_in_range(value, 99)


def test_an_expression_with_equal_values_uses_each_number_once():
    """3 + 3 makes a second 6: whichever of the two is meant, the value is the same."""
    one = Try(((3, "+", 3, 6), (6, "-", 6, 0), (0, "+", 2, 2)))
    value = evaluate(one.expression)
    assert isinstance(value, Value) and value.value == 2 and value.numbers == (2, 3, 3, 6)


@given(THREE, st.sampled_from(["+-*", "+-", "-*", "+-*/"]), st.sampled_from([99, 40]))
def test_the_chances_of_all_tries_sum_to_one(numbers, ops, max_value):
    tries = all_tries(tuple(numbers), ops, max_value)
    assert math.isclose(sum(tries.values()), 1.0, rel_tol=1e-12)
    assert all(chance > 0 for chance in tries.values())


@pytest.mark.parametrize("numbers", [(5, 3, 12), (2, 2, 7), (11, 12, 10)])
def test_the_chances_are_those_of_random_try(numbers):
    rng, draws = random.Random(1), 20_000
    exact = all_tries(numbers, "+-*", 99)
    seen = Counter(random_try(rng, numbers, "+-*", 99) for _ in range(draws))
    assert set(seen) <= set(exact)
    # Pearson's chi-square over the tries: mean n - 1, deviation sqrt(2 (n - 1)).
    chi = sum((seen[one] - draws * p) ** 2 / (draws * p) for one, p in exact.items())
    freedom = len(exact) - 1
    assert abs(chi - freedom) < 5 * math.sqrt(2 * freedom)


@pytest.mark.parametrize(
    ("numbers", "target"), [((5, 3, 12), 20), ((1, 6), 7), ((2, 3, 4, 5), 14), ((7, 7, 7), 1)]
)
def test_chance_of_a_target_against_drawing(numbers, target):
    rng, draws = random.Random(2), 10_000
    p = chance_of(numbers, target, "+-*", 99)
    hits = sum(random_try(rng, numbers, "+-*", 99).value == target for _ in range(draws))
    assert hits / draws == pytest.approx(p, abs=5 * math.sqrt(max(p, 1e-4) / draws))


def test_chance_of_by_hand():
    # From 3 and 2: 3+2, 3-2, 3*2, 2+3, 2*3. 2-3 is below 0.
    assert chance_of((3, 2), 5, "+-*", 99) == pytest.approx(2 / 5)
    assert chance_of((3, 2), 1, "+-*", 99) == pytest.approx(1 / 5)
    assert chance_of((3, 2), 9, "+-*", 99) == 0.0


@given(THREE, st.integers(0, 40))
@settings(max_examples=25)
def test_the_order_of_the_numbers_changes_no_chance(numbers, target):
    chances = [chance_of(p, target, "+-*", 99) for p in itertools.permutations(numbers)]
    assert chances == pytest.approx([chances[0]] * len(chances))


def test_a_key_forgets_the_order_of_terms_and_factors_and_nothing_else():
    def key(text: str) -> tuple:
        return Try(tuple((int(s[0]), s[1], int(s[2]), int(s[4:])) for s in text.split())).key

    assert key("3+4=7 7*2=14") == key("4+3=7 2*7=14") == key("4+3=7 7*2=14")
    assert key("7-4=3") != key("4-7=3")
    assert key("8/2=4") != key("2/8=4")
    assert key("3+4=7") != key("3*4=7")
    assert key("3+4=7 7*2=14") != key("3+4=7 7+2=9")


@given(THREE, st.sampled_from(["+-*", "*+", "-+"]))
@settings(max_examples=40)
def test_the_ordered_tries_are_every_distinct_try_once(numbers, ops):
    ordered = ordered_tries(numbers, ops, 99)
    keys = [one.key for one in ordered]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {one.key for one in all_tries(tuple(numbers), ops, 99)}
    assert set(ordered) <= set(all_tries(tuple(numbers), ops, 99))


@given(st.floats(0, 1), st.integers(0, 20))
def test_the_blind_curve_is_the_chance_of_not_missing_n_times(chance, n):
    missed = math.prod([1 - chance] * n)
    assert blind_accuracy(chance, n) == pytest.approx(1 - missed)


def test_the_blind_curve_between_whole_tries():
    assert blind_accuracy(0.0, 5) == 0.0
    assert blind_accuracy(1.0, 1) == 1.0
    assert blind_accuracy(0.75, 0.5) == 0.5


def test_numbers_without_a_legal_try_are_an_error_that_says_so():
    with pytest.raises(ValueError, match=r"numbers = \(60, 60\).*'\+'.*0\.\.99: allow more"):
        random_try(random.Random(0), (60, 60), "+", 99)


def test_the_same_seed_draws_the_same_tries():
    first, again = random.Random(3), random.Random(3)
    for _ in range(20):
        assert random_try(first, (5, 3, 12), "+-*", 99) == random_try(again, (5, 3, 12), "+-*", 99)
