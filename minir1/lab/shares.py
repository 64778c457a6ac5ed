"""What one process holds and what its meetings move, by how many share the work: arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from minir1 import recipes
from minir1.lab.charts import legend_below
from minir1.lab.picture import Picture, panels
from minir1.lab.stacks import draw_stack, stacked
from minir1.plan.chips import chip
from minir1.plan.memory import RESERVE, held
from minir1.plan.traffic import one_pass
from minir1.plan.units import layout
from minir1.run.report.ink import LIGHT


def memory_chart(recipe: str, counts: Sequence[int] = (1, 2, 4, 8, 16, 32)) -> Picture:
    """What a process holds all the time, by how many processes share it."""
    config = recipes.get(recipe)
    one = chip(config.gpu or "h800")
    rows = []
    for count in counts:
        owners = min(config.parallel.expert_parallel, count)
        spread = _owned(config, owners)
        rows.append({kind: size / 1e9 for kind, size in held(spread, count).items()})
    parts = {kind: [row[kind] for row in rows] for kind in rows[0]}
    room = one.memory * (1 - RESERVE) / 1e9
    fits = next((n for n, row in zip(counts, rows, strict=True) if sum(row.values()) < room), None)
    return stacked(
        f"{recipe}: what one process holds all the time", "GB", parts,
        ticks=[str(n) for n in counts], x_name="processes",
        line=(f"{one.name}, minus a tenth", room),
        words=f"Alone: {sum(rows[0].values()):.0f} GB. It begins to fit with {fits} processes, and "
        "nothing has been computed yet",
    )  # fmt: skip


def share_chart(recipe: str, counts: Sequence[int], owners: int) -> Picture:
    """Numbers that one process holds, by the kind of unit they belong to."""
    config = _owned(recipes.get(recipe), owners)
    values: dict[str, list[float]] = {"blocks": [], "experts": [], "router": [], "root": []}
    for count in counts:
        units = layout(config.model, _owned(config, min(owners, count)).parallel, count)
        for kind in values:
            whole = sum(u.copies * u.local for u in units if u.kind == kind.removesuffix("s")
                        or u.kind == kind)  # fmt: skip
            values[kind].append(whole / 1e3)
    return stacked(
        "Numbers that one process holds", "thousands", values, ticks=[str(n) for n in counts],
        x_name="processes", fmt="{:.0f}",
    )  # fmt: skip


def traffic_chart(recipe: str, gpus: int, owners: Sequence[int]) -> Picture:
    """What a GPU holds, and the bytes that its meetings move in one training pass, by owners."""
    config = recipes.get(recipe)
    tokens = config.zero.optim.micro_batch_tokens
    seen = [one_pass(_owned(config, n), gpus, tokens) for n in owners]
    lies = [held(_owned(config, n), gpus) for n in owners]
    parts = {
        "all-gather": [one.all_gather / 1e9 for one in seen],
        "reduce-scatter": [one.reduce_scatter / 1e9 for one in seen],
        "all-to-all": [one.all_to_all / 1e9 for one in seen],
    }
    figure, row = panels(
        (f"{recipe} on {gpus} GPUs: held", "GB on a GPU: weights, gradients, Adam"),
        ("Moved", f"GB a GPU, one pass over {tokens:,} tokens each, its own part included"),
        height=2.8,
    )
    names, x_name = [str(n) for n in owners], "GPUs that share one set of experts"
    whole = {"held": [sum(one.values()) / 1e9 for one in lies]}
    draw_stack(row[0], whole, ticks=names, x_name=x_name)
    for bar in row[0].patches:
        bar.set_facecolor(LIGHT["before"])
    sums = draw_stack(row[1], parts, ticks=names, x_name=x_name)
    legend_below(figure, len(parts), dict(zip(parts, row[1].containers, strict=True)))
    said = "; ".join(f"{name}: {one:.0f}" for name, one in zip(names, sums, strict=True))
    return Picture(figure, f"A GPU holds {max(whole['held']):.0f} GB; moved, GB, by owners. {said}")


def _owned(config: Any, owners: int) -> Any:
    return replace(config, parallel=replace(config.parallel, expert_parallel=owners))
