"""A small model with random weights, documents to read, and rollouts of its own."""

import IPython.display
import pytest
import torch

from minir1.config import Config, ModelConfig
from minir1.lab.corpus import read_documents
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.stages.pretrain import document_batch
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def small():
    """Two layers, one of them a mixture; far from untrained, so that heads differ."""
    config = ModelConfig(n_layers=2, dim=32, n_heads=2, n_dense_layers=1)
    model = Transformer(config, torch.Generator().manual_seed(3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.0)
    return model


@pytest.fixture(scope="session")
def tokenizer():
    return Tokenizer(128)


@pytest.fixture(scope="session")
def pieces():
    """Traces of the base corpus, documents of facts left out."""
    return [piece for piece in read_documents(Config(), 30, "tests") if piece.prompt]


@pytest.fixture(scope="session")
def read(pieces, tokenizer):
    """The documents as a batch."""
    return document_batch(pieces[:8], tokenizer)


@pytest.fixture(scope="session")
def rollouts(small, tokenizer):
    ids = prompt_ids(tokenizer, "make 15 from 10 5 1")
    keys = [row_key(0, 0, 0, n) for n in range(6)]
    limits = {"max_new_tokens": 12, "eos_id": tokenizer.eos_id}
    return sample(small, [ids] * 6, keys, record_experts=True, **limits)


@pytest.fixture(scope="session")
def sampled(rollouts):
    return collate(rollouts, [0.0] * len(rollouts))


class Page:
    """Where a live picture stands: it keeps what it was asked to show."""

    def __init__(self):
        self.shown = []

    def update(self, thing):
        self.shown.append(thing)


@pytest.fixture
def shown(monkeypatch):
    """What a cell displays; a display with an id gives a page back."""
    found = []

    def display(*things, display_id=None):
        found.extend(things)
        if display_id:
            found.append(Page())
            return found[-1]
        return None

    monkeypatch.setattr(IPython.display, "display", display)
    return found
