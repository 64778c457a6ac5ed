"""The plan of a recipe with handles: chips, GPUs and lengths, and what fits.

explore_plan("h800_8")     in a lesson; saved, the page keeps the first picture
"""

from __future__ import annotations

from dataclasses import replace

from minir1 import recipes
from minir1.lab.explore import explore
from minir1.lab.picture import Note
from minir1.plan.chips import CHIPS, chip
from minir1.plan.recipe import headline, plan


def plan_page(recipe: str, gpu: str, gpus: int, max_new_tokens: int) -> Note:
    """The plan as one small page: the headline, memory at both peaks, hours, and the cure."""
    config = recipes.get(recipe)
    zero = replace(config.zero, max_new_tokens=max_new_tokens, length_schedule=())
    owners = min(config.parallel.expert_parallel, gpus)
    parallel = replace(config.parallel, expert_parallel=owners)
    try:
        found = plan(replace(config, zero=zero, parallel=parallel), chip(gpu), gpus)
    except ValueError as error:
        return Note(f"{error}")
    kinds = list(dict.fromkeys(kind for peak in found.memory.values() for kind in peak))
    rows = ["| GB on a GPU | sampling | training |", "|---|---|---|"]
    for kind in kinds:
        cells = [f"{peak.get(kind, 0.0) / 1e9:.1f}" for peak in found.memory.values()]
        rows.append(f"| {kind} | {' | '.join(cells)} |")
    hours = ", ".join(f"{part} {value:.1f}" for part, value in found.hours.items())
    cure = "A server must sample." if found.cure is None else " ".join(found.cure)
    return Note(
        f"**{headline(found)}**\n\n"
        + "\n".join(rows)
        + f"\n\nHours: {hours}. {cure}\n\nHours rest on assumptions, not on measurements."
    )


def explore_plan(recipe: str = "h800_8") -> None:
    """Show the plan of a recipe, with handles in a live page."""
    config = recipes.get(recipe)
    names = [config.gpu, *(one.name for one in CHIPS if one.name != config.gpu)]

    def draw(gpu: str, gpus: int, max_new_tokens: int) -> Note:
        return plan_page(recipe, gpu, gpus, max_new_tokens)

    counts = [config.gpus, *(n for n in (1, 2, 4, 8, 16, 32) if n != config.gpus)]
    longest = config.zero.max_new_tokens
    lengths = [longest, *(n for n in (512, 1024, 2048, 4096) if n != longest)]
    explore(draw, gpu=names, gpus=counts, max_new_tokens=lengths)
