"""Claim: an "aha". It goes back, finds the mistake, mends it. Arms that could explain it away.

    lying          RL from a base whose checks say yes or no by the toss of a coin
    never_retries  RL from a base that has never read a second try
    elsewhere      RL from a base that has read checks and retries in another task only

What needs no training of its own (forcing, planted errors) is `thinking.py`.
The other task of `elsewhere` has no given numbers: "make 15" may be answered by any two numbers.
Its texts check and retry; its Countdown texts make one try and stop.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from minir1.bench.claims.unit import Kept, Unit
from minir1.config import CorpusConfig
from minir1.stages.pretrain import corpus_task
from minir1.tasks.countdown import Countdown
from minir1.tasks.search import Try, apply
from minir1.text.corpus import Document
from minir1.text.template import render_completion, render_prompt
from minir1.text.trace import write_try

Row = dict[str, Any]


def before_and_after(unit: Unit, name: str, base: Kept) -> Row:
    """A base of another kind, and what RL makes of it; the base's numbers as `base/...`."""
    zero = unit.zero(f"zero_{name}", lambda: base)
    row = unit.judge(zero.model) | {"cost": zero.cost.to_json()}
    return row | {f"base/{key}": value for key, value in unit.judge(base.model).items()}


def from_corpus(unit: Unit, name: str, **dials: Any) -> Row:
    """The same, for a base that a few dials of the corpus make."""
    corpus: CorpusConfig = replace(unit.config.corpus, **dials)
    return before_and_after(unit, name, unit.base(name, reads=unit.corpus(corpus)))


def lying(unit: Unit) -> Row:
    """Checks that say nothing."""
    return from_corpus(unit, "lying", truthful=False, comparisons=False)


ONE_TRY = {"give_up": 1.0, "patient_share": 0.0, "stop_on_yes": 1.0}


def never_retries(unit: Unit) -> Row:
    """One try, checked or not, and the answer."""
    return from_corpus(unit, "never_retries", **ONE_TRY)


def free_document(rng: random.Random, task: Countdown, max_tries: int) -> Document:
    """A search in the other task: any two numbers that make the target, with checks and retries.

    >>> free_document(random.Random(2), Countdown(high=6, max_value=24), 3).prompt
    '<user> make 3 <assistant>'
    """
    target, tries = rng.randint(2, task.max_value), []
    while not tries or (tries[-1].value != target and len(tries) < max_tries):
        near = max(0, min(task.max_value, target + rng.choice((-2, -1, 0, 0, 0, 1, 2))))
        if one := _pair(rng, near, task):
            tries.append(one)
    said = [write_try(one, target, ("no", "yes")[one.value == target]) for one in tries]
    text = render_completion(" ; ".join(said), tries[-1].expression)
    return Document(render_prompt(f"make {target}"), text)


def _pair(rng: random.Random, value: int, task: Countdown) -> Try | None:
    """Two numbers that make `value`, or None where the draw finds none."""
    a, op = rng.randint(0, task.max_value), rng.choice(task.ops)
    found = [b for b in range(task.max_value + 1) if apply(a, op, b, task.max_value) == value]
    return Try(((a, op, rng.choice(found), value),)) if found else None


def elsewhere_corpus(unit: Unit, task: Countdown) -> Iterator[Document]:
    """Countdown in one unchecked try; checks and retries in the other task, every second text."""
    plain = unit.corpus(replace(unit.config.corpus, check_share=0.0, **ONE_TRY))
    rng = unit.rng("elsewhere")
    while True:
        yield next(plain)
        yield free_document(rng, task, unit.config.corpus.max_tries)


def elsewhere(unit: Unit) -> Row:
    """Checks and retries that were never seen in Countdown."""
    corpus = elsewhere_corpus(unit, corpus_task(unit.config.task))
    base = unit.base("elsewhere", reads=corpus)
    return before_and_after(unit, "elsewhere", base)
