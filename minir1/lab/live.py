"""Small stages that a lesson runs live: a fine-tuning, a distillation, a reward model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from minir1.config import Config, ZeroConfig
from minir1.config.pipeline import PreferenceConfig, SftConfig
from minir1.lab.charts import lines
from minir1.lab.picture import Picture
from minir1.model.transformer import Transformer
from minir1.rl.baselines.value import ValueModel
from minir1.rl.behaviour import reward_metrics
from minir1.rl.distillation import distillation_loss
from minir1.rl.groups import sample_groups
from minir1.rl.reward_model import bradley_terry, scores, shown_ids
from minir1.rl.step import grpo_step
from minir1.rl.update import update
from minir1.run.optim import build_optimizer
from minir1.stages.examples import Example
from minir1.stages.preference import split_pairs
from minir1.stages.pretrain import document_batch
from minir1.stages.readers import only
from minir1.stages.sft import part_of_epoch
from minir1.tasks import make_task
from minir1.text.corpus import Document
from minir1.text.tokenizer import Tokenizer


def tune(
    model: Transformer,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    settings: SftConfig,
    *,
    steps: int,
    size: int,
) -> list[float]:
    """Fine-tune in place, `size` examples a step; the loss of each step."""
    optimizer = build_optimizer(model, settings.optim)
    losses = []
    for step in range(steps):
        some = part_of_epoch(examples, size, step, "live")
        batch = document_batch([Document(e.prompt, e.completion) for e in some], tokenizer)
        losses.append(update(model, optimizer, batch, settings.optim).loss)
    return losses


def tune_softly(
    model: Transformer,
    teacher: Transformer,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    settings: SftConfig,
    *,
    steps: int,
    size: int,
    temperature: float = 1.0,
) -> list[float]:
    """The same, from the teacher's probabilities at the same tokens; the divergence of each."""
    optimizer = build_optimizer(model, settings.optim)
    losses = []
    for step in range(steps):
        some = part_of_epoch(examples, size, step, "live")
        batch = document_batch([Document(e.prompt, e.completion) for e in some], tokenizer)
        with torch.no_grad():
            wanted = teacher(batch.inputs)
        loss = distillation_loss(model(batch.inputs), wanted, batch.loss_mask, temperature)
        _descend(model, optimizer, loss, settings.optim.grad_clip)
        losses.append(float(loss.detach()))
    return losses


def _descend(
    model: nn.Module, optimizer: torch.optim.Optimizer, loss: torch.Tensor, grad_clip: float
) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), grad_clip)
    optimizer.step()


def train_by_rl(
    model: Transformer, tokenizer: Tokenizer, config: Config, settings: ZeroConfig, *, steps: int
) -> list[float]:
    """GRPO in place on the pipeline's reasoning prompts, by verdicts alone; the mean rewards."""
    task = make_task(only(config.task, "bilingual"))
    optimizer = build_optimizer(model, settings.optim)
    rewards = []
    for step in range(steps):
        problems = task.problems("train", step)
        groups, _ = sample_groups(model, tokenizer, task, problems, settings, seed=0, step=step)
        grpo_step(model, optimizer, groups, settings, seed=f"live/{step}", pad_id=tokenizer.pad_id)
        rewards.append(reward_metrics(groups)["reward"])
    return rewards


def learn_taste(
    base: Transformer,
    tokenizer: Tokenizer,
    pairs: Sequence[Mapping[str, Any]],
    settings: PreferenceConfig,
    *,
    steps: int,
) -> Picture:
    """Train a reward model on most of the pairs; how often it is right on them, and on others."""
    learned, heldout = split_pairs([dict(pair) for pair in pairs], len(pairs) // 4)
    model = ValueModel(base)
    optimizer = build_optimizer(model, settings.optim)
    seen, unseen = [], []

    def judge(some: Sequence[Mapping[str, Any]]) -> tuple[torch.Tensor, float]:
        sides = []
        for side in ("chosen", "rejected"):
            texts = [shown_ids(tokenizer, pair["question"], pair[side]) for pair in some]
            sides.append(scores(model, texts, tokenizer.pad_id))
        return bradley_terry(*sides)

    for step in range(steps):
        loss, _ = judge(part_of_epoch(learned, settings.pairs_per_step, step, "live"))
        _descend(model, optimizer, loss, settings.optim.grad_clip)
        with torch.no_grad():
            seen.append(judge(learned[:64])[1])
            unseen.append(judge(heldout)[1])
    return lines(
        f"A reward model from {len(learned)} pairs, live", "labels that it agrees with",
        range(1, steps + 1), {"pairs it learns from": seen, "other pairs": unseen},
        x_name="step", percent=True,
        words=f"After {steps} steps it agrees with {seen[-1]:.0%} of the labels that it learns "
        f"from, and with {unseen[-1]:.0%} of {len(heldout)} others",
    )  # fmt: skip
