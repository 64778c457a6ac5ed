"""Votes and picks from a pool, against every subset written out, and against closed forms."""

import random
from collections import Counter
from itertools import combinations
from math import comb, factorial, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.run.stats import pass_at_k
from minir1.run.subsets import LARGEST, best_at, majority_at, winning

POOLS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)


def voted(subset):
    """The vote of one subset: equal winners share, a winner is worth its own right share."""
    votes = Counter(key for key, _, _ in subset if key is not None)
    top = max(votes.values(), default=0)
    winners = [key for key, count in votes.items() if count == top]
    worth = [[right for key, right, _ in subset if key == winner] for winner in winners]
    return sum(sum(some) / len(some) for some in worth) / len(worth) if worth else 0.0


@given(pool=POOLS, data=st.data())
def test_every_subset_written_out(pool, data):
    n = data.draw(st.integers(1, len(pool)))
    keys, right, scores = zip(*pool, strict=True)
    subsets = list(combinations(pool, n))
    expected = sum(map(voted, subsets)) / len(subsets)
    assert majority_at(keys, right, n) == pytest.approx(expected)
    picked = []
    for subset in subsets:
        top = max(score for _, _, score in subset)
        best = [float(value) for _, value, score in subset if score == top]
        picked.append(sum(best) / len(best))
    assert best_at(scores, right, n) == pytest.approx(sum(picked) / len(picked))
    # A verifier is a score: 1 for right. Its best of n is pass@n.
    c = sum(right)
    assert best_at(right, right, n) == pytest.approx(pass_at_k(len(pool), c, n))


@given(counts=st.lists(st.integers(1, 9), max_size=6), blanks=st.integers(0, 5), data=st.data())
def test_someone_wins_unless_all_are_blank(counts, blanks, data):
    size = sum(counts) + blanks
    n = data.draw(st.integers(1, max(1, size)))
    chances = winning(counts, blanks, n) if size else []
    empty = comb(blanks, n) / comb(size, n) if size else 1.0
    assert sum(chances) == pytest.approx(1 - empty)
    ordered = [chance for _, chance in sorted(zip(counts, chances, strict=True))]
    assert ordered == sorted(ordered)  # more copies never win less


def mixture_vote(chances, right, n):
    """The vote of n fresh samples of a known mixture: all counts, by the multinomial law."""

    def counts(left, kinds):
        if kinds == 1:
            yield (left,)
            return
        for one in range(left + 1):
            for rest in counts(left - one, kinds - 1):
                yield (one, *rest)

    total = 0.0
    for some in counts(n, len(chances)):
        ways = factorial(n) / prod(map(factorial, some))
        weight = ways * prod(p**m for p, m in zip(chances, some, strict=True))
        winners = [r for r, m in zip(right, some, strict=True) if m == max(some)]
        total += weight * sum(winners) / len(winners)
    return total


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_it_is_unbiased_for_a_mixture_that_is_known(n):
    """Over all pools of 6 by their chance: the estimate is the truth of n fresh samples."""
    chances, right, size = [0.5, 0.3, 0.2], [1.0, 0.0, 0.0], 6
    mean = 0.0
    for a in range(size + 1):
        for b in range(size + 1 - a):
            c = size - a - b
            ways = factorial(size) / (factorial(a) * factorial(b) * factorial(c))
            chance = ways * 0.5**a * 0.3**b * 0.2**c
            keys = "a" * a + "b" * b + "c" * c
            mean += chance * majority_at(list(keys), [key == "a" for key in keys], n)
    assert mean == pytest.approx(mixture_vote(chances, right, n))


def test_the_best_of_n_by_a_score_that_is_the_rank():
    """The largest of n of the numbers 0..m-1 is n (m + 1) / (n + 1) - 1 on average."""
    ranks = [float(i) for i in range(9)]
    for n in (1, 4, 9):
        assert best_at(ranks, ranks, n) == pytest.approx(n * 10 / (n + 1) - 1)


def test_a_large_pool_keeps_its_digits():
    """Two answers, 128 each, and 256 drawn or an odd number: half is half."""
    keys = ["a", "b"] * 128
    for n in (1, 64, 101, 256):
        assert majority_at(keys, [key == "a" for key in keys], n) == pytest.approx(0.5)
    drawn = random.Random(0).sample(["a"] * 600 + ["b"] * 400, LARGEST)
    assert majority_at(drawn, [key == "a" for key in drawn], 501) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("n", [0, 4])
def test_more_than_there_are_can_t_be_drawn(n):
    with pytest.raises(
        ValueError, match=rf"n = {n} of a pool of 3 samples can't be used: use 1 to"
    ):
        majority_at(["a"] * 3, [1] * 3, n)
    with pytest.raises(ValueError, match="pools of at most 1000"):
        best_at([1] * 1001, [1] * 1001, 2)
