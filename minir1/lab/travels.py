"""Rows that travel to the process that owns their expert, and back: tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.patches import ConnectionPatch

from minir1.lab.experts import INKS
from minir1.lab.heat import heat
from minir1.lab.picture import Picture
from minir1.lab.tokens import box, heading, new_sheet, strip
from minir1.run.report.ink import LIGHT


def owners_of(experts: Sequence[int], n_experts: int, owners: int) -> list[int]:
    """Which of the owners has each of these experts: equal parts, in order.

    >>> owners_of([0, 3, 7], n_experts=8, owners=2)
    [0, 0, 1]
    """
    return [expert // (n_experts // owners) for expert in experts]


def owner_strip(words: Sequence[str], experts: Sequence[int], n_experts: int, owners: int,
                home: int) -> Picture:  # fmt: skip
    """Each token with the owners of its K experts below it; blue: some row has to leave."""
    k = len(experts) // len(words)
    mine = np.array(owners_of(experts, n_experts, owners)).reshape(-1, k)
    away = (mine != home).mean(1)
    picture = strip(
        words, title=f"Tokens of process {home}, and who owns the experts that each needs",
        below=[" ".join(map(str, row)) for row in mine], values=away,
        unit="share of the token's rows that leave",
    )  # fmt: skip
    return Picture(
        picture.figure,
        f"{(mine != home).mean():.0%} of the rows of process {home} leave it; "
        f"{(away == 0).mean():.0%} of its tokens need nobody else",
    )


def route_matrix(found: Sequence[Mapping[str, Any]], owners: int) -> Picture:
    """Rows of one MoE layer from each process (down) to each process (to the right)."""
    size = len(found)
    table = np.full((size, size), np.nan)
    for rank, one in enumerate(found):
        first = rank // owners * owners
        for to, rows in enumerate(one["leaving"]):
            table[rank, first + to] = sum(rows)
    names = [str(rank) for rank in range(size)]
    stay = np.nansum(np.diag(table)) / np.nansum(table)
    picture = heat(
        {"Rows of one MoE layer": table}, unit="from (down), to (right)", x_name="to process",
        y_name="from process", rows=names, cols=names, height=2.7, width=4.6,
        words=f"{stay:.0%} of the rows stay where they are. White: never, another set of experts",
    )  # fmt: skip
    axes = picture.figure.axes[0]
    for (row, col), value in np.ndenumerate(table):
        if not np.isnan(value):
            axes.text(col, row, f"{value:.0f}", ha="center", va="center", fontsize=9)
    return picture


def journey(
    words: Sequence[Sequence[str]], experts: Sequence[Sequence[int]], n_experts: int
) -> Picture:
    """Two processes: their rows sorted by expert, above, and what arrives at each owner, below."""
    step, gap, n_owners = 0.42, 0.7, len(words)
    sheet, above, below = {}, 0.72, 1.75
    k = len(experts[0]) // len(words[0])
    width = sum(len(one) for one in experts) * step + gap * (n_owners - 1) + 0.2
    figure, axes = new_sheet(max(9.4, width), 2.35)
    heading(axes, "All-to-all: rows by expert in each process (above) to their owners (below)")
    note = {"fontsize": 8.5, "va": "center", "color": LIGHT["ink"]}
    x = 0.1
    for rank, (names, chosen) in enumerate(zip(words, experts, strict=True)):
        axes.text(x, above - 0.22, f"process {rank}", **note)
        for row in np.argsort(chosen, kind="stable"):
            expert = chosen[row]
            sheet.setdefault(owners_of([expert], n_experts, n_owners)[0], []).append(
                (x, rank, expert, names[row // k])
            )
            box(axes, x, above, step * 0.95, f"{names[row // k][:2]}:{expert}", INKS[rank])
            x += step
        x += gap
    x = 0.1
    for owner in range(n_owners):
        arrived = sheet.get(owner, [])
        each = n_experts // n_owners
        axes.text(x, below + 0.42, f"process {owner} owns experts {owner * each} to "
                  f"{(owner + 1) * each - 1}", **note)  # fmt: skip
        for start, rank, expert, name in arrived:
            box(axes, x, below, step * 0.95, f"{name[:2]}:{expert}", INKS[rank])
            axes.add_patch(ConnectionPatch(
                (start + step / 2, above + 0.26), (x + step / 2, below - 0.01), coordsA="data",
                coordsB="data", axesA=axes, axesB=axes, color=INKS[rank], linewidth=1.4,
            ))  # fmt: skip
            x += step
        x += gap
    counts = ", ".join(f"{len(sheet.get(o, []))} arrive at process {o}" for o in range(n_owners))
    return Picture(figure, f"Rows as token:expert. {counts}; each sender's rows stay in order")
