"""A recipe's hash names what is computed, through every change of the config's own code."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from minir1 import recipes
from minir1.config import Config, ModelConfig, OptimConfig, later, machine, machine_fields
from minir1.config.check import content
from minir1.run.home import RESULTS
from minir1.run.jsonl import read_rows


@dataclass(frozen=True, kw_only=True)
class Inner:
    width: int = 3
    depth: int = later(2)


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    extra: Inner = later(make=Inner)


def test_a_later_field_counts_only_once_it_is_set():
    assert content(Outer()) == {"inner": {"width": 3}}
    assert content(Outer(inner=Inner(depth=5))) == {"inner": {"width": 3, "depth": 5}}
    assert content(Outer(extra=Inner(width=4))) == {"inner": {"width": 3}, "extra": {"width": 4}}


@dataclass(frozen=True, kw_only=True)
class Machines:
    size: int = machine(1)
    dtype: str = "float32"


@dataclass(frozen=True, kw_only=True)
class Spread:
    width: int = 3
    machines: Machines = later(make=Machines)


def test_a_machine_field_never_counts():
    assert content(Spread()) == content(Spread(machines=Machines(size=8))) == {"width": 3}
    other = Spread(machines=Machines(size=8, dtype="bfloat16"))
    assert content(other) == {"width": 3, "machines": {"dtype": "bfloat16"}}
    assert machine_fields(other) == {"machines.size"}


def test_published_runs_are_still_named_by_their_recipe():
    """A change that alters the hash orphans every published number: make a field `later`."""
    measured = {
        row["recipe_hash"]
        for _, row in read_rows(RESULTS / "seeds.jsonl")
        if row["recipe"] in ("laptop", "laptop_lying")
    }
    assert measured == {recipes.laptop().hash(), recipes.laptop_lying().hash()}


@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_a_mean_that_never_moves_is_refused_before_the_base_is_trained(name):
    """torch would refuse it too: when RL builds its optimizer, after the base."""
    with pytest.raises(ValueError, match=rf"{name} = 1\.0 can't be used: use a share below 1"):
        OptimConfig(**{name: 1.0})


def numbers(config: Any) -> Iterator[tuple[Any, str]]:
    """Every number of a config and of those inside it: who holds it, and its name."""
    for entry in fields(config):
        value = getattr(config, entry.name)
        if is_dataclass(value):
            yield from numbers(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield config, entry.name


@pytest.mark.parametrize(("bad", "least"), [(-1, 100), (math.nan, 40)])
def test_every_number_has_a_range_and_is_named_outside_of_it(bad, least):
    """What only the other kind of attention reads is looked at there. No whole number is NaN."""
    refused, all_names = set(), set()
    for config in (Config(), Config(model=ModelConfig(attention="gqa"))):
        for owner, name in numbers(config):
            kind = type(getattr(owner, name))
            if kind is int and math.isnan(bad):
                continue
            all_names.add((type(owner), name))
            try:
                replace(owner, **{name: kind(bad)})
            except ValueError as error:
                assert name in str(error)
                refused.add((type(owner), name))
    assert len(all_names) > least
    assert all_names == refused


@pytest.mark.parametrize("name", list(recipes.RECIPES))
def test_the_hash_is_of_what_is_computed(name):
    config = recipes.get(name)
    assert replace(config, seed=9, name="x", threads=3).hash() == config.hash()
    spread = replace(config.parallel, expert_parallel=8, offload_optimizer=True)
    assert replace(config, parallel=spread, keep_best=True).hash() == config.hash()
    other = "float32" if config.parallel.dtype == "bfloat16" else "bfloat16"
    rounded = replace(config.parallel, dtype=other)
    assert replace(config, parallel=rounded).hash() != config.hash()
    assert replace(config, zero=replace(config.zero, steps=7)).hash() != config.hash()
