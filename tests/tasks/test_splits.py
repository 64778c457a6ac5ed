"""The split by hash: fixed for ever, disjoint, and of the size asked for."""

import itertools
import random
import subprocess
import sys

import pytest

from minir1.tasks.arithmetic import Arithmetic
from minir1.tasks.countdown import Countdown
from minir1.tasks.splits import draw_numbers, key_of, split_of


def test_the_split_of_a_key_never_changes():
    # Frozen values: a change here moves problems from training to the held-out set.
    keys = ["1 5 10", "2 3 4", "1 2 3 4", "4 5 6"]
    assert [split_of(key, 0.2) for key in keys] == ["train", "train", "train", "heldout"]


def test_the_split_is_the_same_in_a_process_with_another_hash_seed():
    code = (
        "from minir1.tasks.splits import split_of;print([split_of(str(i), 0.5) for i in range(50)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{[split_of(str(i), 0.5) for i in range(50)]}\n"}


def test_the_heldout_share_is_kept_and_nested():
    keys = [key_of(numbers) for numbers in itertools.combinations(range(1, 31), 3)]
    assert len(keys) == 4060
    held = {share: {k for k in keys if split_of(k, share) == "heldout"} for share in (0.1, 0.2)}
    # Five standard errors of a share p of n keys: 5 * sqrt(p * (1 - p) / n) = 0.031.
    assert len(held[0.2]) / len(keys) == pytest.approx(0.2, abs=0.031)
    assert held[0.1] < held[0.2]


def test_the_order_of_the_numbers_changes_nothing():
    for numbers in itertools.permutations([10, 5, 1]):
        assert key_of(numbers) == "1 5 10"


@pytest.mark.parametrize("task", [Countdown(), Countdown(n_numbers=2), Arithmetic()])
def test_splits_are_disjoint_over_seeds(task):
    def keys(split: str) -> set[str]:
        streams = [task.problems(split, seed) for seed in range(4)]
        return {p.key for stream in streams for p in itertools.islice(stream, 250)}

    train, heldout = keys("train"), keys("heldout")
    assert train and heldout
    assert not train & heldout


def test_a_split_without_problems_is_an_error_that_names_the_cure():
    (side,) = {"train", "heldout"} - {split_of("1 1 1", 0.5)}
    with pytest.raises(ValueError, match=r"heldout_share = 0.5 leaves no problem .*wider range"):
        draw_numbers(random.Random(0), 3, 1, 1, side, 0.5)
