"""How a batch is dealt to processes: nothing lost, nothing twice, and nobody waits for long."""

import random
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import OptimConfig
from minir1.rl.batch import collate, empty_part, even_out, micro_batches
from minir1.rl.parallel import ALONE
from minir1.rl.update import update

LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=60)


def cost(rows, lengths):
    return len(rows) * max(lengths[row] for row in rows)


@given(lengths=LENGTHS, peers=st.integers(1, 9), budget=st.integers(1, 2000))
def test_every_row_is_dealt_once_within_the_budget(lengths, peers, budget):
    before = micro_batches(lengths, budget)
    parts = even_out(before, lengths, peers)
    assert sorted(row for rows in parts for row in rows) == list(range(len(lengths)))
    assert max(cost(rows, lengths) for rows in parts) <= max(cost(r, lengths) for r in before)
    # As many for each process, or only single rows are left to deal.
    assert len(parts) % peers == 0 or all(len(rows) == 1 for rows in parts)
    assert len(parts) - len(before) < peers
    assert ALONE.even_out(before, lengths, micro_batches, cost) == before


def test_long_tailed_lengths_are_balanced_and_hardly_padded():
    """Lengths as RL has them. A round lasts as long as its largest part."""
    rng = random.Random(0)
    lengths = [min(4000, int(rng.lognormvariate(6, 0.8)) + 10) for _ in range(512)]
    parts = even_out(micro_batches(lengths, 16_000), lengths, 8)
    costs = [cost(rows, lengths) for rows in parts]
    rounds = [costs[i : i + 8] for i in range(0, len(costs), 8)]
    wait = sum(8 * max(part) for part in rounds) / sum(costs)
    padding = sum(costs) / sum(lengths)
    assert len(parts) % 8 == 0 and wait < 1.05 and padding < 1.08
    # Dealt without a thought, in the order of the batch and padded to the longest of each part:
    blind = [list(range(i, i + 8)) for i in range(0, 512, 8)]
    blind_costs = [cost(rows, lengths) for rows in blind]
    assert sum(8 * max(blind_costs[i : i + 8]) for i in range(0, 64, 8)) > 2 * sum(lengths)


def test_an_empty_part_has_no_loss_and_no_gradient(make_model, random_rollouts):
    """What a process without work works on: it goes through every layer and leaves nothing."""
    model, batch = make_model(), collate(random_rollouts(4), [1.0] * 4)
    free = OptimConfig(lr=0.0, weight_decay=0.0, bias_update_speed=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    part = empty_part(batch)
    assert part.inputs.shape[0] == 1 and part.inputs.shape[1] > 0

    class Idle(type(ALONE)):
        def each(self, work, items, *, idle, workers=1):
            yield work(idle)

    seen = update(model, optimizer, batch, free, peers=Idle())
    assert (seen.loss, seen.grad_norm, seen.entropy, seen.aux_loss) == (0.0, 0.0, 0.0, 0.0)
    assert int(seen.load.sum()) == 0
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"{name} was not touched: others would wait for it"


def test_each_part_is_brought_to_where_the_model_computes(make_model, random_rollouts):
    """The batch may lie elsewhere: as long as it is not brought, it holds nothing to learn."""
    model, batch = make_model(), collate(random_rollouts(4), [1.0] * 4)
    free = OptimConfig(lr=0.0, weight_decay=0.0, bias_update_speed=0.0, micro_batch_tokens=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    far = replace(batch, inputs=torch.zeros_like(batch.inputs))

    class Bringing(type(ALONE)):
        parts = iter(micro_batches(batch.lengths, 1))

        def bring(self, part):
            return batch.rows(next(self.parts))

    norms = [
        update(model, optimizer, one, free, peers=peers).grad_norm
        for one, peers in ((batch, ALONE), (far, Bringing()), (far, ALONE))
    ]
    assert norms[0] == norms[1] != norms[2]


def test_one_process_answers_for_all():
    assert list(ALONE.each(abs, [-1, 2])) == [1, 2] and ALONE.gather("x") == ["x"]
    weight = torch.nn.Parameter(torch.ones(4))
    weight.grad = torch.full((4,), 3.0)
    assert ALONE.clip([weight], 1.0) == pytest.approx(6.0)
    assert weight.grad.norm().item() == pytest.approx(1.0, abs=1e-5)
