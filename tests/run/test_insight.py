"""Patience or insight: the blind searcher's closed forms, and searchers whose truth is known."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.config import TaskConfig
from minir1.run.evaluate import heldout_problems
from minir1.run.insight import CURVE, BlindSearch, insight
from minir1.tasks.search import all_tries, chance_of

PROBLEMS = heldout_problems(TaskConfig(), 150)
CHANCES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5)


@given(CHANCES, st.integers(0, 60))
@settings(max_examples=40)
def test_the_closed_forms_are_sums_over_tries(chances, cap):
    """Solved: the hit comes at try 1, 2 ... or cap. Made: every try before it is made, too."""
    blind = BlindSearch(chances)
    for row, p in enumerate(chances):
        hits = [(1 - p) ** (i - 1) * p for i in range(1, cap + 1)]
        made = sum(i * hit for i, hit in enumerate(hits, 1)) + cap * (1 - p) ** cap
        assert blind.solved[row, cap] == pytest.approx(sum(hits), abs=1e-9)
        assert blind.made[row, cap] == pytest.approx(made, abs=1e-8)


def test_the_closed_forms_against_drawing():
    rng, draws, chances, cap = np.random.default_rng(0), 40_000, [0.05, 0.3, 0.9], 6
    for row, p in enumerate(chances):
        first_hit = rng.geometric(p, draws)
        made = np.minimum(first_hit, cap)
        blind = BlindSearch(chances)
        assert blind.solved[row, cap] == pytest.approx((first_hit <= cap).mean(), abs=0.015)
        assert blind.made[row, cap] == pytest.approx(made.mean(), abs=0.05)


def test_a_problem_that_no_try_solves_is_never_solved():
    blind = BlindSearch([0.0, 0.0])
    assert blind.at_cap(100) == pytest.approx(0.0, abs=1e-6)
    assert blind.made[:, 100] == pytest.approx([100, 100], abs=1e-3)


@given(CHANCES, st.floats(0, 20))
@settings(max_examples=40)
def test_the_strict_rule_is_above_the_lenient_one(chances, tries):
    """A searcher that stops at a hit saves tries for the hard problems."""
    blind = BlindSearch(chances)
    assert blind.at_same_tries(tries) >= blind.at_cap(tries) - 1e-9
    assert blind.at_cap(0) == blind.at_same_tries(0) == 0.0


def test_the_two_rules_by_hand():
    blind = BlindSearch([0.5, 1.0])
    # Cap 2: solved .75 and 1, made 1.5 and 1.
    assert blind.at_cap(2) == pytest.approx(0.875)
    assert blind.at_same_tries(1.25) == pytest.approx(0.875)
    assert blind.at_cap(1.5) == pytest.approx((0.75 + 0.875) / 2)  # between two caps, a line
    assert blind.at_cap(2, np.array([1.0, 0.0])) == pytest.approx(0.75)  # the first one counts


def searcher_rows(rng: random.Random, cap: int, repeats: bool) -> list[dict]:
    """What a searcher that checks without error and stops at a hit does on the problems."""
    rows = []
    for problem in PROBLEMS:
        numbers, target = problem.gold["numbers"], problem.gold["target"]
        chances = all_tries(tuple(numbers), "+-*", 99)
        pool, seen, made, solved = list(chances), set(), 0, False
        while made < cap and not solved and (repeats or len(seen) < len(pool)):
            (one,) = rng.choices(pool, list(chances.values()))
            if not repeats and one in seen:
                continue
            seen.add(one)
            made += 1
            solved = one.value == target
        verdict = "CORRECT" if solved else "WRONG"
        rows.append({"gold": problem.gold, "verdict": verdict, "tries": made})
    return rows


@pytest.mark.parametrize("cap", [3, 12])
def test_a_blind_searcher_has_no_surplus(cap):
    covered = []
    for seed in range(4):
        result = insight(searcher_rows(random.Random(seed), cap, repeats=True), "+-*", 99)
        surplus = result["surplus"]
        assert abs(surplus["value"]) < 0.12
        covered.append(surplus["low"] <= 0 <= surplus["high"])
    assert sum(covered) >= 3  # an interval of 95% misses one time in twenty


def test_a_searcher_without_repeats_has_a_surplus():
    """It makes as many tries and wastes none; here it goes on until nearly all are made."""
    result = insight(searcher_rows(random.Random(0), 40, repeats=False), "+-*", 99)
    assert result["surplus"]["low"] > 0
    assert result["surplus_at_same_cap"]["value"] >= result["surplus"]["value"]


def test_a_searcher_that_aims_has_a_surplus_and_one_that_answers_anything_none():
    gold = [problem.gold for problem in PROBLEMS]
    aims = [{"gold": one, "verdict": "CORRECT", "tries": 1} for one in gold]
    result = insight(aims, "+-*", 99)
    blind = np.mean([chance_of(g["numbers"], g["target"], "+-*", 99) for g in gold])
    assert result["accuracy"] == 1.0 and result["tries"] == 1.0
    assert result["blind_at_same_tries"] == pytest.approx(blind)
    assert result["surplus"]["value"] == pytest.approx(1 - blind)
    never = [{"gold": one, "verdict": "WRONG", "tries": 0} for one in gold]
    assert insight(never, "+-*", 99)["surplus"]["value"] == 0.0


def test_the_curves():
    rows = searcher_rows(random.Random(1), 8, repeats=True)
    result = insight(rows, "+-*", 99)
    right = [row["verdict"] == "CORRECT" for row in rows]
    for (n, value, low, high), m in zip(result["policy_curve"], CURVE, strict=True):
        solved = sum(ok and row["tries"] <= m for ok, row in zip(right, rows, strict=True))
        assert n == m and value == pytest.approx(solved / len(rows))
        assert low <= value <= high
    p = [chance_of(o.gold["numbers"], o.gold["target"], "+-*", 99) for o in PROBLEMS]
    for n, share in result["blind_curve"]:
        assert share == pytest.approx(np.mean([1 - (1 - q) ** n for q in p]), abs=1e-6)
    made, shares = zip(*result["blind_curve_by_tries_made"], strict=True)
    assert list(shares) == [share for _, share in result["blind_curve"]]
    assert all(m <= n for m, n in zip(made, CURVE, strict=True))


def test_more_samples_of_the_same_problems_are_not_more_problems():
    """Each problem four times over: the same interval, since the same problems were drawn."""
    rows = searcher_rows(random.Random(2), 5, repeats=True)
    copies = [row for row in rows for _ in range(4)]
    once, often = insight(rows, "+-*", 99), insight(copies, "+-*", 99, samples=4)
    for name in ("surplus", "surplus_at_same_cap"):
        assert often[name] == pytest.approx(once[name], abs=1e-9)
    width = [c[3] - c[2] for c in (once["policy_curve"][-1], often["policy_curve"][-1])]
    assert width[1] == pytest.approx(width[0], rel=0.25)  # Wilson's against the bootstrap's
    assert not math.isclose(width[1], width[0] / 2, rel_tol=0.3)


def test_the_interval_is_that_of_problems_drawn_again():
    """Six problems, so that each weight tells: every draw written out as a list of problems."""
    rows = searcher_rows(random.Random(4), cap=3, repeats=True)[:6]
    golds = [row["gold"] for row in rows]
    chances = [chance_of(tuple(g["numbers"]), g["target"], "+-*", 99) for g in golds]
    right = np.array([row["verdict"] == "CORRECT" for row in rows])
    tries = np.array([row["tries"] for row in rows])
    draws = []
    for counts in np.random.default_rng(0).multinomial(6, [1 / 6] * 6, size=1000):
        drawn = np.repeat(np.arange(6), counts)
        blind = BlindSearch([chances[i] for i in drawn])
        draws.append(right[drawn].mean() - blind.at_same_tries(float(tries[drawn].mean())))
    found = insight(rows, "+-*", 99)["surplus"]
    ends = np.percentile(draws, [2.5, 97.5])
    assert (found["low"], found["high"]) == pytest.approx(tuple(ends), abs=1e-9)
