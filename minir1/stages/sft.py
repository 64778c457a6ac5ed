"""Supervised fine-tuning: next-token prediction on completions that somebody wrote.

    L = - mean over the tokens y_t of the completions of log pi(y_t | prompt, y_<t)

It is pre-training on other text: the same batch, the same update, the same loss. R1 does it twice,
for its cold start and after rejection sampling, each time from the base anew (arXiv 2501.12948,
2.3.1 and 2.3.3), and its students do nothing else (2.4).
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from minir1.config import Config
from minir1.config.pipeline import SftConfig
from minir1.model.transformer import Transformer
from minir1.run.distributed import SOLO, World
from minir1.run.models import tokenizer_of
from minir1.stages.examples import Example, read_examples
from minir1.stages.loop import Stage
from minir1.stages.pretrain import read_step
from minir1.text.corpus import Document

Item = TypeVar("Item")


def part_of_epoch(items: Sequence[Item], size: int, step: int, seed: str) -> list[Item]:
    """The items of one step. Each epoch has an order of its own, and no item is left out.

    >>> both = [part_of_epoch("abc", 2, step, "0") for step in (0, 1, 2)]
    >>> sorted("".join(map("".join, both)))
    ['a', 'a', 'b', 'b', 'c', 'c']
    """
    places = range(step * size, (step + 1) * size)
    orders: dict[int, list[int]] = {}
    for epoch in {place // len(items) for place in places}:
        orders[epoch] = list(range(len(items)))
        random.Random(f"{seed}/{epoch}").shuffle(orders[epoch])
    return [items[orders[place // len(items)][place % len(items)]] for place in places]


def sft(
    config: Config,
    out: Path,
    name: str,
    start: Callable[[], Transformer],
    data: Path,
    settings: SftConfig,
    world: World = SOLO,
) -> Transformer:
    """Fine-tune what `start` gives on the examples in `data`, or go on where it was stopped."""
    device = world.device(config.device)
    workers = world.workers(config.threads, device)
    tokenizer = tokenizer_of(config)
    examples = read_examples(data)
    model = world.place(start, config, device)
    stage = Stage(
        name=name,
        config=config,
        out=out,
        model=model,
        optim=settings.optim,
        steps=settings.steps,
        save_every=settings.save_every,
        summary=lambda m: f"loss {m['loss']:.3f}",
        world=world,
    )

    def step(i: int) -> dict[str, float]:
        size, seed = settings.sequences_per_step, f"{config.seed}/{name}"
        some: list[Example] = part_of_epoch(examples, size, i, seed)
        pieces = [Document(one.prompt, one.completion) for one in some]
        metrics = read_step(stage, model, pieces, tokenizer, workers)
        return metrics | {"epoch": (i + 1) * size / len(examples)}

    stage.run(step)
    return model
