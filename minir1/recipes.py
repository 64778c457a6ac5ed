"""The scaling story: each recipe is the one before it with a few sizes changed.

    smoke -> laptop -> laptop_long

A recipe is a function that returns one whole `Config`. `minir1 diff smoke laptop` prints
only what changes.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

from minir1.config import Config


def smoke() -> Config:
    """The whole path at a toy size: it learns little, and proves that everything works."""
    base = Config(name="smoke")
    return replace(
        base,
        pretrain=replace(base.pretrain, steps=20, sequences_per_step=16),
        zero=replace(
            base.zero, steps=3, questions_per_step=4, group_size=4, max_new_tokens=60, save_every=2
        ),
        eval=replace(base.eval, problems=20, max_new_tokens=60, every=2, every_problems=10),
    )


def laptop() -> Config:
    """R1-Zero from random weights to the report, on two CPU cores."""
    base = smoke()
    return replace(
        base,
        name="laptop",
        pretrain=replace(base.pretrain, steps=1000, sequences_per_step=128),
        zero=replace(
            base.zero,
            steps=60,
            questions_per_step=16,
            group_size=16,
            max_new_tokens=200,
            save_every=20,
        ),
        eval=replace(base.eval, problems=500, max_new_tokens=200, every=25, every_problems=100),
    )


def laptop_long() -> Config:
    """More of the same: for an hour, or for a bigger machine."""
    base = laptop()
    return replace(
        base,
        name="laptop_long",
        pretrain=replace(base.pretrain, steps=3000),
        zero=replace(base.zero, steps=400),
    )


RECIPES: dict[str, Callable[[], Config]] = {
    recipe.__name__: recipe for recipe in (smoke, laptop, laptop_long)
}


def get(name: str) -> Config:
    """The recipe called `name`.

    >>> get("smoke").name
    'smoke'
    >>> get("labtop")
    Traceback (most recent call last):
    ValueError: there is no recipe 'labtop'; nearest: laptop, laptop_long
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(RECIPES)}"
        raise ValueError(f"there is no recipe {name!r}; {hint}")
    return RECIPES[name]()
