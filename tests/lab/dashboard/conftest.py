"""A run that is under way, as its folder looks: a base, and some steps of RL."""

from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.run.home import open_run
from minir1.run.jsonl import append_row

GROUP = {
    "stage": "zero", "step": 12, "question": "make 15 from 10 5 1", "right": 1, "of": 16,
    "load": [[1.5, 0.5, 0.05, 1.95], [1.0, 1.0, 1.0, 1.0]],
    "rollouts": [
        {"tokens": ["10", "+", "5", "<eos>"], "logprobs": [-0.1, -2.5, -0.4, 0.0], "length": 4,
         "verdict": "CORRECT", "reward": 1.0, "advantage": 1.5,
         "experts": [[[0, 1], [2, 3]], [[3, 1], [0, 2]], [[0, 3], [1, 2]]]},
        {"tokens": ["<b>", "1"], "logprobs": [-0.2, -0.3], "length": 90,
         "verdict": "NO_ANSWER", "reward": 0.0, "advantage": -0.5},
    ],
}  # fmt: skip


def diary(folder, steps, dead=0.2):
    """A base of five steps, and `steps` of RL."""
    for step in range(1, 6):
        row = {"stage": "pretrain", "step": step, "loss": 5.0 - step / 2, "time/step": 0.1}
        append_row(folder / "metrics.jsonl", row)
    for step in range(1, steps + 1):
        row = {
            "stage": "zero", "step": step, "reward": 0.1, "rewards/accuracy/mean": step / 100,
            "frac_reward_zero_std": dead, "completions/mean_length": 40.0 + step, "checks": 2.0,
            "entropy": 1.2, "time/step": 2.0,
        }  # fmt: skip
        append_row(folder / "metrics.jsonl", row)


@pytest.fixture
def config():
    base = recipes.get("smoke")
    return replace(base, name="mine", threads=1, zero=replace(base.zero, steps=40))


@pytest.fixture
def run(tmp_path, config):
    """A folder in which 12 of 40 steps of RL were done, in groups that are mostly dead."""
    folder = open_run(config, tmp_path / "mine")
    diary(folder, 12, dead=0.9)
    append_row(folder / "rollouts.jsonl", GROUP)
    return folder
