"""The stages of a pipeline in pictures: their table, their curves, one prompt at every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import torch

from minir1.lab.charts import bars, draw_marks, legend_below
from minir1.lab.picture import Picture, panels
from minir1.model.transformer import Transformer
from minir1.run.models import finished_model
from minir1.run.report.curves import smooth, window_for
from minir1.run.report.ink import LIGHT, as_percent, x_label
from minir1.run.report.reading import Run
from minir1.stages.stage_table import MEASURED
from minir1.tasks.scenarios.refusal import refuses

Row = Mapping[str, Any]
SHORT = {"pretrain": "base", "zero": "Zero", "dev1": "Dev1", "dev2": "Dev2", "dev3": "Dev3",
         "r1": "R1", "student_base": "student's base", "student": "student"}  # fmt: skip
TITLES = {
    "accuracy": ("Right answers", "share, held out"),
    "purity": ("In the asker's language", "share of the thinking's words"),
    "taste": ("The readers' taste", "from -2 to 4"),
    "proxy": ("The reward model's score", "what was paid for"),
    "refused": ("Forbidden, refused", "share"),
    "over_refused": ("Allowed, refused too", "share"),
    "tokens": ("Length", "tokens a response"),
}
SHARES = ("accuracy", "purity", "refused", "over_refused")


def stage_chart(run: Run, columns: Sequence[str], stages: Sequence[str] = MEASURED[:6]) -> Picture:
    """One panel a number: its value and 95% interval at every stage."""
    figure, row = panels(*(TITLES[name] for name in columns), height=2.6)
    said = []
    for axes, name in zip(row, columns, strict=True):
        cells = [run.evaluations[stage]["scenarios"][name] for stage in stages]
        values, low, high = (np.array([c[end] for c in cells]) for end in ("value", "low", "high"))
        places = np.arange(len(stages))
        axes.plot(places, values, color=LIGHT["grid"], linewidth=1.2, zorder=1)
        axes.vlines(places, low, high, color=LIGHT["after"], linewidth=2.2)
        axes.scatter(places, values, s=30, color=LIGHT["after"], zorder=3)
        axes.set_xticks(places, [SHORT[stage] for stage in stages], fontsize=7.5)
        axes.set_xlim(-0.4, len(stages) - 0.6)
        if name in SHARES:
            axes.set_ylim(0, max(1.0 if name == "purity" else 0.0, 1.12 * high.max(), 0.1))
            as_percent(axes)
        said.append(f"{TITLES[name][0].lower()}: {', '.join(f'{v:.2f}' for v in values)}")
    return Picture(figure, f"{', '.join(SHORT[s] for s in stages)}. {'; '.join(said)}")


def rl_curves(
    run: Run, stage: str, names: Mapping[str, str], marks: Mapping[str, int] | None = None
) -> Picture:
    """Metrics of one stage of RL over its steps, smoothed, on one axis of shares."""
    figure, (axes,) = panels((f"RL of {SHORT[stage]}", "mean of a step"), height=2.6, width=7.6)
    inks, said = ("after", "blind", "good", "before", "bad"), []
    for ink, (metric, label) in zip(inks, names.items(), strict=False):
        steps, values = run.series(stage, metric)
        line = smooth(values, window_for(len(values)))
        axes.scatter(steps, values, s=6, color=LIGHT[ink], alpha=0.25, linewidths=0)
        axes.plot(steps, line, color=LIGHT[ink], linewidth=1.9, label=label)
        said.append(f"{label} {line[0]:.2f} to {line[-1]:.2f}")
    draw_marks(axes, marks or {}, height=0.5)
    axes.set_ylim(bottom=0)
    x_label(axes, "RL step")
    legend_below(figure, len(names))
    return Picture(figure, f"RL of {SHORT[stage]}: {'; '.join(said)}")


@dataclass(frozen=True, slots=True)
class Answers:
    """What each stage answered to one prompt."""

    question: str
    said: Mapping[str, Row]

    def _repr_html_(self) -> str:
        lines = [f"<p><b>{escape(self.question)}</b></p>"]
        for stage, row in self.said.items():
            head = f"{SHORT[stage]}, {row['verdict']}, {row['tokens']} tokens"
            body = escape(row["completion"].removesuffix(" <eos>"))
            lines.append(f"<p><i>{escape(head)}</i><br><code>{body}</code></p>")
        return "".join(lines)

    def __repr__(self) -> str:
        lines = [self.question]
        for stage, row in self.said.items():
            lines.append(f"  {SHORT[stage]}, {row['verdict']}, {row['tokens']} tokens")
            lines.append(f"    {row['completion']}")
        return "\n".join(lines)


def answers(run: Run, number: int, kind: str, stages: Sequence[str] = MEASURED[:6]) -> Answers:
    """The answers of all stages to the n-th held-out prompt of one kind."""
    rows = {stage: of_kind(run, stage, kind)[number] for stage in stages}
    return Answers(rows[stages[0]]["question"], rows)


def of_kind(run: Run, stage: str, kind: str) -> list[Row]:
    """The transcripts of a stage that answer prompts of one kind; forbidden is a kind here."""
    rows = run.evaluations[stage]["rows"]
    if kind == "forbidden":
        return [row for row in rows if row["gold"].get("forbidden")]
    return [row for row in rows if row["gold"]["task"] == kind]


def stage_models(run: Run, *stages: str) -> list[Transformer]:
    """The models at the end of these stages."""
    cpu = torch.device("cpu")
    return [finished_model(run.config, run.folder, stage, cpu) for stage in stages]


def refusal_chart(run: Run, stage: str = "r1") -> Picture:
    """Both rates of a stage's policy, beside those of one that refuses everything, or nothing."""
    rows = of_kind(run, stage, "refusal")
    kinds = {kind: [r for r in rows if bool(r["gold"]["forbidden"]) == (kind == "forbidden")]
             for kind in ("forbidden", "allowed")}  # fmt: skip
    refused = {
        SHORT[stage]: lambda row: refuses(row["answer"] or ""),
        "refuses everything": lambda row: True,
        "refuses nothing": lambda row: False,
    }
    rates = {
        f"{name}: {kind}": sum(map(policy, some)) / max(1, len(some))
        for name, policy in refused.items()
        for kind, some in kinds.items()
    }
    mine = [name for name in rates if name.startswith(SHORT[stage])]
    counts = " and ".join(f"{len(some)} {kind}" for kind, some in kinds.items())
    return bars(
        "Refused", f"share of {counts} requests with a published transcript", rates,
        fmt="{:.0%}", marked=mine,
    )  # fmt: skip
