"""A case as the call that a learner would type: the input beside the value that went wrong."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from minir1.lab.grader.exercise import Case

ARGUMENT, CALL, NUMBERS = 120, 240, 16
"""The longest argument and call in characters, and how many numbers of a tensor are shown."""


def written(name: str, case: Case) -> str:
    """The call of a case, or nothing if it would be too long to be read.

    >>> written("apply", Case((7, "-", 9), {"max_value": 30}))
    "apply(7, '-', 9, max_value=30)"
    """
    if case.trial or case.world:
        return ""
    places = [in_short(argument) for argument in case.args]
    names = {key: in_short(value) for key, value in case.kwargs.items()}
    call = f"{name}({', '.join([*places, *(f'{key}={text}' for key, text in names.items())])})"
    return call if all(places) and all(names.values()) and len(call) <= CALL else ""


def in_short(value: Any) -> str:
    """A value as Python writes it, a long text cut; nothing if there is no short way."""
    if isinstance(value, Tensor) and value.numel() > NUMBERS:
        return ""
    text = " ".join(repr(value).split())
    if isinstance(value, str) and len(text) > ARGUMENT:
        return f"{text[:ARGUMENT]}...{text[-1]}"
    return text if len(text) <= ARGUMENT and " at 0x" not in text else ""
