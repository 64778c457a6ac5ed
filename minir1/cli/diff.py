"""`minir1 diff A B`: what changes between two recipes, or two runs."""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from minir1 import recipes
from minir1.cli.options import Json
from minir1.cli.output import table, words
from minir1.config import Config
from minir1.run.home import differences, find_run, read_config

SECTIONS = {
    "": "The run",
    "task": "The problems",
    "corpus": "What the base reads",
    "model": "The model",
    "pretrain": "The base",
    "zero": "Reinforcement learning",
    "eval": "Evaluation",
    "parallel": "How it is spread over devices",
    "pipeline": "The stages of R1",
}
"""Parts of a config, in the order in which a run comes to them."""
OPTIONAL = ("pretrain", "zero")
"""Stages that a run with 0 steps of them leaves out."""

Changes = Mapping[str, tuple[Any, Any]]


def main(a: str, b: str, *, as_json: Json = False) -> int:
    """Print only what differs between A and B: first what it comes to, then field by field.

    Args:
        a: a recipe, or a run's folder
        b: the same
    """
    left, right = load(a), load(b)
    changed = differences(left, right)
    if as_json:
        print(json.dumps({name: {"a": old, "b": new} for name, (old, new) in changed.items()}))
    elif changed:
        sums = summary(left, right)
        if sums:
            table([("In short", a, b), *sums])
        notes, about = [], meanings(left)
        for section, title in SECTIONS.items():
            rows, note = lines(section, left, right, changed, about)
            notes += note
            if rows:
                table([(title, a, b, ""), *rows], whole_names=True)
        last = list(changed)[-1]
        print("\n".join([*notes, f"Each is an option: --{last.replace('_', '-')}, for example."]))
    else:
        print(f"{a} and {b} are the same")
    return 0


def load(name: str) -> Config:
    """The config of a recipe; of a run's folder where no recipe has that name."""
    if name in recipes.RECIPES:
        return recipes.get(name)
    if "/" in name or Path(name).exists():
        return read_config(find_run(name))
    return recipes.get(name)


def summary(a: Config, b: Config) -> list[tuple[str, str, str]]:
    """What the changes come to, in numbers that no single field holds; only those that change."""
    both = [in_short(config) for config in (a, b)]
    rows = [(name, both[0][name], both[1][name]) for name in both[0]]
    return [row for row in rows if row[1] != row[2]]


def in_short(config: Config) -> dict[str, str]:
    """How large a run is."""
    from minir1.cli.ledger import short
    from minir1.model.count import active_parameters, parameters

    rollouts = config.zero.questions_per_step * config.zero.group_size
    return {
        "parameters": short(parameters(config.model)),
        "of which a token uses": short(active_parameters(config.model)),
        "where the weights come from": config.base or "made here",
        "problems": config.task.path or config.task.family or config.task.name,
        "rollouts a step of RL": words(rollouts),
        "rollouts in all": words(rollouts * config.zero.steps),
        "planned for": f"{config.gpus} x {config.gpu}" if config.gpu else "the machine at hand",
        "dollars an hour": words(config.dollars_per_hour),
    }


def lines(
    section: str, a: Config, b: Config, changed: Changes, about: Mapping[str, str]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows of one part of the config, and what is said of rows that are left out."""
    names = [name for name in changed if (name.partition(".")[0] if "." in name else "") == section]
    notes = []
    if section in OPTIONAL and 0 in (getattr(a, section).steps, getattr(b, section).steps):
        without = [name for name in names if name != f"{section}.steps"]
        names = [name for name in names if name not in without]
        if without:
            fields_ = ", ".join(without)
            notes.append(f"One of the two has no such stage, so these say nothing: {fields_}.")
    rows = [(n, words(changed[n][0]), words(changed[n][1]), about.get(n, "")) for n in names]
    return rows, notes


def meanings(config: Any, prefix: str = "") -> dict[str, str]:
    """The first sentence below each field of a (nested) config, by the field's dotted name.

    >>> meanings(Config())["zero.group_size"]
    'Rollouts of one prompt, which are compared with each other'
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(type(config)))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for one, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(one, ast.AnnAssign) and isinstance(after, ast.Expr):
            assert isinstance(one.target, ast.Name) and isinstance(after.value, ast.Constant)
            text = " ".join(str(after.value.value).split())
            found[prefix + one.target.id] = text.partition(". ")[0].rstrip(".")
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            found |= meanings(value, f"{prefix}{field.name}.")
    return found
