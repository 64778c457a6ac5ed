"""Recipes by name. To add one, write its function and add its name to the table."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from minir1.config import Config
from minir1.recipes.claims import claim, claim_smoke
from minir1.recipes.cpu import laptop, laptop_long, laptop_lying, smoke
from minir1.recipes.gpu import gpu_1, gpu_24gb, h800_8, paper
from minir1.recipes.pipeline import pipeline_laptop, pipeline_smoke
from minir1.recipes.real import smollm, smollm_format, smollm_signs, smollm_signs_format

RECIPES: dict[str, Callable[[], Config]] = {
    recipe.__name__: recipe
    for recipe in (
        smoke,
        laptop,
        laptop_lying,
        laptop_long,
        smollm,
        smollm_format,
        smollm_signs,
        smollm_signs_format,
        gpu_24gb,
        gpu_1,
        h800_8,
        paper,
        pipeline_smoke,
        pipeline_laptop,
        claim_smoke,
        claim,
    )
}


def get(name: str) -> Config:
    """The recipe called `name`.

    >>> get("smoke").name
    'smoke'
    >>> get("labtop")
    Traceback (most recent call last):
    ValueError: there is no recipe 'labtop'; nearest: laptop, ...
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(RECIPES)}"
        raise ValueError(f"there is no recipe {name!r}; {hint}")
    return RECIPES[name]()
