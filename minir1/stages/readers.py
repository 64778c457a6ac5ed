"""Pairs of texts, compared by the hidden readers: what a reward model learns from.

    two answers of the base to one prompt  ->  a reader takes one  ->  {"question", "chosen", ...}

The readers are one function with noise (tasks/scenarios/manners.py). A label is drawn, so two
readers may differ, and no model can agree with all labels: `agreement` says how far one can come.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minir1.config import Config, TaskConfig
from minir1.config.pipeline import SamplesConfig
from minir1.model.transformer import Transformer
from minir1.run.distributed import SOLO, World
from minir1.run.jsonl import read_rows
from minir1.run.whole import write_text
from minir1.stages.collect import Source, completions
from minir1.tasks import Problem, parse
from minir1.tasks.scenarios.manners import prefers, taste
from minir1.tasks.scenarios.tongues import TONGUES

Pair = dict[str, Any]
"""A question, the answer that was chosen, the one that was rejected, and their lineage."""


def only(task: TaskConfig, *kinds: str) -> TaskConfig:
    """The scenarios with only these kinds of prompt.

    >>> only(TaskConfig(name="scenarios"), "manners").scenarios.bilingual
    0.0
    """
    none = {kind: 0.0 for kind in ("bilingual", "manners", "refusal", "stack") if kind not in kinds}
    return replace(task, scenarios=replace(task.scenarios, **none))


def compare(rng: random.Random, problem: Problem, texts: Sequence[str]) -> Pair | None:
    """Show a reader two completions; None where there are no two different answers."""
    a, b = (parse(text).answer for text in texts[:2])
    if a is None or b is None or a == b:
        return None
    tongue = TONGUES[problem.gold["language"]]
    chosen, rejected = (a, b) if prefers(rng, a, b, tongue) else (b, a)
    pair = {"question": problem.question, "chosen": chosen, "rejected": rejected}
    better = taste(chosen, tongue) - taste(rejected, tongue)
    return pair | {"language": problem.gold["language"], "key": problem.key, "better": better}


def write_pairs(
    config: Config, out: Path, model: Transformer, source: Source, world: World = SOLO
) -> list[Pair]:
    """The pairs that the readers labelled: `data/preference.jsonl`, made if it is not there."""
    path, wanted = out / "data" / "preference.jsonl", config.pipeline.preference
    if not world.once(path.exists):
        settings = SamplesConfig(prompts=wanted.prompts + wanted.heldout, samples=2)
        readers = f"readers {source.seed}"
        rng = random.Random(readers)
        with world.replica(model) as whole:
            asked = completions(config, out, whole, source, settings, world)
            pairs = [pair for one in asked if (pair := compare(rng, *one)) is not None]
        lineage: Pair = {"stage": source.stage, "step": source.step, "seed": source.seed}
        lineage |= {"task": "manners", "labels": readers}
        lines = [json.dumps(pair | lineage) + "\n" for pair in pairs]
        world.once(lambda: write_text(path, "".join(lines)))
    return [row for _, row in read_rows(path)]


def agreement(pairs: Sequence[Pair]) -> float:
    """The share of labels that agree with the taste itself: what a perfect model would reach."""
    decided = [pair["better"] > 0 for pair in pairs if pair["better"]]
    return sum(decided) / max(1, len(decided))
