"""The batch in pictures: inputs above targets with the mask, and the whole batch as a map."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from minir1.lab.picture import Picture
from minir1.lab.tokens import DOWN_UP, HEIGHT, TOP, WIDTH, box, flow, heading, new_sheet
from minir1.rl.types import Batch
from minir1.run.report.ink import LIGHT, tidy, x_label
from minir1.text.tokenizer import Tokenizer

LEARNED = "#bcd3fa"
LEFT = 0.62
"""Inches for the words at the left of each line."""
KINDS = ("padding", "prompt, not in the loss", "pushed down", "no push", "pushed up")
COLORS = (
    LIGHT["paper"], LIGHT["before"], DOWN_UP(0.0), "#c9c5ba", DOWN_UP(1.0),
)  # fmt: skip


def shift_and_mask(batch: Batch, row: int, tokenizer: Tokenizer) -> Picture:
    """One sequence of the batch: each target stands below the input that it follows."""
    length = batch.lengths[row]
    inputs, targets = (
        [tokenizer.words[i] for i in ids[row, :length].tolist()]
        for ids in (batch.inputs, batch.targets)
    )
    learned = batch.loss_mask[row, :length].tolist()
    places = flow([max(len(a), len(b)) for a, b in zip(inputs, targets, strict=True)], WIDTH - LEFT)
    pair = 2 * HEIGHT + 0.22
    bottom = TOP + (places[-1][0] + 1) * pair
    needed = LEFT + max(x + width for _, x, width in places) + 0.03
    figure, axes = new_sheet(max(needed, 6.0), bottom + 0.2)
    heading(axes, "Inputs above, targets below: each target is the next input")
    small = {"fontsize": 8, "va": "center", "color": LIGHT["muted"]}
    for (line, x, width), a, b, in_loss in zip(places, inputs, targets, learned, strict=True):
        y = TOP + line * pair
        box(axes, LEFT + x, y, width, a, LIGHT["card"])
        box(axes, LEFT + x, y + HEIGHT, width, b, LEARNED if in_loss else LIGHT["paper"])
    for line in range(places[-1][0] + 1):
        y = TOP + line * pair
        axes.text(0.03, y + HEIGHT / 2, "input", **small)
        axes.text(0.03, y + 1.5 * HEIGHT, "target", **small)
    note = "blue: in the loss (the policy wrote it)      white: masked (it was given)"
    axes.text(LEFT, bottom, note, **small)
    count = f"{sum(learned)} of {length} targets are in the loss"
    return Picture(figure, f"{count}. Targets: {' '.join(targets)}")


def kinds(batch: Batch) -> np.ndarray:
    """What each place of the batch is, as an index into `KINDS`."""
    sign = np.sign(batch.advantages.numpy())
    learned = batch.loss_mask.numpy()
    given = batch.token_mask.numpy() & ~learned
    return np.where(learned, 3 + sign, np.where(given, 1, 0)).astype(int)


def batch_map(batch: Batch) -> Picture:
    """Every place of the batch: a row a rollout, and what the loss does with each token."""
    found = kinds(batch)
    n_rows = found.shape[0]
    figure = Figure(figsize=(WIDTH, 0.95 + 0.17 * n_rows), layout="constrained")
    axes = figure.subplots()
    tidy(axes)
    norm = BoundaryNorm(np.arange(-0.5, len(KINDS)), len(KINDS))
    extent = (0.5, found.shape[1] + 0.5, n_rows + 0.5, 0.5)  # count from 1
    axes.imshow(
        found, cmap=ListedColormap(COLORS), norm=norm, aspect="auto", interpolation="none",
        extent=extent,
    )  # fmt: skip
    axes.hlines(np.arange(1.5, n_rows), *extent[:2], LIGHT["paper"], linewidth=1.5)
    axes.grid(visible=False)
    axes.set_ylabel("rollout", fontsize=8, color=LIGHT["muted"])
    x_label(axes, "place in the sequence, in tokens")
    shown = [kind for kind in (1, 4, 2, 3, 0) if (found == kind).any()]
    patches = [Patch(fc=COLORS[k], ec=LIGHT["grid"], label=KINDS[k]) for k in shown]
    figure.legend(
        handles=patches, loc="outside upper left", ncols=len(shown), frameon=False, fontsize=8,
        labelcolor=LIGHT["ink"],
    )  # fmt: skip
    shares = ", ".join(f"{KINDS[k]} {(found == k).mean():.0%}" for k in shown)
    return Picture(figure, f"The batch, {n_rows} rollouts: {shares}")
