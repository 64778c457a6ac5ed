"""The whole of R1, stage by stage (arXiv 2501.12948v2, Figure 2).

    base -> readers' pairs -> reward model
    base -> Zero: RL on reasoning, by verdicts alone
    base -> Dev1: cold start on Zero's right samples, said anew in the asker's language
    Dev1 -> Dev2: RL on reasoning, paid for language too
    base -> Dev3: the base anew, on what was kept of Dev2's samples of every kind
    Dev3 -> R1: RL on all scenarios; the reward model's score is paid in the last steps only
    dense base -> student: R1's right samples and nothing else

Each stage is a checkpoint, each data set a file with lineage, and what is there is not made again:
the same command goes on where it was stopped. `pipeline.json` says what came from what.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from minir1.config import Config, ZeroConfig
from minir1.config.pipeline import SamplesConfig, SftConfig
from minir1.model.transformer import Transformer
from minir1.rl.baselines.value import ValueModel
from minir1.run.distributed import SOLO, World
from minir1.run.models import ORDER, finished_model, steps_of, tokenizer_of
from minir1.stages.collect import Source, collect
from minir1.stages.distill import distill, student_base
from minir1.stages.manifest import write_manifest
from minir1.stages.pay import Wages
from minir1.stages.preference import preference
from minir1.stages.pretrain import pretrain
from minir1.stages.readers import only
from minir1.stages.ready import check_pipeline
from minir1.stages.reinforce import Course, by_verdict, reinforce
from minir1.stages.rejection import Keep
from minir1.stages.sft import sft
from minir1.stages.stage_table import REASONING, evaluate_stage
from minir1.tasks import make_task

PARENTS = {
    "preference": "pretrain", "zero": "pretrain", "dev1": "pretrain", "dev2": "dev1",
    "dev3": "pretrain", "r1": "dev3", "student": "student_base",
}  # fmt: skip
"""Whose weights a stage starts from."""
TEACHERS = {"preference": "pretrain", "dev1": "zero", "dev3": "dev2", "student": "r1"}
"""Whose samples a stage learns from: `data/<stage>.jsonl`."""


@dataclass
class Pipeline:
    """The stages of one run, each a method that does what is left of it."""

    config: Config
    out: Path
    world: World = SOLO
    reader: ValueModel | None = None

    def seed(self, stage: str) -> int:
        """No two stages ask the same problems, nor draw the same random numbers."""
        return 1000 * (self.config.seed + 1) + ORDER.index(stage)

    def run(self) -> Iterator[tuple[str, Transformer]]:
        """Do the stages in order; each with its model."""
        config, out, world = self.config, self.out, self.world
        yield "pretrain", pretrain(config, out, world)
        yield "zero", self.rl("zero")
        yield "dev1", self.tune("dev1", config.pipeline.cold_samples, config.pipeline.cold)
        yield "dev2", self.rl("dev2")
        yield "dev3", self.tune("dev3", config.pipeline.samples, config.pipeline.sft)
        yield "r1", self.rl("r1")
        yield "student_base", student_base(config, out, world)
        data = self.samples("student", config.pipeline.distill_samples)
        yield "student", distill(config, out, data, world)

    def learn_taste(self) -> ValueModel:
        """The reward model, which also measures every stage."""
        if self.reader is None:
            self.reader = preference(self.config, self.out, self.seed("preference"), self.world)
        return self.reader

    def finished(self, stage: str) -> Callable[[], Transformer]:
        """The model at the end of a stage, when it is asked for."""
        return partial(finished_model, self.config, self.out, stage, torch.device("cpu"))

    def rl(self, stage: str) -> Transformer:
        """One of the three stages of RL."""
        return reinforce(self.config, self.out, self.course(stage), self.world)

    def course(self, stage: str) -> Course:
        """What a stage of RL starts from, asks, and pays."""
        config, pipeline = self.config, self.config.pipeline
        settings = {"zero": config.zero, "dev2": pipeline.reason, "r1": pipeline.final}[stage]
        return Course(
            name=stage,
            start=PARENTS[stage],
            task=config.task if stage == "r1" else only(config.task, *REASONING),
            settings=settings,
            seed=self.seed(stage),
            pay=by_verdict if stage == "zero" else self.wages(stage, settings),
            looks=f"{stage}-step",
        )

    def wages(self, stage: str, settings: ZeroConfig) -> Wages:
        """What a stage pays beyond verdicts: language, and R1's last steps for taste too."""
        pipeline = self.config.pipeline
        return Wages(
            tokenizer=tokenizer_of(self.config),
            settings=settings,
            language=pipeline.language,
            reader=self.learn_taste() if stage == "r1" else None,
            taste=pipeline.taste,
            taste_from=settings.steps - pipeline.taste_steps,
        )

    def samples(self, stage: str, settings: SamplesConfig) -> Path:
        """The file of what a stage learns from: its teacher's samples, those that are kept."""
        config, teacher = self.config, TEACHERS[stage]
        cold = stage == "dev1"
        task = only(config.task, *REASONING) if cold else config.task
        keep = Keep(
            task=make_task(task),
            at_most=settings.keep,
            rewrite=cold,
            reader=None if cold else self.learn_taste(),
            tokenizer=tokenizer_of(config),
        )
        step, seed = steps_of(config, teacher), self.seed(stage)
        source = Source(stage=teacher, step=step, task=task, seed=seed)
        path = self.out / "data" / f"{stage}.jsonl"
        model = self.world.place(self.finished(teacher), config, self.world.device(config.device))
        return collect(config, self.out, model, source, settings, path, keep, self.world)

    def tune(self, stage: str, samples: SamplesConfig, settings: SftConfig) -> Transformer:
        """Samples of one model, and the base fine-tuned on them anew."""
        data = self.samples(stage, samples)
        start = self.finished(PARENTS[stage])
        return sft(self.config, self.out, stage, start, data, settings, self.world)


def run(config: Config, folder: Path, world: World = SOLO) -> dict[str, Any]:
    """Do what is left of the pipeline; the stage table and the manifest."""
    check_pipeline(config)
    pipeline = Pipeline(config, folder, world)
    table = []
    for stage, model in pipeline.run():
        reader = pipeline.learn_taste()
        table.append(evaluate_stage(config, folder, model, reader, stage, world))
    manifest = world.once(lambda: write_manifest(config, folder, PARENTS, TEACHERS))
    return {"run": str(folder), "recipe_hash": config.hash(), "seed": config.seed,
            "table": table, "manifest": manifest}  # fmt: skip
