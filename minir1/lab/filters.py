"""What becomes of samples, and what they earn: filters one after the other, and wages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from minir1.config import Config
from minir1.lab.charts import bars, columns
from minir1.lab.curves import interval_chart
from minir1.lab.picture import Picture
from minir1.lab.stages import SHORT, of_kind
from minir1.rl.advantage import group_advantages
from minir1.run.models import ORDER
from minir1.run.report.reading import Run
from minir1.stages.examples import Example
from minir1.stages.rejection import readable
from minir1.tasks import Verdict, parse
from minir1.tasks.scenarios.tongues import TONGUES, purity
from minir1.tasks.splits import split_of

Row = Mapping[str, Any]
FOUR = {"right, mixed": (1, 0.5), "right, pure": (1, 1.0),
        "wrong, pure": (0, 1.0), "wrong, mixed": (0, 0.5)}  # fmt: skip
"""(verdict, purity) of four rollouts."""


def kept_chart(rows: Sequence[Row]) -> Picture:
    """How many samples are left after each filter of the rejection stage."""
    right = [row for row in rows if row["verdict"] == Verdict.CORRECT]
    good = [row for row in right if readable(row["completion"])]
    pure = [row for row in good if language_share(row) == 1.0]
    left = {
        "sampled": len(rows),
        "right": len(right),
        "and no try made twice": len(good),
        "and in one language": len(pure),
    }
    shown = ", ".join(f"{name} {count}" for name, count in left.items())
    return bars("What the filters leave", "samples", left, fmt="{:.0f}", words=shown)


def held_out(rows: Sequence[Example], config: Config) -> int:
    """How many rows are about problems that are kept for evaluation: there should be none."""
    share = config.task.heldout_share
    return sum(split_of(row.key, share) == "heldout" for row in rows)


def language_share(row: Row) -> float:
    """How much of a row's thinking is in the asker's language."""
    return purity(parse(row["completion"]).think, TONGUES[row["gold"]["language"]])


def language_chart(run: Run, stages: Sequence[str]) -> Picture:
    """How many thinkings are in the asker's language, in both, and in the other one."""
    found = {}
    for stage in stages:
        shares = [language_share(row) for row in of_kind(run, stage, "bilingual")]
        kinds = (sum(s == 1 for s in shares), sum(0 < s < 1 for s in shares), shares.count(0.0))
        found[SHORT[stage]] = kinds
    said = "; ".join(f"{name} {', '.join(map(str, kinds))}" for name, kinds in found.items())
    names = ("all in the asker's language", "mixed", "nothing in it")
    return columns(
        "The language of the thinking", f"of {len(shares)} held-out answers", found, x_name="",
        ticks=names, words=f"{', '.join(names)}. {said}",
    )  # fmt: skip


def wage_chart(weight: int | float) -> Picture:
    """Reward and advantage of four rollouts of one group, when purity has this weight."""
    rewards = [right + weight * pure for right, pure in FOUR.values()]
    found = group_advantages(torch.tensor([rewards]), "grpo")[0].tolist()
    said = "; ".join(f"{name} {value:+.2f}" for name, value in zip(FOUR, found, strict=True))
    return columns(
        f"Accuracy + {weight:g} x purity", "reward, and advantage in the group",
        {"reward": rewards, "advantage": found}, x_name="four rollouts", ticks=list(FOUR),
        words=f"Advantages: {said}",
    )  # fmt: skip


def reader_chart(run: Run) -> Picture:
    """The pipeline's reward model on held-out pairs, beside the most that is possible."""
    found = json.loads((run.folder / "preference.json").read_text(encoding="utf-8"))
    most = found["labels_against_taste"]
    measured = {
        "a perfect model, on the labels": {"value": most, "low": most, "high": most},
        "the reward model, on the labels": found["labels"],
        "the reward model, on the truth": found["taste"],
        "a coin": {"value": 0.5, "low": 0.5, "high": 0.5},
    }
    return interval_chart(f"{found['pairs']} held-out pairs", "share in the right order", measured)


def minutes_chart(run: Run, names: Mapping[str, str]) -> Picture:
    """Minutes of each stage of a pipeline, and of all sampling and measuring."""
    minutes = {names.get(stage, stage): 0.0 for stage in ORDER} | {"samples and evaluations": 0.0}
    for row in run.ledger:
        own = names.get(row["stage"], row["stage"])
        minutes[own if own in minutes else "samples and evaluations"] += row["seconds"] / 60
    return bars("Where the time went", "minutes", minutes, fmt="{:.1f}")
