"""How large a lesson runs: MINIR1_SCALE is smoke, laptop (the default) or full.

A lesson asks once, at its top, and its numbers follow:

    steps = at_scale(smoke=3, laptop=60, full=400)
"""

import os
from typing import Literal, TypeVar

VARIABLE = "MINIR1_SCALE"
Scale = Literal["smoke", "laptop", "full"]
Value = TypeVar("Value")


def scale() -> Scale:
    """The scale that the environment asks for."""
    asked = os.environ.get(VARIABLE, "") or "laptop"
    for known in ("smoke", "laptop", "full"):
        if asked == known:
            return known
    raise ValueError(f"{VARIABLE} = {asked!r} can't be used: use smoke, laptop or full")


def at_scale(*, smoke: Value, laptop: Value, full: Value) -> Value:
    """The one of three values that fits the scale."""
    return {"smoke": smoke, "laptop": laptop, "full": full}[scale()]
