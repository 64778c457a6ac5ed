"""Errors of the kinds that reviewers find, planted into a bundle on purpose.

Each is done as somebody would do it who wants to be believed: what depends on the change is
computed anew, and every hash fits. `reads` says whether reading alone can find it. What is both
consistent and false, only a run finds.

Readers of lesson 16: one of these is in the bundle that you review. Look there first.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from minir1.config import Config
from minir1.run.jsonl import Row
from minir1.stages.bundle.figures import Judge, figures
from minir1.stages.bundle.making import data_of
from minir1.stages.bundle.shape import Bundle, config_of
from minir1.tasks import Problem, Verdict, make_task
from minir1.text.corpus import trace_document

Change = Callable[[Bundle, random.Random], Bundle]
MOST = 10_000
"""Traces that are tried for one right answer."""
SHARE = 0.15
"""Of the answers that a plant changes."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One kind of error."""

    name: str
    says: str
    change: Change
    reads: bool
    """Whether reading can find it."""


def answered(config: Config, problem: Problem, rng: random.Random) -> Row:
    """A transcript that answers a problem rightly, as the base corpus would."""
    task: Any = make_task(config.task)
    for _ in range(MOST):
        text = trace_document(rng, problem, task, config.corpus).text + " <eos>"
        tokens = len(text.split())
        right = task.verify(problem.gold, text) is Verdict.CORRECT
        if right and tokens <= config.eval.max_new_tokens:
            row: Row = {"question": problem.question, "gold": problem.gold, "completion": text}
            return row | {"verdict": "CORRECT", "tokens": tokens, "stop_reason": "eos"}
    raise ValueError(
        f"no right answer to {problem.question!r} fits into {config.eval.max_new_tokens} tokens: "
        "plant into a bundle of longer answers"
    )


def refigured(bundle: Bundle) -> Bundle:
    """The same bundle with figures that follow from its rows."""
    config = config_of(bundle)
    judge = Judge(config)
    rows = {name: [judge(row) | {"verdict": row["verdict"]} for row in own]
            for name, own in bundle.rows.items()}  # fmt: skip
    head = bundle.head | {"figures": figures(rows, config.eval.samples)}
    return replace(bundle, head=head)


def wrong_ones(bundle: Bundle, rng: random.Random) -> list[int]:
    """Some of the answers after RL that are wrong, by place."""
    rows = bundle.rows["final"]
    places = [i for i, row in enumerate(rows) if row["verdict"] != "CORRECT"]
    return sorted(rng.sample(places, max(1, min(len(places), round(SHARE * len(rows))))))


def with_final(bundle: Bundle, rows: list[Row]) -> Bundle:
    """Other transcripts after RL, and figures that follow from them."""
    return refigured(replace(bundle, rows=bundle.rows | {"final": rows}))


def trained_on(bundle: Bundle, rng: random.Random) -> Bundle:
    """Where the policy failed, it was asked a training question in place of the held-out one."""
    config, rows = config_of(bundle), list(bundle.rows["final"])
    stream = make_task(config.task).problems("train", rng.getrandbits(32))
    for place in wrong_ones(bundle, rng):
        rows[place] = answered(config, next(stream), rng)
    return with_final(bundle, rows)


def easier(bundle: Bundle, rng: random.Random) -> Bundle:
    """Failed questions were replaced by held-out ones that it can do: one is asked many times."""
    rows = list(bundle.rows["final"])
    easy = answered(config_of(bundle), _problem(bundle.rows["final"][0]), rng)
    for place in wrong_ones(bundle, rng):
        rows[place] = easy
    return with_final(bundle, rows)


def kinder(bundle: Bundle, rng: random.Random) -> Bundle:
    """Wrong answers were judged right by hand."""
    rows = list(bundle.rows["final"])
    for place in wrong_ones(bundle, rng):
        rows[place] = rows[place] | {"verdict": "CORRECT"}
    return with_final(bundle, rows)


