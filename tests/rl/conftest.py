"""What the tests of the room share: a tiny model, and rollouts made by hand or at random."""

import random
from collections.abc import Callable

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.transformer import Transformer
from minir1.rl.types import Rollout

TINY = ModelConfig(
    vocab_size=20, dim=16, n_layers=2, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=64,
)  # fmt: skip


@pytest.fixture
def make_model() -> Callable[..., Transformer]:
    """`make_model(seed, scale)`: a tiny model; a scale above 1 makes it sure of what it says."""

    def make(seed: int = 0, scale: float = 3.0, config: ModelConfig = TINY) -> Transformer:
        model = Transformer(config, torch.Generator().manual_seed(seed))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim >= 2:
                    parameter.mul_(scale)
        return model

    return make


@pytest.fixture
def random_rollouts() -> Callable[..., list[Rollout]]:
    """`random_rollouts(n, seed)`: rollouts of unequal lengths, with made-up log-probabilities."""

    def make(n: int, seed: int = 0, vocab: int = 20) -> list[Rollout]:
        rng = random.Random(seed)
        rollouts = []
        for _ in range(n):
            prompt = [rng.randrange(3, vocab) for _ in range(rng.randint(1, 6))]
            completion = [rng.randrange(3, vocab) for _ in range(rng.randint(1, 12))]
            logprobs = [-rng.uniform(0.2, 4.0) for _ in completion]
            rollouts.append(Rollout(prompt, completion, logprobs, "length"))
        return rollouts

    return make
