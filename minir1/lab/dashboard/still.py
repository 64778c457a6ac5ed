"""What stays of the dashboard in the saved notebook: one picture, and its findings in words."""

from __future__ import annotations

import numpy as np

from minir1.lab.curves import three_curves
from minir1.lab.dashboard.groups import group_text
from minir1.lab.dashboard.standing import View
from minir1.lab.picture import Note, Picture, panels
from minir1.run.doctor.diary import WINDOW
from minir1.run.report.curves import smooth, window_for
from minir1.run.report.ink import LIGHT, x_label


def still(view: View) -> Picture | Note:
    """The curves, drawn once; words where there are none yet."""
    run = view.run
    if len(run.series("zero", "rewards/accuracy/mean")[0]):
        found = three_curves(run)
        return Picture(found.figure, f"{run.config.name}. {found.words}")
    if len(run.series("pretrain", "loss")[0]):
        return base_loss(view)
    return Note(f"*{run.config.name}: no curve yet.*")


def base_loss(view: View) -> Picture:
    """Before RL has begun: the loss of the base."""
    steps, values = view.run.series("pretrain", "loss")
    figure, (axes,) = panels(("Base: loss", "nats a token"), height=2.5, width=7.6)
    axes.scatter(steps, values, s=7, color=LIGHT["before"], alpha=0.28, linewidths=0)
    line: np.ndarray = smooth(values, window_for(len(values)))
    axes.plot(steps, line, color=LIGHT["before"], linewidth=1.8)
    axes.set_ylim(bottom=0)
    x_label(axes, "base training step")
    said = f"over {steps[-1]:.0f} steps the base's loss goes from {line[0]:.3g} to {line[-1]:.3g}"
    return Picture(figure, f"{view.run.config.name}: {said}")


def told(view: View) -> Note:
    """Where the run stands, what the doctor says, the experts' loads, and two rollouts."""
    parts = [f"**{view.run.config.name}.** {view.standing.sentence}"]
    for stage, found in view.findings.items():
        steps = len(view.run.series(stage, "reward")[0])
        if found:
            parts += [f"Doctor, {stage}: **{one.sentence}** {one.evidence}." for one in found]
        elif steps >= WINDOW:
            parts.append(f"Doctor, {stage}: nothing found in {steps} steps.")
    if view.rollouts:
        row = view.rollouts[-1]
        if row["load"]:
            ends = [f"{min(layer):.2f} to {max(layer):.2f}" for layer in row["load"]]
            parts.append(f"Experts' loads by MoE layer (1 is even): {', '.join(ends)}.")
        parts.append(group_text(row))
    return Note("\n\n".join(parts))
