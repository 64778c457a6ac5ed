"""Read before you run: is a bundle true to itself? No model is needed, and it takes seconds.

    files       size and SHA-256 are those of the manifest
    config      its hash is the one that the bundle names; so is its seed
    data        made again from config and seed, the training rows have the same hash
    counts      as many problems, samples and steps as the config asks for; the baseline's too
    questions   both evaluations ask the held-out problems, in their order, and no others
    verdicts    every transcript, judged again, earns what it is said to have earned
    figures     every figure and interval follows from the transcripts
    curves      no step is missing, and the tokens add up
    cost        trained tokens, hours and dollars add up

What follows from itself can still be untrue. Then only a run tells (`again.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from minir1.config import Config
from minir1.run.evaluate import heldout_problems
from minir1.run.ledger import SUMS
from minir1.run.models import STAGES, steps_of
from minir1.stages.bundle.figures import Judge, figures
from minir1.stages.bundle.making import data_of, tokens_of
from minir1.stages.bundle.shape import Bundle, config_of
from minir1.stages.lineage.made import other_tokens
from minir1.tasks.audit import Check
from minir1.tasks.keys import sides

Faults = Iterator[str]
STEPS = 20
"""Steps whose tokens are counted again."""
CLOSE = 1e-9


def check(bundle: Bundle) -> list[Check]:
    """Every check, in the order in which a reviewer would go."""
    found = [
        _check("files", "all as they were written", lambda: iter([bundle.torn] * bool(bundle.torn)))
    ]
    try:
        config = config_of(bundle)
    except ValueError as error:
        return [*found, Check("config", "FAIL", str(error))]
    parts: dict[str, tuple[str, Callable[[Bundle, Config], Faults]]] = {
        "config": ("hash and seed are those of the config", of_config),
        "data": ("made again, the same", of_data),
        "counts": ("as many as the config says", of_counts),
        "questions": ("held out, the same before and after", of_questions),
        "verdicts": ("judged again, the same", of_verdicts),
        "figures": ("all follow from the transcripts", of_figures),
        "curves": ("no step is missing, the tokens add up", of_curves),
        "cost": ("it adds up", of_cost),
    }
    return found + [
        _check(name, fine, lambda test=test: test(bundle, config))
        for name, (fine, test) in parts.items()
    ]


def _check(name: str, fine: str, faults: Callable[[], Faults]) -> Check:
    try:
        found = list(faults())
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return Check(name, "FAIL", f"can't be read: {type(error).__name__}: {error}")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Check(name, "FAIL", found[0] + more) if found else Check(name, "ok", fine)


def of_config(bundle: Bundle, config: Config) -> Faults:
    """The hash names what is computed; the seed names which run of it."""
    head = bundle.head
    for name, own in (
        ("recipe_hash", config.hash()),
        ("seed", config.seed),
        ("recipe", config.name),
    ):
        if head[name] != own:
            yield f"{name} is {head[name]!r}, and the config's is {own!r}"


def of_data(bundle: Bundle, config: Config) -> Faults:
    """Toys are made on the fly, so a reviewer makes them too."""
    made = data_of(config, bundle.curves)
    if len(made) != len(bundle.head["data"]):
        yield f"{len(bundle.head['data'])} data sets are named, {len(made)} were learned from"
    for own, said in zip(made, bundle.head["data"], strict=False):
        for name, value in own.items():
            if said.get(name) != value:
                yield f"{own['set']}: {name} is {said.get(name)!r}, made again it is {value!r}"


def of_counts(bundle: Bundle, config: Config) -> Faults:
    """The baseline has as many rows as the rest, and both have what the config asks for."""
    counts, wanted = bundle.head["counts"], config.eval.problems * config.eval.samples
    for name in ("problems", "samples"):
        if counts[name] != getattr(config.eval, name):
            yield f"{counts[name]} {name}, the config asks for {getattr(config.eval, name)}"
    for name, rows in bundle.rows.items():
        if len(rows) != wanted:
            yield f"{name} has {len(rows)} answers, the config asks for {wanted}"
    for stage in STAGES:
        steps, own = counts["steps"].get(stage), steps_of(config, stage)
        if steps != own:
            yield f"{stage}: {steps} steps, the config has {own}"


def of_questions(bundle: Bundle, config: Config) -> Faults:
    """The held-out problems are the same for every run, so a reviewer knows them."""
    problems = heldout_problems(config.task, config.eval.problems)
    for name, rows in bundle.rows.items():
        asked = [problem for problem in problems for _ in range(config.eval.samples)]
        for number, (row, own) in enumerate(zip(rows, asked, strict=False), start=1):
            if (row["question"], row["gold"]) != (own.question, own.gold):
                side = sides(str(row["question"]), config.task.heldout_share)
                kind = "a training question" if side == {"train"} else "not the one asked here"
                yield f"{name}, answer {number}: {row['question']!r} is {kind}"


def of_verdicts(bundle: Bundle, config: Config) -> Faults:
    """What is said of a transcript must follow from its text."""
    judge = Judge(config)
    for name, rows in bundle.rows.items():
        for number, row in enumerate(rows, start=1):
            own = judge(row)
            ended = row["completion"].split()[-1:] == ["<eos>"]
            if ended != (row["stop_reason"] == "eos"):
                yield f"{name}, answer {number}: it stopped by {row['stop_reason']!r}, says its row"
            for what in ("verdict", "tokens"):
                if row[what] != own[what]:
                    yield f"{name}, answer {number}: {what} is {own[what]!r}, said {row[what]!r}"


def of_figures(bundle: Bundle, config: Config) -> Faults:
    """Value and interval of each figure."""
    judge = Judge(config)
    rows = {name: [judge(row) for row in own] for name, own in bundle.rows.items()}
    follow, said = figures(rows, config.eval.samples), bundle.head["figures"]
    for name in [*follow, *(name for name in said if name not in follow)]:
        if name not in said or name not in follow:
            yield f"{name} is {'missing' if name in follow else 'of no transcript'}"
        elif not same(said[name], follow[name]):
            yield f"{name} is said to be {shown(said[name])}, its rows say {shown(follow[name])}"


def same(a: dict[str, float], b: dict[str, float]) -> bool:
    """Whether two intervals are one, but for the last bits."""
    return set(a) == set(b) and all(
        math.isclose(a[name], b[name], rel_tol=CLOSE, abs_tol=CLOSE) for name in a
    )


def shown(figure: dict[str, float]) -> str:
    """A figure as text.

    >>> shown({"value": 0.5, "low": 0.25, "high": 0.75})
    '0.5 [0.25, 0.75]'
    """
    return "{value:.4g} [{low:.4g}, {high:.4g}]".format(**figure)


def of_curves(bundle: Bundle, config: Config) -> Faults:
    """RL's steps are all there; the base's texts have the tokens that its curve counted."""
    rl = [row["step"] for row in bundle.curves if row["stage"] == "zero"]
    if rl != list(range(1, config.zero.steps + 1)):
        yield f"RL's curve has {len(rl)} rows, the config has {config.zero.steps} steps"
    tokens, counted = tokens_of(bundle.curves, "zero"), bundle.head["counts"]["tokens"]["zero"]
    if tokens != counted:
        yield f"RL's curve has {tokens:,} tokens, counted are {counted:,}"
    for step in other_tokens(config, "pretrain", bundle.curves, STEPS):
        yield f"the base's curve, step {step}: its texts have other tokens"


def of_cost(bundle: Bundle, config: Config) -> Faults:
    """What was trained was paid for, and hours and dollars belong together."""
    cost: dict[str, Any] = bundle.head["cost"]
    if missing := [name for name in SUMS if name not in cost]:
        yield f"{missing[0]} is not told"
        return
    trained, paid = sum(bundle.head["counts"]["tokens"].values()), cost["tokens_trained"]
    # A run that was stopped and resumed pays for some steps twice.
    if paid < trained or (paid > trained and not cost.get("stopped")):
        yield f"{paid:,} tokens were paid for, {trained:,} were trained on"
    dollars = cost["seconds"] / 3600 * config.dollars_per_hour
    if not math.isclose(cost["dollars"], dollars, rel_tol=1e-6):
        yield f"{cost['dollars']:.4g} dollars, but the hours cost {dollars:.4g}"
