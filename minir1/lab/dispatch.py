"""How rows find their experts: tokens, sorted by expert, computed, and put back, in one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import ConnectionPatch

from minir1.lab.experts import INKS
from minir1.lab.picture import Picture
from minir1.lab.tokens import box, new_sheet
from minir1.run.report.ink import LIGHT


def permutation(words: Sequence[str], experts: Sequence[Sequence[int]], first: int = 1) -> Picture:
    """Each token's rows above, in order; below, the same rows side by side by expert.

    `experts` count from 0; they are shown as counting from `first`.
    """
    flat = np.array(experts).flatten()
    k = len(flat) // len(words)
    order = flat.argsort(kind="stable")
    step = min(0.46, 9.2 / len(flat))
    figure, axes = new_sheet(9.4, 2.35)
    note = {"fontsize": 8.5, "va": "center", "color": LIGHT["muted"]}
    axes.text(0.03, 0.14, f"rows as they come: each token {k} times", **note)
    axes.text(0.03, 2.22, "rows by expert: one matrix product for each block", **note)
    for place, row in enumerate(order.tolist()):
        ink = INKS[int(flat[row]) % len(INKS)]
        line = ConnectionPatch(
            (0.1 + row * step + step / 2, 0.57), (0.1 + place * step + step / 2, 1.55),
            coordsA="data", coordsB="data", axesA=axes, axesB=axes, color=ink, linewidth=1.6,
        )  # fmt: skip
        axes.add_patch(line)
    names = list(words)
    for row, expert in enumerate(flat.tolist()):
        box(axes, 0.1 + row * step, 0.32, step * 0.94, names[row // k], INKS[expert % len(INKS)])
    for place, row in enumerate(order.tolist()):
        expert = int(flat[row])
        box(axes, 0.1 + place * step, 1.55, step * 0.94, names[row // k], INKS[expert % len(INKS)])
    for expert in sorted(set(flat.tolist())):
        spots = [place for place, row in enumerate(order) if flat[row] == expert]
        middle = 0.1 + (spots[0] + spots[-1] + 1) / 2 * step
        axes.text(
            middle, 1.97, f"expert {expert + first}", ha="center", fontsize=7.5, color=LIGHT["ink"]
        )
    counts = ", ".join(f"expert {e + first}: {n}" for e, n in enumerate(np.bincount(flat)) if n)
    return Picture(figure, f"{len(flat)} rows, sorted by expert. {counts}")
