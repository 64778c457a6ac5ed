"""The sections of numbers and sentences: headline, other sets, price, how to reproduce."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import torch

import minir1
from minir1.config import Config
from minir1.run import stats
from minir1.run.evaluated import by_problem, right
from minir1.run.home import differences
from minir1.run.jsonl import Row
from minir1.run.ledger import total
from minir1.run.report.reading import Run
from minir1.run.report.words import dollars, percent, points

Recipes = Mapping[str, Callable[[], Config]]
R1_ZERO_HOURS, R1_ZERO_DOLLARS = 101_000, 202_000
"""Of R1-Zero's RL alone (arXiv 2501.12948 version 2, section B.4.4), at $2 an H800-hour."""


def headline(run: Run) -> dict[str, Any]:
    """The title, and the gain on the same problems with its interval."""
    base, final = (run.evaluations.get(name) for name in ("base", "final"))
    if run.is_pipeline:
        return {"title": "R1, stage by stage", "gain": None}
    if base is None:
        return {"title": "Nothing is measured yet", "gain": None}
    before = base["pass@1"]["value"]
    if final is None:
        return {"title": f"The base solves {percent(before)}", "gain": None}
    after = final["pass@1"]["value"]
    gain = stats.paired_difference(_right(base), _right(final)) if _paired(base, final) else None
    low, high = (gain.low, gain.high) if gain else (0.0, 0.0)
    if low > 0 or high < 0:
        title = f"From {percent(before)} to {percent(after)} right"
    elif not before and not after:
        title = "Nothing solved yet, before or after RL"
    else:
        title = f"No sure change: {percent(before)} before, {percent(after)} after"
    return {"title": title, "gain": gain.to_json() if gain and low < high else None}


def never_right(run: Run) -> bool:
    """Whether no rollout of RL was right, so that there was no right answer to strengthen."""
    steps, values = run.series("zero", "rewards/accuracy/mean")
    return len(steps) > 0 and not values.any()


def _paired(base: Row, final: Row) -> bool:
    """Whether both answer the same problems in the same order, and enough of them."""
    questions = [[row["question"] for row in one["rows"]] for one in (base, final)]
    return questions[0] == questions[1] and len(_right(base)) == len(_right(final)) > 1


def _right(evaluation: Row) -> list[list[float]]:
    """Right or wrong, a list a problem. The samples of one problem stand together."""
    groups = by_problem(evaluation["rows"], evaluation.get("samples", 1))
    return [[right(row) for row in group] for group in groups]


def before_and_after(run: Run, fields: dict[str, str]) -> list[dict[str, Any]]:
    """Each field that an evaluation has, measured on the base and after RL."""
    base, final = (run.evaluations.get(name, {}) for name in ("base", "final"))
    return [
        {"label": label, "field": field, "base": base.get(field), "final": final.get(field)}
        for field, label in fields.items()
        if base.get(field) or final.get(field)
    ]


def other_sets(run: Run) -> list[dict[str, Any]]:
    """Accuracy on each held-out set, before and after RL."""
    names = {
        name.removeprefix(end)
        for name in run.evaluations
        for end in ("base", "final")
        if name.startswith(end)
    }
    sets = []
    for suffix in sorted(names):
        both = {end: run.evaluations.get(end + suffix) for end in ("base", "final")}
        known = both["final"] or both["base"]
        assert known is not None, "a suffix comes from a file"
        sets.append({
            "label": _set_label(known, suffix),
            "problems": known.get("problems", len(known["rows"])),
            "base": both["base"] and both["base"]["pass@1"],
            "final": both["final"] and both["final"]["pass@1"],
        })  # fmt: skip
    return sets


def _set_label(evaluation: Row, suffix: str) -> str:
    """What the problems are like, read from the problems themselves."""
    golds = [row.get("gold") for row in evaluation["rows"]]
    numbers = [gold["numbers"] for gold in golds if isinstance(gold, dict) and "numbers" in gold]
    if not numbers:
        return suffix.strip("_") or "held-out"
    sizes = {len(some) for some in numbers}
    drawn = [number for some in numbers for number in some]
    how_many = " or ".join(str(size) for size in sorted(sizes))
    label = f"{how_many} numbers from {min(drawn)} to {max(drawn)}"
    kinds = {"": "as in training", "_far": "one number more", "_range": "numbers never seen"}
    return f"{label}: {kinds[suffix]}" if suffix in kinds else label


def price(run: Run) -> dict[str, Any] | None:
    """The ledger's rows, their total, and R1-Zero's published price beside it."""
    if not run.ledger:
        return None
    sums = total(run.ledger)
    times = R1_ZERO_DOLLARS / sums["dollars"] if sums["dollars"] else None
    machine = run.ledger[-1].get("device", {})
    return {
        "rows": run.ledger,
        "total": sums,
        "machine": machine,
        "per_hour": run.ledger[-1].get("dollars_per_hour"),
        "r1_zero": f"{R1_ZERO_HOURS:,} H800-hours and {dollars(R1_ZERO_DOLLARS)}",
        "times": times,
    }


def reproduce(run: Run, recipes: Recipes) -> dict[str, Any]:
    """The command that makes this run again, and the versions that it ran with."""
    machine = run.ledger[-1].get("device", {}) if run.ledger else {}
    return {
        "command": command(run.config, recipes, "pipeline" if run.is_pipeline else "run"),
        "recipe_hash": run.config.hash(),
        "seed": run.config.seed,
        "versions": {
            "minir1": minir1.__version__,
            "torch": machine.get("torch", torch.__version__),
            "Python": machine.get("python", platform.python_version()),
        },
        "machine": machine,
    }


def command(config: Config, recipes: Recipes, verb: str = "run") -> str:
    """The nearest recipe with the options in which the config differs from it.

    >>> command(Config(seed=3), {"laptop": Config})
    'minir1 run laptop --seed 3'
    """
    found = [(differences(make(), config), name) for name, make in recipes.items()]
    changed, recipe = min(found, key=lambda one: (len(one[0]), one[1]), default=({}, config.name))
    words = [f"minir1 {verb} {recipe}"]
    for name, (_, value) in changed.items():
        if isinstance(value, bool):
            group, _, flag = name.rpartition(".")
            words.append(f"--{group}{'.' * bool(group)}{'' if value else 'no-'}{flag}")
        elif isinstance(value, list):  # of words, or of pairs
            flat = [one for some in value for one in (some if isinstance(some, list) else [some])]
            words.append(shlex.join([f"--{name}", *map(str, flat)]))
        else:
            words.append(f"--{name} {shlex.quote(str(value))}")
    return " ".join(words)


def gain_in_words(gain: dict[str, float]) -> str:
    """A gain or loss in points, with its interval.

    >>> gain_in_words({"value": 0.332, "low": 0.289, "high": 0.375})
    'a gain of 33.2 points (28.9 to 37.5)'
    """
    low, high = points(gain["low"]), points(gain["high"])
    if gain["low"] > 0:
        return f"a gain of {points(gain['value'])[1:]} points ({low[1:]} to {high[1:]})"
    if gain["high"] < 0:
        return f"a loss of {points(gain['value'])[1:]} points ({high[1:]} to {low[1:]})"
    return f"a change of {points(gain['value'])} points ({low} to {high})"
