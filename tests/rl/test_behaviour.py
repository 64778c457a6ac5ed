"""What a step's rollouts did, counted by hand."""

import pytest

from minir1.rl.behaviour import length_metrics, reward_metrics, trace_metrics
from minir1.rl.types import Group, Rollout
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward
from minir1.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer()
GOLD = {"numbers": [10, 5, 1], "target": 15}
WRONG, RIGHT = "10 - 5 = 5 , 5 * 1 = 5", "10 + 5 = 15 , 15 * 1 = 15"


def make(texts: list[str], totals: list[float], gold=GOLD) -> Group:
    rollouts = []
    for text in texts:
        ids = TOKENIZER.encode(text)
        stop = "eos" if text.endswith("<eos>") else "length"
        rollouts.append(Rollout([1, 2, 3], ids, [-1.0] * len(ids), stop))
    rewards = [Reward({"accuracy": float(t > 0.5), "format": 0.5}, t) for t in totals]
    verdicts = [Verdict.WRONG] * len(texts)
    return Group(Problem("countdown", "q", gold, "1 5 10"), rollouts, verdicts, rewards)


def test_rewards():
    groups = [make(["yes"] * 2, [1.0, 0.0]), make(["yes"] * 2, [0.25, 0.25])]
    metrics = reward_metrics(groups)
    assert metrics == pytest.approx({
        "reward": 1.5 / 4,
        "reward_std": (0.5**0.5 + 0) / 2,  # inside the groups, with n - 1
        "frac_reward_zero_std": 0.5,
        "rewards/accuracy/mean": 0.25,
        "rewards/format/mean": 0.5,
    })  # fmt: skip


def test_lengths():
    groups = [
        make(["yes no <eos>", "yes"], [0.0, 0.0]),
        make(["no no no no", "yes yes"], [0.0, 0.0]),
    ]
    assert length_metrics(groups) == {
        "completions/mean_length": 2.5,
        "completions/max_length": 4.0,
        "completions/clipped_ratio": 0.75,
        "num_tokens": 10.0,
    }


def test_traces():
    texts = [
        f"<think> {WRONG} ? 15 no ; {RIGHT} ? 15 yes </think> <answer> 5 </answer> <eos>",
        f"<think> {RIGHT} </think> <answer> 5 </answer> <eos>",
        f"<think> {WRONG} ? 15 no ; {WRONG} ? 15 no ; 5",  # cut off in a third try
        f"{RIGHT} ? 15 yes <eos>",  # no thinking part: nothing is counted
    ]
    assert trace_metrics([make(texts, [0.0] * 4)], TOKENIZER) == pytest.approx({
        "tries": 5 / 4,
        "checks": 4 / 4,
        "retries": 2 / 4,
        "first_try": 1 / 4,
        "repeats": 1 / 5,
    })  # fmt: skip


@pytest.mark.parametrize("gold", [23, {"language": "english"}])
def test_problems_without_numbers_have_no_tries(gold):
    assert trace_metrics([make(["yes", "no"], [0.0, 0.0], gold=gold)], TOKENIZER) == {}


def test_a_policy_that_writes_nonsense_has_zero_tries_and_no_error():
    metrics = trace_metrics([make(["yes", "<think> <think> ;"], [0.0, 0.0])], TOKENIZER)
    assert metrics == dict.fromkeys(("tries", "checks", "retries", "first_try", "repeats"), 0.0)
