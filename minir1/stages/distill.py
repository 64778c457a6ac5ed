"""Distillation: a small dense student learns from R1's right samples, and from nothing else.

    R1's samples -> the right ones -> the student's base, fine-tuned on them

R1's students are other models' bases, fine-tuned on its samples without any RL (arXiv 2501.12948,
2.4). Ours is pre-trained first, on the base corpus like its teacher: a student who can't read
would learn nothing from the best of teachers.
"""

from pathlib import Path

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.run.distributed import SOLO, World
from minir1.run.models import finished_model, seen_by
from minir1.stages.pretrain import pretrain
from minir1.stages.sft import sft


def student_base(config: Config, out: Path, world: World = SOLO) -> Transformer:
    """Pre-train the student, or go on where it was stopped."""
    return pretrain(seen_by(config, "student_base"), out, world, name="student_base")


def distill(config: Config, out: Path, data: Path, world: World = SOLO) -> Transformer:
    """Fine-tune the student on the teacher's samples in `data`."""

    def start() -> Transformer:
        return finished_model(config, out, "student_base", torch.device("cpu"))

    own = seen_by(config, "student")
    return sft(own, out, "student", start, data, config.pipeline.distill, world)
