"""Stage 0, the base: next-token prediction on the base corpus, from random weights.

DeepSeek-V3-Base read 14.8T tokens; ours reads a few million, written on the fly. Its job is
the same: to hold, without discipline, the skills that RL will select.
"""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import torch

from minir1.config import Config, TaskConfig
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.types import Batch, Rollout
from minir1.rl.update import update
from minir1.run.distributed import SOLO, World
from minir1.run.models import new_model, tokenizer_of
from minir1.stages.loop import Stage
from minir1.tasks.countdown import Countdown
from minir1.tasks.sources.own import OwnTask
from minir1.text.corpus import Document, documents
from minir1.text.own import own_documents
from minir1.text.scenarios import scenario_documents
from minir1.text.tokenizer import Tokenizer


def document_batch(pieces: list[Document], tokenizer: Tokenizer) -> Batch:
    """Documents as a batch: a document is a rollout that somebody else wrote."""
    rollouts = []
    for prompt, text in pieces:
        start = [tokenizer.bos_id, *tokenizer.encode(prompt)]
        ids = [*tokenizer.encode(text), tokenizer.eos_id]
        rollouts.append(Rollout(start, ids, [0.0] * len(ids), "eos"))
    return collate(rollouts, [0.0] * len(rollouts), pad_id=tokenizer.pad_id)


def corpus_task(task: TaskConfig) -> Countdown:
    """The Countdown problems that the base corpus is about, with the recipe's dials."""
    return Countdown(
        n_numbers=task.n_numbers,
        low=task.low,
        high=task.high,
        ops=task.ops,
        max_value=task.max_value,
        heldout_share=task.heldout_share,
    )


def corpus_source(task: TaskConfig) -> Countdown | OwnTask:
    """What the base corpus is about: a task of the user's own, or Countdown."""
    if task.name == OwnTask.name:
        return OwnTask(file=task.file, digest=task.digest, heldout_share=task.heldout_share)
    return corpus_task(task)


def base_corpus(config: Config, task: Countdown | OwnTask, seed: str) -> Iterator[Document]:
    """What the base reads: Countdown in signs, every scenario in two languages, or examples."""
    if isinstance(task, OwnTask):
        return own_documents(config.corpus, task, seed)
    if config.task.name == "scenarios":
        return scenario_documents(config.corpus, config.task.scenarios, task, seed)
    return documents(config.corpus, task, seed)


def read_step(
    stage: Stage,
    model: Transformer,
    pieces: Iterable[Document],
    tokenizer: Tokenizer,
    workers: int,
    mtp_coef: float = 0.0,
) -> dict[str, float]:
    """Read some documents: one update towards each next token, and its metrics."""
    started = time.perf_counter()
    batch = document_batch(list(pieces), tokenizer)
    seen = update(
        model,
        stage.optimizer,
        batch.to(next(model.parameters()).device),
        stage.optim,
        workers=workers,
        peers=stage.world,
        mtp_coef=mtp_coef,
    )
    tokens = int(batch.loss_mask.sum())
    return {
        "loss": seen.loss,
        "entropy": seen.entropy,
        "grad_norm": seen.grad_norm,
        **({"ahead_loss": seen.ahead_loss} if mtp_coef else {}),
        "num_tokens": float(tokens),
        "padding": seen.padding,
        "padding/saved": seen.padding_saved,
        **seen.router_metrics(),
        "time/tokens_per_s": tokens / (time.perf_counter() - started),
    }


def pretrain(config: Config, out: Path, world: World = SOLO, name: str = "pretrain") -> Transformer:
    """Train the base, or go on where an earlier call was stopped."""
    device, settings = world.device(config.device), config.pretrain
    workers = world.workers(config.threads, device)
    tokenizer = tokenizer_of(config)
    task = corpus_source(config.task)
    model = world.place(lambda: new_model(config, torch.device("cpu")), config, device)
    stage = Stage(
        name=name,
        config=config,
        out=out,
        model=model,
        optim=settings.optim,
        steps=settings.steps,
        save_every=settings.save_every,
        summary=lambda m: f"loss {m['loss']:.3f}  {m['time/tokens_per_s']:,.0f} tokens/s",
        world=world,
    )

    def step(i: int) -> dict[str, float]:
        pieces = base_corpus(config, task, f"{config.seed}/{i}")
        some = islice(pieces, settings.sequences_per_step)
        return read_step(stage, model, some, tokenizer, workers, settings.mtp_coef)

    stage.run(step)
    return model
