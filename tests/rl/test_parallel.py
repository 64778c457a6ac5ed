"""Workers change the time, and nothing else."""

import time

import pytest
import torch

from minir1.config import ModelConfig, OptimConfig
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.parallel import in_order
from minir1.rl.types import Rollout
from minir1.rl.update import update
from minir1.run.optim import build_optimizer

TINY = ModelConfig(
    vocab_size=32, dim=16, n_layers=2, inter_dim=32, moe_inter_dim=8, n_heads=2, max_seq_len=64
)


def test_results_come_in_the_order_of_the_work():
    def late(i: int) -> int:
        time.sleep(0.01 * (3 - i))
        return i

    assert list(in_order(late, range(4), workers=4)) == [0, 1, 2, 3]


def test_one_worker_computes_a_result_when_it_is_asked_for():
    done: list[int] = []
    results = in_order(lambda i: done.append(i), range(3), workers=1)
    next(results)
    assert done == [0]


def test_an_error_of_a_worker_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda i: 1 // i, [1, 0], workers=2))


@pytest.mark.parametrize("workers", [2, 3])
def test_an_update_has_the_same_bits_whatever_the_workers(workers):
    rollouts = [Rollout([1, 2], list(range(3, 4 + i)), [-1.0] * (i + 1), "eos") for i in range(9)]
    batch = collate(rollouts, [1.0, -1.0, 0.5] * 3)
    optim = OptimConfig(micro_batch_tokens=12)
    states, seen = [], []
    for count in (1, workers):
        model = Transformer(TINY)
        optimizer = build_optimizer(model, optim)
        seen.append([update(model, optimizer, batch, optim, workers=count) for _ in range(3)])
        states.append(model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert [u.loss for u in seen[0]] == [u.loss for u in seen[1]]
    assert [u.grad_norm for u in seen[0]] == [u.grad_norm for u in seen[1]]
