"""How the cost of a training step and of a decode step grows with each size.

From one centre, the recipe's own shape, one size changes at a time: the batch, the length,
the number of experts, the width of the model. A training step is forward, backward and
optimizer on `batch` sequences of `length` tokens. A decode step writes one token for each of
`batch` rows that have a context of `length`.

Beside each measurement stands what the FLOP count alone predicts (model/count.py). Small
models miss it: below some size a step costs the same whatever it computes, since starting
each operation takes longer than its arithmetic.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from minir1 import recipes
from minir1.bench.clock import Side, alternate
from minir1.bench.rows import Row, row
from minir1.config import ModelConfig, OptimConfig
from minir1.model.cache import KVCache
from minir1.model.count import active_parameters, forward_flops, parameters, training_flops
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.types import Rollout
from minir1.rl.update import update
from minir1.run.optim import build_optimizer


@dataclass(frozen=True, slots=True)
class Size:
    """One point: a model, and how much it is given at once."""

    axis: str
    value: int
    model: ModelConfig
    batch: int
    length: int


def sizes(centre: ModelConfig, batch: int, length: int) -> Iterator[Size]:
    """The centre with one size changed at a time, each doubled or more from point to point."""
    longest = replace(centre, max_seq_len=2048)
    for n in (8, 16, 32, 64, 128, 256):
        yield Size("batch", n, longest, n, length)
    for n in (32, 64, 128, 256, 512, 1024):
        yield Size("length", n, longest, batch, n)
    for n in (2, 4, 8, 16, 32, 64):
        yield Size("experts", n, replace(longest, n_routed_experts=n), batch, length)
    for n in (32, 64, 128, 256):
        yield Size("width", n, wider(longest, n), batch, length)


def wider(model: ModelConfig, dim: int) -> ModelConfig:
    """The same shape `dim` wide: every width grows by the same factor, heads by their number.

    >>> wider(ModelConfig(dim=64, inter_dim=192), 128).inter_dim
    384
    """
    names = ("inter_dim", "moe_inter_dim", "n_heads", "n_kv_heads", "kv_lora_rank", "q_lora_rank")
    grown = {name: getattr(model, name) * dim // model.dim for name in names}
    return replace(model, dim=dim, **grown)


def main(
    recipe: str = "laptop",
    batch: int = 32,
    length: int = 128,
    repeats: int = 5,
    axes: tuple[str, ...] = ("batch", "length", "experts", "width"),
    threads: int = 0,
) -> list[Row]:
    """Seconds of a training step and of a decode step, by batch, length, experts and width.

    Args:
        recipe: whose model is the centre
        batch: sequences at the centre
        length: tokens of each at the centre
        repeats: measurements of each point
        axes: which sizes to change
        threads: CPU threads; 0 leaves the choice to torch
    """
    if threads:
        torch.set_num_threads(threads)
    config = recipes.get(recipe)
    rows = []
    for size in sizes(config.model, batch, length):
        if size.axis not in axes:
            continue
        measured = alternate(
            {"train": train_side(size, config.zero.optim), "decode": decode_side(size)}, repeats
        )
        settings = {
            "axis": size.axis,
            "value": size.value,
            "batch": size.batch,
            "length": size.length,
            "parameters": parameters(size.model),
            "active_parameters": active_parameters(size.model),
            "flops": {"train": train_flops(size), "decode": decode_flops(size)},
        }
        sides = {name: {"repeats": turns} for name, turns in measured.items()}
        rows.append(
            row("cost", f"{size.axis} {size.value}", config, settings=settings, sides=sides)
        )
    return rows


def train_flops(size: Size) -> float:
    """FLOPs of one training step; a token attends to half of its sequence on average."""
    return size.batch * size.length * training_flops(size.model, size.length / 2)


def decode_flops(size: Size) -> float:
    """FLOPs of one decode step."""
    return size.batch * forward_flops(size.model, size.length, "absorbed")


def train_side(size: Size, optim: OptimConfig) -> Side:
    """One update on random tokens, in the recipe's micro-batches."""
    model = Transformer(size.model)
    optimizer = build_optimizer(model, optim)
    generator = torch.Generator().manual_seed(0)
    shape = (size.batch, size.length + 1)
    ids = torch.randint(size.model.vocab_size, shape, generator=generator).tolist()
    rollouts = [Rollout(line[:1], line[1:], [0.0] * size.length, "length") for line in ids]
    batch = collate(rollouts, [0.0] * size.batch)

    def side() -> dict[str, float]:
        update(model, optimizer, batch, optim)
        return {"tokens": float(size.batch * size.length)}

    return side


def decode_side(size: Size, tokens: int = 8) -> Side:
    """`tokens` steps of decoding at a context of `length`."""
    model = Transformer(size.model)
    cache = KVCache(size.model, size.batch, size.length + tokens)
    lengths = torch.full((size.batch,), size.length - 1)
    ids = torch.zeros(size.batch, 1, dtype=torch.long)

    @torch.inference_mode()
    def side() -> dict[str, float]:
        cache.set_lengths(lengths)
        for _ in range(tokens):
            model(ids, cache=cache)
        return {"tokens": float(size.batch * tokens), "steps": float(tokens)}

    return side
