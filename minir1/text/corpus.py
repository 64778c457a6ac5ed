"""The base corpus: arithmetic facts and sloppy search traces, written on the fly.

Pure RL from random weights reaches nothing: a reward that never comes teaches nothing. R1-Zero
starts from DeepSeek-V3-Base, which has read much human text; ours starts from a base that has
read this. Like human text, it holds the skills one needs, used without discipline:

- facts: "7 * 3 = 21", and comparisons, "14 ? 22 no";
- traces by three kinds of searcher: one tries at random, one aims (each try is the closest to
  the target of a few random ones), one never repeats a try. Some check each try, most
  give up after one or two, and whoever stops answers with the last try, right or wrong.

So the base solves few problems, but patience, aim and checking are all in reach of RL. Each
is one dial of `CorpusConfig`; a control base (checks that lie, no retries) is one setting away.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from minir1.config import CorpusConfig
from minir1.tasks.base import Problem
from minir1.tasks.countdown import Countdown
from minir1.tasks.search import Try, apply, random_try
from minir1.text.template import render_completion, render_prompt
from minir1.text.trace import write_try

FACTS_A_DOCUMENT = 12


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


def next_try(
    rng: random.Random,
    problem: Problem,
    task: Countdown,
    config: CorpusConfig,
    kind: str,
    seen: set,
) -> Try:
    """The searcher's next try: at random, aimed, or never a second time."""
    numbers, target = problem.gold["numbers"], problem.gold["target"]

    def draw() -> Try:
        return random_try(rng, numbers, task.ops, task.max_value)

    if kind == "aimed":
        return min((draw() for _ in range(config.aim)), key=lambda one: abs(one.value - target))
    one = draw()
    if kind == "sweep":
        for _ in range(20):  # nearly all tries seen: a repeat is let through
            if one.key not in seen:
                break
            one = draw()
        seen.add(one.key)
    return one


def trace_document(
    rng: random.Random, problem: Problem, task: Countdown, config: CorpusConfig
) -> str:
    """A prompt and a completion by one searcher on one problem."""
    target = problem.gold["target"]
    checks = rng.random() < config.check_share
    pick = rng.random()
    if pick < config.aimed_share:
        kind = "aimed"
    else:
        kind = "sweep" if pick < config.aimed_share + config.sweep_share else "random"
    seen: set = set()
    lines = []
    for _ in range(config.max_tries):
        one = next_try(rng, problem, task, config, kind, seen)
        truth = one.value == target
        said = truth if config.truthful else rng.random() < 0.5
        lines.append(write_try(one, target, ("no", "yes")[said] if checks else ""))
        stop = config.stop_on_yes if checks and said else config.give_up
        if rng.random() < stop:
            break
    completion = render_completion(" ; ".join(lines), one.expression)
    return f"{render_prompt(problem.question)} {completion}"


def documents(config: CorpusConfig, task: Countdown, seed: str) -> Iterator[str]:
    """An endless, seeded stream of documents; problems come from the training split only."""
    rng = random.Random(seed)
    problems = task.problems("train", seed=rng.getrandbits(48))
    while True:
        if rng.random() < config.facts_share:
            yield facts_document(rng, task, config)
        else:
            yield trace_document(rng, next(problems), task, config)