def fewer(bundle: Bundle, rng: random.Random) -> Bundle:
    """The baseline was measured on half of the problems, those that it failed more often."""
    own = sorted(bundle.rows["base"], key=lambda row: row["verdict"] == "CORRECT")
    return refigured(replace(bundle, rows=bundle.rows | {"base": own[: len(own) // 2]}))


def rewritten(bundle: Bundle, rng: random.Random) -> Bundle:
    """Wrong transcripts were rewritten until they were right. Everything follows from them."""
    config, rows = config_of(bundle), list(bundle.rows["final"])
    for place in wrong_ones(bundle, rng):
        rows[place] = answered(config, _problem(rows[place]), rng)
    return with_final(bundle, rows)


def _problem(row: Row) -> Problem:
    return Problem("", row["question"], row["gold"], "")


def rounded_up(bundle: Bundle, rng: random.Random) -> Bundle:
    """A figure is better than its rows."""
    return _figure(bundle, lambda one: {name: value + 0.02 for name, value in one.items()})


def narrower(bundle: Bundle, rng: random.Random) -> Bundle:
    """An interval is half as wide as it should be."""

    def halved(one: dict[str, float]) -> dict[str, float]:
        ends = {name: (one[name] + one["value"]) / 2 for name in ("low", "high")}
        return one | ends

    return _figure(bundle, halved)


def _figure(bundle: Bundle, change: Callable[[dict[str, float]], dict[str, float]]) -> Bundle:
    own = bundle.head["figures"]
    return _headed(bundle, figures=own | {"final/pass@1": change(own["final/pass@1"])})


def _headed(bundle: Bundle, **fields: Any) -> Bundle:
    return replace(bundle, head=deepcopy(bundle.head) | fields)


def other_seed(bundle: Bundle, rng: random.Random) -> Bundle:
    """The best seed of several is shown as seed 0 of one: seed and data hashes are made to fit."""
    config = replace(config_of(bundle), seed=config_of(bundle).seed + 1)
    fields = {"seed": config.seed, "config": config.to_json()}
    return _headed(bundle, **fields, data=data_of(config, bundle.curves))


def other_config(bundle: Bundle, rng: random.Random) -> Bundle:
    """The config that is published is not the one that was run; its hash is made to fit."""
    config = config_of(bundle)
    zero = replace(config.zero, optim=replace(config.zero.optim, lr=2 * config.zero.optim.lr))
    config = replace(config, zero=zero)
    return _headed(bundle, config=config.to_json(), recipe_hash=config.hash())


def smoother(bundle: Bundle, rng: random.Random) -> Bundle:
    """One point of the reward's curve is where it should have been."""
    curves = deepcopy(bundle.curves)
    point = rng.choice([row for row in curves if row["stage"] == "zero"])
    point["reward"] += 0.1
    return replace(bundle, curves=curves)


def shorter(bundle: Bundle, rng: random.Random) -> Bundle:
    """The curve ends where it was best."""
    return replace(bundle, curves=bundle.curves[:-1])


def cheaper(bundle: Bundle, rng: random.Random) -> Bundle:
    """A failed part of the run is left out of the bill."""
    own = bundle.head["cost"]
    return _headed(
        bundle, cost=own | {n: own[n] / 2 for n in ("seconds", "tokens_trained", "dollars")}
    )


PLANTS = (
    Plant("trained_on", "answers to training questions among the held-out ones", trained_on, True),
    Plant("easier", "one easy question asked many times", easier, True),
    Plant("kinder", "wrong answers judged right", kinder, True),
    Plant("fewer", "a baseline with half of the samples", fewer, True),
    Plant("rounded_up", "a figure that doesn't follow from its rows", rounded_up, True),
    Plant("narrower", "an interval half as wide", narrower, True),
    Plant("other_seed", "another seed than the one that was run", other_seed, True),
    Plant("shorter", "a curve that ends too soon", shorter, True),
    Plant("cheaper", "a bill without its failed part", cheaper, True),
    Plant("rewritten", "transcripts that were rewritten", rewritten, False),
    Plant("smoother", "one point of a curve moved", smoother, False),
    Plant("other_config", "another config than the one that was run", other_config, False),
)
