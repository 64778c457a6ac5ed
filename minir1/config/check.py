"""What every config shares: checks with one kind of error, and fields that came later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, fields, is_dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")


def require(ok: bool, field_name: str, value: object, cure: str) -> None:
    """Raise the one kind of error that a user's config can cause.

    >>> require(3 > 0, "n_layers", 3, "use a whole number of at least 1")
    """
    if not ok:
        raise ValueError(f"{field_name} = {value!r} can't be used: {cure}")


def at_least(config: object, minimum: int | float, *names: str) -> None:
    """Require every named field of `config` to be a number >= `minimum`."""
    for name in names:
        value = getattr(config, name)
        require(value >= minimum, name, value, f"use a number of at least {minimum}")


def share(config: object, *names: str) -> None:
    """Require every named field of `config` to be a share: a number from 0 to 1."""
    for name in names:
        value = getattr(config, name)
        require(0 <= value <= 1, name, value, "use a share from 0 to 1")


def later(default: Value | None = None, *, make: Callable[[], Value] | None = None) -> Value:
    """A field that was added when runs had been published already.

    While it holds its default, `Config.hash` leaves it out: the run computes what it computed
    before the field existed, so it keeps its name.
    """
    if make is not None:
        return field(default_factory=make, metadata={"later": True})
    return field(default=default, metadata={"later": True})  # type: ignore[return-value]


def machine(default: Value) -> Value:
    """A field that says how a run is computed and never what: no part of `Config.hash`.

    A run may go on with another value of it: on more machines, say, or with fewer checkpoints.
    """
    return field(default=default, metadata={"later": True, "machine": True})  # type: ignore


def machine_fields(config: Any, prefix: str = "") -> set[str]:
    """The dotted names of all `machine` fields of a (nested) config."""
    names: set[str] = set()
    for entry in fields(config):
        value, name = getattr(config, entry.name), prefix + entry.name
        if is_dataclass(value):
            names |= machine_fields(value, f"{name}.")
        elif entry.metadata.get("machine"):
            names.add(name)
    return names


def content(config: Any) -> dict[str, Any]:
    """What a (nested) config computes: no machine fields, no later ones that hold their default."""
    result = {}
    for entry in fields(config):
        value = getattr(config, entry.name)
        if entry.metadata.get("machine"):
            continue
        if is_dataclass(value):
            value = content(value)
        if entry.metadata.get("later"):
            default = entry.default_factory() if callable(entry.default_factory) else entry.default
            if value == (content(default) if is_dataclass(default) else default):
                continue
        result[entry.name] = value
    return result
