"""The base corpus: arithmetic facts and sloppy search traces, written on the fly.

Pure RL from random weights reaches nothing: a reward that never comes teaches nothing. R1-Zero
starts from DeepSeek-V3-Base, which has read much human text; ours starts from a base that has
read this. Like human text, it holds the skills one needs, used without discipline:

- facts: "7 * 3 = 21", and comparisons, "14 ? 22 no";
- traces by three kinds of searcher: one tries at random, one aims (each try is the closest to
  the target of a few random ones), one works through the tries in order. Some check each try,
  most give up after one or two, and whoever stops answers with the last try, right or wrong.

So the base solves few problems, but patience, aim and checking are all in reach of RL. Each
is one dial of `CorpusConfig`; a control base (checks that lie, no retries) is one setting away.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle, islice
from typing import NamedTuple

from minir1.config import CorpusConfig
from minir1.tasks.base import Problem
from minir1.tasks.countdown import Countdown
from minir1.tasks.search import Try, apply, ordered_tries, random_try
from minir1.text.template import render_completion, render_prompt
from minir1.text.trace import write_try

FACTS_A_DOCUMENT = 12


class Document(NamedTuple):
    """A piece of text to learn from. The prompt is read, but not learned: its numbers are drawn
    at random, so predicting them would cost capacity and teach nothing."""

    prompt: str
    text: str


def arithmetic_fact(rng: random.Random, task: Countdown) -> str:
    """One true equation over values the task can meet."""
    wide, narrow = task.max_value, task.high + 8
    while True:
        a = rng.randint(0, wide if rng.random() < 0.5 else narrow)
        b = rng.randint(1, narrow)
        if rng.random() < 0.5:
            a, b = b, a
        op = rng.choice(task.ops)
        c = apply(a, op, b, task.max_value)
        if c is not None:
            return f"{a} {op} {b} = {c}"


def comparison_fact(rng: random.Random, task: Countdown) -> str:
    """One comparison of two values, a third of them equal."""
    a = rng.randint(0, task.max_value)
    b = a if rng.random() < 1 / 3 else rng.randint(0, task.max_value)
    return f"{a} ? {b} {'yes' if a == b else 'no'}"


def facts_document(rng: random.Random, task: Countdown, config: CorpusConfig) -> str:
    """A dozen facts in a row."""
    kinds = (arithmetic_fact, comparison_fact) if config.comparisons else (arithmetic_fact,)
    facts = [
        kinds[rng.random() < 0.4 and config.comparisons](rng, task) for _ in range(FACTS_A_DOCUMENT)
    ]
    return " , ".join(facts)


def tries_of(
    rng: random.Random, problem: Problem, task: Countdown, config: CorpusConfig
) -> Iterator[Try]:
    """The endless tries of one searcher; which kind of searcher is drawn first."""
    numbers, target = problem.gold["numbers"], problem.gold["target"]
    pick = rng.random()
    if pick < config.sweep_share:
        order = ordered_tries(numbers, task.ops, task.max_value)
        start = rng.randrange(len(order))
        yield from cycle(order[start:] + order[:start])
    draws = config.aim if pick < config.sweep_share + config.aimed_share else 1
    while True:
        tries = [random_try(rng, numbers, task.ops, task.max_value) for _ in range(draws)]
        yield min(tries, key=lambda one: abs(one.value - target))


def trace_document(
    rng: random.Random, problem: Problem, task: Countdown, config: CorpusConfig
) -> Document:
    """A prompt and a completion by one searcher on one problem."""
    target = problem.gold["target"]
    checks = rng.random() < config.check_share
    patient = checks and rng.random() < config.patient_share
    give_up = config.patient_give_up if patient else config.give_up
    lines = []
    for one in islice(tries_of(rng, problem, task, config), config.max_tries):
        truth = one.value == target
        said = truth if config.truthful else rng.random() < 0.5
        lines.append(write_try(one, target, ("no", "yes")[said] if checks else ""))
        if rng.random() < (config.stop_on_yes if checks and said else give_up):
            break
    return Document(
        prompt=render_prompt(problem.question),
        text=render_completion(" ; ".join(lines), one.expression),
    )


def documents(config: CorpusConfig, task: Countdown, seed: str) -> Iterator[Document]:
    """An endless, seeded stream of documents; problems come from the training split only."""
    rng = random.Random(seed)
    problems = task.problems("train", seed=rng.getrandbits(48))
    while True:
        if rng.random() < config.facts_share:
            yield Document("", facts_document(rng, task, config))
        else:
            yield trace_document(rng, next(problems), task, config)
