"""What most lessons begin with: a finished run that came with the package, and its models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.run import checkpoint
from minir1.run.home import published
from minir1.run.models import LATER_STAGES, STAGES, finished_model, new_model
from minir1.run.report.reading import Run, read_run
from minir1.tasks import make_task
from minir1.tasks.base import Task
from minir1.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Material:
    """A run, and what it takes to work with its models."""

    run: Run
    config: Config
    tokenizer: Tokenizer
    task: Task
    untrained: Transformer
    base: Transformer
    """After pre-training, before RL."""
    policy: Transformer
    """After RL; of a pipeline, after the last stage of it."""


def load(name: str = "laptop") -> Material:
    """The published run of this name."""
    run = read_run(published(name))
    config, cpu = run.config, torch.device("cpu")
    return Material(
        run=run,
        config=config,
        tokenizer=Tokenizer(config.model.vocab_size),
        task=make_task(config.task),
        untrained=new_model(config, cpu),
        base=finished_model(config, run.folder, "pretrain", cpu),
        policy=finished_model(config, run.folder, last_stage(run.folder), cpu),
    )


def last_stage(folder: Path) -> str:
    """The stage that the run's newest policy comes from."""
    root = folder / "checkpoints"
    stages = reversed((*STAGES, *LATER_STAGES))
    return next(s for s in stages if checkpoint.latest(root, s, repair=False) is not None)
