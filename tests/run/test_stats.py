"""Intervals against closed forms, brute force, and what they promise: 95% coverage."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from minir1.run.stats import (
    Interval,
    majority,
    mean,
    over_seeds,
    paired_difference,
    pass_at_k,
    seed_difference,
    share,
    wilson,
)


@st.composite
def samples_and_right(draw):
    n = draw(st.integers(1, 9))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(samples_and_right())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_one(case):
    n, c, k = case
    subsets = list(itertools.combinations([1] * c + [0] * (n - c), k))
    assert math.isclose(pass_at_k(n, c, k), sum(map(any, subsets)) / len(subsets), abs_tol=1e-12)


@given(samples_and_right())
def test_pass_at_k_has_its_known_ends_and_never_falls_with_k(case):
    n, c, _ = case
    values = [pass_at_k(n, c, k) for k in range(1, n + 1)]
    assert math.isclose(values[0], c / n, abs_tol=1e-12)
    assert values[-1] == (1.0 if c else 0.0)
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(values))


def test_pass_at_k_holds_where_binomials_overflow_a_float():
    exact = 1 - math.comb(9990, 5000) / math.comb(10000, 5000)
    assert math.isclose(pass_at_k(10000, 10, 5000), exact, rel_tol=1e-9)


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, -1, 1), (4, 1, 0), (4, 1, 5)])
def test_impossible_counts_are_refused(n, c, k):
    with pytest.raises(ValueError, match="needs 0 <= c <= n"):
        pass_at_k(n, c, k)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_its_closed_form(case):
    successes, n = case
    z, p = scipy_stats.norm.ppf(0.975), successes / n
    center = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found = wilson(successes, n)
    assert found.value == p
    assert math.isclose(found.low, max(0, center - half), abs_tol=1e-9)
    assert math.isclose(found.high, min(1, center + half), abs_tol=1e-9)


def test_the_bootstrap_agrees_with_the_normal_interval_of_many_values():
    values = np.random.default_rng(1).normal(10, 3, size=400)
    found = mean([[value] for value in values])
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.05)
    assert found.high == pytest.approx(values.mean() + half, abs=0.05)


def test_clustering_covers_the_truth_where_independent_samples_would_not():
    """Problems are easy or hard; 16 samples of one problem say little about the next."""
    random = np.random.default_rng(0)
    covered = {"clustered": 0, "as if independent": 0}
    for trial in range(150):
        chance = random.beta(0.5, 0.5, size=40)  # its mean is 0.5
        groups = (random.random((40, 16)) < chance[:, None]).astype(float)
        for name, interval in [
            ("clustered", share(groups.tolist(), seed=trial)),
            ("as if independent", wilson(int(groups.sum()), groups.size)),
        ]:
            covered[name] += interval.low <= 0.5 <= interval.high
    assert covered["clustered"] >= 0.89 * 150
    assert covered["as if independent"] <= 0.6 * 150


def test_a_share_without_spread_is_never_certain():
    assert share([[0, 0]] * 20) == share([[0]] * 20) == wilson(0, 20)
    assert share([[1, 1]] * 20).low < 0.9
    assert share([[1], [0], [1]]) == wilson(2, 3)


def test_each_problem_counts_once_however_many_samples_it_has():
    assert mean([[0], [1] * 99]).value == 0.5


def test_pairing_removes_what_both_sides_share():
    random = np.random.default_rng(2)
    difficulty = random.normal(0, 5, size=60)
    before = [[value] for value in difficulty]
    after = [[value + 1] for value in difficulty + random.normal(0, 0.1, size=60)]
    paired = paired_difference(before, after)
    assert 0.9 < paired.low <= paired.value <= paired.high < 1.1
    assert mean(after).low < mean(before).high  # unpaired, they could not be told apart
    with pytest.raises(ValueError, match="60 problems before and 59 after"):
        paired_difference(before, after[1:])


def test_the_same_seed_gives_the_same_interval():
    groups = [[0.0, 1.0], [1.0], [0.0], [3.0]]
    assert mean(groups, seed=3) == mean(groups, seed=3)
    assert mean(groups, seed=3).value == mean(groups, seed=4).value


@pytest.mark.parametrize("groups", [[], [[]], [[1], []]])
def test_no_values_are_refused(groups):
    with pytest.raises(ValueError, match="one or more"):
        mean(groups)


def test_one_problem_has_no_interval():
    with pytest.raises(ValueError, match="2 problems or more"):
        mean([[1, 2, 3]])


def test_seeds_by_hand():
    """Differences 1, 2, 3: mean 2, standard error 1/sqrt(3), t(2 degrees) = 4.302653."""
    found = seed_difference([10, 10, 10], [11, 12, 13])
    half = 4.302653 / math.sqrt(3)
    assert found.interval.low == pytest.approx(2 - half, abs=1e-5)
    assert found.interval.high == pytest.approx(2 + half, abs=1e-5)
    assert (found.wins, found.losses) == (3, 0)
    assert found.sign_p == pytest.approx(2 / 2**3)
    assert found.wilcoxon_p == pytest.approx(2 / 2**3)


def test_equal_seeds_show_no_difference():
    found = seed_difference([1, 2], [1, 2])
    assert found.interval == Interval(0.0, 0.0, 0.0)
    assert (found.sign_p, found.wilcoxon_p, found.wins, found.losses) == (1, 1, 0, 0)
    with pytest.raises(ValueError, match="same 2 or more"):
        seed_difference([1], [1])


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["7", "9", "( 1 + 2 )", None]), max_size=9))
def test_majority_wins_and_the_first_wins_a_tie(answers):
    winner = majority(answers)
    votes = Counter(answer for answer in answers if answer is not None)
    if not votes:
        assert winner is None
        return
    tied = [answer for answer in answers if votes.get(answer) == max(votes.values())]
    assert winner == tied[0]


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8), st.floats(0.5, 0.99))
def test_an_interval_over_seeds_is_scipys(values, level):
    found, n = over_seeds(values, level), len(values)
    assert found.low <= found.value <= found.high
    if np.ptp(values) > 1e-6:
        ends = scipy_stats.t.interval(level, n - 1, np.mean(values), scipy_stats.sem(values))
        assert (found.low, found.high) == pytest.approx(ends, abs=1e-9)


def test_one_seed_has_no_interval():
    with pytest.raises(ValueError, match="1 seeds have no spread"):
        over_seeds([0.5])


def test_an_interval_is_written_in_the_format_that_is_asked_for():
    found = Interval(0.25, -0.125, 0.5)
    assert f"{found:+.1%}" == "+25.0% [-12.5%, +50.0%]"
    assert f"{found}" == str(found) == "0.250 [-0.125, 0.500]"
