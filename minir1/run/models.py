"""The models of a run: a new one, the last one, or the one at the end of a stage."""

import shlex
from dataclasses import replace
from pathlib import Path

import torch

from minir1.config import Config, require
from minir1.model import hub
from minir1.model.transformer import Transformer
from minir1.run import checkpoint
from minir1.run.checkpoint import Checkpoint
from minir1.run.device import pick_device, use_cores
from minir1.run.folder import MANIFEST
from minir1.run.home import read_config
from minir1.text.chat import ChatTokenizer
from minir1.text.tokenizer import Tokenizer

STAGES = ("pretrain", "zero")
"""In the order in which a run goes through them."""
LATER_STAGES = ("dev1", "dev2", "dev3", "r1")
"""What follows in a pipeline (stages/pipeline.py)."""
ORDER = ("pretrain", "preference", "zero", *LATER_STAGES, "student_base", "student")
"""Every stage there is. The reward model and the student are stages, but not the run's model."""


def with_base(config: Config) -> Config:
    """The config with the shape of its real base; without one, the config as it is."""
    if not config.base:
        return config
    none = replace(config.pretrain, steps=0)
    return replace(config, model=hub.shape_of(config.base), pretrain=none)


def tokenizer_of(config: Config) -> Tokenizer:
    """The toy language's tokenizer, or that of the real base."""
    if not config.base:
        return Tokenizer(config.model.vocab_size)
    return ChatTokenizer.load(hub.locate(config.base), config.system_prompt, config.examples)


def new_model(config: Config, device: torch.device) -> Transformer:
    """The real base, or random weights: the same seed gives the same ones on every device."""
    if config.base:
        cure = "use 0: a real base is not pre-trained again"
        require(config.pretrain.steps == 0, "pretrain.steps", config.pretrain.steps, cure)
        return hub.load(config.base, dtype=torch.float32, device=device)
    generator = torch.Generator("cpu").manual_seed(config.seed)
    return Transformer(config.model, generator).to(device)


def finished_model(config: Config, out: Path, stage: str, device: torch.device) -> Transformer:
    """The model at the end of a stage, or a ValueError that says how to get there."""
    found = checkpoint.latest(out / "checkpoints", stage, repair=False)
    steps = steps_of(config, stage)
    if found is None or found.step < steps:
        reached = "it has no checkpoint" if found is None else f"step {found.step} of {steps}"
        command = stage if stage in STAGES else "pipeline"
        raise ValueError(
            f"{out} has not finished its {stage} stage ({reached}): "
            f"do that first, with `minir1 {command} {config.name} --out {shlex.quote(str(out))}`"
        )
    return _filled(seen_by(config, stage), found, device)


def steps_of(config: Config, stage: str) -> int:
    """How many steps a stage has."""
    pipeline = config.pipeline
    settings = {
        "pretrain": config.pretrain,
        "preference": pipeline.preference,
        "zero": config.zero,
        "dev1": pipeline.cold,
        "dev2": pipeline.reason,
        "dev3": pipeline.sft,
        "r1": pipeline.final,
        "student_base": pipeline.student_base,
        "student": pipeline.distill,
    }
    return settings[stage].steps


def seen_by(config: Config, stage: str) -> Config:
    """The run's config as a stage sees it: a student's shape and pre-training are its own."""
    if not stage.startswith("student"):
        return config
    pipeline = config.pipeline
    return replace(config, model=pipeline.student, pretrain=pipeline.student_base)


def last_model(run_dir: Path, folder: str | None = None) -> tuple[Config, Transformer, Checkpoint]:
    """The newest model of a run, or the one in `checkpoints/<folder>`."""
    config = read_config(run_dir)
    root = run_dir / "checkpoints"
    if folder is not None:
        whole = sorted(str(path.parent.relative_to(root)) for path in root.rglob(MANIFEST))
        cure = f"there are: {', '.join(whole) or 'none'}"
        require((root / folder / MANIFEST).is_file(), "checkpoint", folder, cure)
        found = checkpoint.load(root / folder)
    else:
        newest = reversed((*STAGES, *LATER_STAGES))
        all_found = (checkpoint.latest(root, stage, repair=False) for stage in newest)
        found = next((one for one in all_found if one is not None), None)
    if found is None:
        raise ValueError(
            f"{run_dir} has no whole checkpoint: make one, with "
            f"`minir1 run {config.name} --out {shlex.quote(str(run_dir))}`"
        )
    device = pick_device(config.device)
    use_cores(config.threads, device)
    return config, _filled(seen_by(config, found.stage), found, device), found


def _filled(config: Config, found: Checkpoint, device: torch.device) -> Transformer:
    # Without first values, of which none would stay: 16B of them take minutes.
    model = Transformer(config.model, device="meta").to_empty(device="cpu")
    checkpoint.load_into(model, found.model)
    return model.to(device)
