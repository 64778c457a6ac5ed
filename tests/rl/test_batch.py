"""From rollouts to a batch: the shift, the masks, the weights, and nothing lost on the way."""

from dataclasses import fields
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.rl.batch import all_groups, collate, micro_batches, token_weights
from minir1.rl.types import Batch, Group, Rollout
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=20)
NORMS = ["token", "sequence", "fixed"]


def hand_made(norm="token") -> Batch:
    """Prompt of 3 and completion of 2; prompt of 1 and completion of 5 (pad id 99)."""
    short = Rollout([1, 9, 8], [7, 2], [-0.1, -0.7], "eos", torch.full((1, 4, 2), 3))
    long = Rollout([1], [4, 5, 6, 7, 2], [-1.0, -2.0, -3.0, -4.0, -5.0], "eos",
                   torch.arange(10).reshape(1, 5, 2))  # fmt: skip
    return collate([short, long], [2.0, -1.0], norm=norm, fixed_length=10, pad_id=99)


def test_shift_and_masks_by_hand():
    batch = hand_made()
    assert batch.inputs.tolist() == [[1, 9, 8, 7, 2], [1, 4, 5, 6, 7]]
    assert batch.targets.tolist() == [[9, 8, 7, 2, 99], [4, 5, 6, 7, 2]]
    assert batch.loss_mask.int().tolist() == [[0, 0, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert batch.token_mask.int().tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    torch.testing.assert_close(
        batch.old_logprobs, torch.tensor([[0, 0, -0.1, -0.7, 0], [-1.0, -2, -3, -4, -5]])
    )
    assert batch.advantages.tolist() == [[0, 0, 2, 2, 0], [-1, -1, -1, -1, -1]]
    assert batch.lengths == [4, 5]
    assert batch.experts is not None
    assert batch.experts[0, 0].tolist() == [[3, 3]] * 4 + [[0, 0]]
    assert batch.experts[0, 1].tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize(
    ("norm", "short", "long"), [("token", 1 / 7, 1 / 7), ("sequence", 1 / 4, 1 / 10),
                                ("fixed", 1 / 20, 1 / 20)]
)  # fmt: skip
def test_weights_by_hand(norm, short, long):
    weights = hand_made(norm).weights
    expected = torch.tensor([[0, 0, short, short, 0], [long] * 5])
    torch.testing.assert_close(weights, expected, rtol=0, atol=1e-7)


@given(LENGTHS, st.integers(60, 200))
def test_the_weights_of_all_tokens_sum_as_stated(lengths, fixed_length):
    n, tokens = len(lengths), sum(lengths)
    total = {"token": 1.0, "sequence": 1.0, "fixed": tokens / (n * fixed_length)}
    for norm in NORMS:
        weights = token_weights(lengths, norm, fixed_length).tolist()
        all_tokens = sum(w * length for w, length in zip(weights, lengths, strict=True))
        assert all_tokens == pytest.approx(total[norm], rel=1e-5)
        a_row = {"token": 1 / tokens, "fixed": 1 / (n * fixed_length)}
        for weight, length in zip(weights, lengths, strict=True):
            assert weight == pytest.approx(a_row.get(norm, 1 / (n * length)), rel=1e-5)


def test_the_fixed_norm_knows_neither_the_length_nor_the_padding():
    assert token_weights([3, 50], "fixed", 60).unique().numel() == 1
    assert token_weights([3, 50], "fixed", 60)[0] == token_weights([3, 9], "fixed", 60)[0]


@given(LENGTHS, st.integers(1, 300))
def test_micro_batches_are_a_partition_inside_the_budget(lengths, max_tokens):
    batches = micro_batches(lengths, max_tokens)
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    for rows in batches:
        width = max(lengths[row] for row in rows)
        assert len(rows) * width <= max_tokens or len(rows) == 1
        assert rows == sorted(rows)
    # Like lengths stand together: no row of one is between the shortest and longest of another.
    spans = sorted((min(lengths[r] for r in b), max(lengths[r] for r in b)) for b in batches)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_large_budget_makes_one_micro_batch():
    assert micro_batches([5, 90, 7, 100], 400) == [[0, 1, 2, 3]]
    assert micro_batches([5, 90, 7, 100], 399) == [[1, 2, 3], [0]]


@given(st.integers(0, 1000), st.integers(20, 120))
def test_rows_of_all_micro_batches_keep_everything(seed, max_tokens):
    generator = torch.Generator().manual_seed(seed)

    def ints(n: int, high: int = 20) -> list[int]:
        return torch.randint(3, high, (n,), generator=generator).tolist()

    rollouts = []
    for prompt, completion in zip(ints(8, 7), ints(8, 15), strict=True):
        experts = torch.randint(0, 4, (2, prompt + completion - 1, 2), generator=generator)
        logprobs = [-float(x) for x in ints(completion)]
        rollouts.append(Rollout(ints(prompt), ints(completion), logprobs, "eos", experts))
    batch = collate(rollouts, [float(i) for i in range(8)])
    assert batch.experts is not None
    for index in micro_batches(batch.lengths, max_tokens):
        part = batch.rows(index)
        assert part.experts is not None
        width = part.inputs.shape[1]
        assert width == max(batch.lengths[row] for row in index)
        for field in fields(Batch):
            if field.name != "experts":
                whole = getattr(batch, field.name)[index]
                assert torch.equal(getattr(part, field.name), whole[:, :width])
                if field.name in ("loss_mask", "token_mask", "weights", "advantages"):
                    assert not whole[:, width:].any()  # nothing that counts was cut off
        assert torch.equal(part.experts, batch.experts[:, index, :width])


def test_without_recorded_experts_there_are_none():
    bare = Rollout([1], [2], [-1.0], "eos")
    recorded = Rollout([1], [2], [-1.0], "eos", torch.zeros(1, 1, 2))
    assert collate([bare, recorded], [0.0, 0.0]).experts is None
    assert collate([bare], [0.0]).rows([0]).experts is None


def test_all_groups_are_contiguous():
    problem = Problem("countdown", "q", {}, "k")
    rollouts = [Rollout([1], [i], [-1.0], "eos") for i in range(6)]
    groups = [
        Group(problem, rollouts[i : i + 3], [Verdict.WRONG] * 3, [Reward({}, 0.0)] * 3)
        for i in (0, 3)
    ]
    assert [r.completion_ids for r in all_groups(groups)] == [[i] for i in range(6)]
