"""The reward model: Bradley and Terry's optimum is known, and a text's score is its own."""

import math

import pytest
import torch

from minir1.rl.baselines.value import ValueModel
from minir1.rl.reward_model import bradley_terry, scores, shown_ids
from minir1.text.tokenizer import Tokenizer

TASTE = (0.0, 1.0, 2.0, 3.0)
TEXTS = [[1, 5], [1, 6, 7], [1, 8], [1, 9, 10, 11]]
COMPARED = 400
"""How often each two of the four are compared."""


def test_a_known_taste_is_recovered_from_its_labels(make_model):
    """Labels as Bradley and Terry's law deals them: the optimum is the taste, but for its zero."""
    chosen, rejected = [], []
    for a, own in enumerate(TASTE):
        for b, other in enumerate(TASTE[:a]):
            wins = round(COMPARED / (1 + math.exp(other - own)))
            chosen += [a] * wins + [b] * (COMPARED - wins)
            rejected += [b] * wins + [a] * (COMPARED - wins)
    model = ValueModel(make_model(scale=1.0))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    loss = torch.zeros(())
    for _ in range(200):
        found = scores(model, TEXTS, pad_id=0)
        loss, right = bradley_terry(found[chosen], found[rejected])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    centred = (found - found[0]).detach().tolist()
    assert centred == pytest.approx(TASTE, abs=0.1)
    # The noise of the labels stays: the entropy of the readers, in nats, is the least loss.
    gaps = [TASTE[a] - TASTE[b] for a in range(4) for b in range(a)]
    chances = [1 / (1 + math.exp(-gap)) for gap in gaps]
    entropy = [-p * math.log(p) - (1 - p) * math.log(1 - p) for p in chances]
    assert loss.item() == pytest.approx(sum(entropy) / len(entropy), abs=0.005)
    assert right == pytest.approx(sum(chances) / len(chances), abs=0.005)


def test_an_untrained_model_tosses_a_coin(make_model):
    found = scores(ValueModel(make_model()), TEXTS, pad_id=0)
    loss, right = bradley_terry(found[[0, 1]], found[[2, 3]])
    assert loss.item() == pytest.approx(math.log(2)) and right == 0.0


def test_a_score_doesn_t_depend_on_its_neighbours(make_model):
    model = ValueModel(make_model())
    torch.nn.init.normal_(model.score.weight, generator=torch.Generator().manual_seed(1))
    together = scores(model, TEXTS, pad_id=0)
    alone = torch.cat([scores(model, [text], pad_id=0) for text in TEXTS])
    assert torch.allclose(together, alone, atol=1e-5)
    assert together.unique().numel() == len(TEXTS)


def test_readers_see_the_answer_only():
    tokenizer = Tokenizer(256)
    shown = tokenizer.decode(shown_ids(tokenizer, "tell about seven", "please seven"))
    assert shown == "<bos> <user> tell about seven <assistant> <answer> please seven </answer>"
