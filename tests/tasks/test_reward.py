"""Reward parts and their sum."""

import itertools
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks import Verdict, parse, score
from minir1.tasks.reward import PARTS, SHAPING, Reward

FORMATTED = parse("<think> a </think> <answer> 5 </answer>")
BARE = parse("<answer> 5 </answer>")


def weights(accuracy: float, format: float) -> SimpleNamespace:
    return SimpleNamespace(accuracy=accuracy, format=format)


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("parsed", [FORMATTED, BARE])
def test_parts_are_zero_or_one_and_the_total_is_their_weighted_sum(verdict, parsed):
    reward = score(verdict, parsed, weights(1.0, 0.25))
    right, formatted = verdict is Verdict.CORRECT, parsed is FORMATTED
    assert reward.parts == {"accuracy": float(right), "format": float(formatted)}
    assert reward.total == 1.0 * right + 0.25 * formatted


@pytest.mark.parametrize("total", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_not_finite_is_refused_where_it_is_made(total):
    with pytest.raises(ValueError, match="pay a finite number"):
        Reward({"mine": total}, total)


def test_only_correct_earns_accuracy():
    paid = [verdict for verdict in Verdict if score(verdict, BARE, weights(1.0, 0.0)).total]
    assert paid == [Verdict.CORRECT]


@given(st.floats(0.01, 10), st.floats(0, 0.99))
def test_format_alone_never_beats_a_right_answer(accuracy, share):
    w = weights(accuracy, accuracy * share)
    wrong = [verdict for verdict in Verdict if verdict is not Verdict.CORRECT]
    for verdict, parsed in itertools.product(wrong, [FORMATTED, BARE]):
        for right in (FORMATTED, BARE):
            assert score(verdict, parsed, w).total < score(Verdict.CORRECT, right, w).total


def test_every_part_has_a_weight_in_the_config():
    from minir1.config import RewardConfig

    assert score(Verdict.CORRECT, FORMATTED, RewardConfig()).total == 1.0
    assert {*PARTS, *SHAPING} <= set(RewardConfig.__dataclass_fields__)
