r"""A policy that is paid by each verifier for wrong answers: does it find a hole?

    reward = 1  when the verifier says CORRECT, and the answer is wrong by construction

The policy writes a text fragment by fragment, from a grammar of everything that has ever fooled
a grader: numbers, operators, tags, boxes, words, digits of other scripts, names of builtins. It
is a table of logits, one row for each fragment that came before, trained by REINFORCE with the
mean of the batch as its baseline, theta += lr * (reward - mean) * grad log pi. A wrong answer
pays 1. So that it can climb before it has found anything, a verdict of WRONG pays .1: it was
read and compared, while the rest was turned away at the door. Half of each batch mutates texts
that were read, which keeps the search wide when the policy has settled.

What a text says must be known without asking the verifier. So every gold is one that no string
of the grammar can write (grammar.py).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minir1.bench.verifiers.grammar import END, GRAMMARS, Problem
from minir1.bench.verifiers.report import OURS, ours, row

TRIES = {"math": 20_000, "countdown": 20_000, "arithmetic": 20_000, "format": 20_000, "code": 1_000}
"""The budget of each verifier. A program costs a process, so code has fewer."""
BATCH = 50
LENGTH = 14
LEARNING_RATE = 0.5
READ = 0.1
READABLE = ("CORRECT", "WRONG")
KEPT = 60
POOL = 500


@dataclass(slots=True)
class Policy:
    """Logits of the next fragment, given the one before."""

    fragments: Sequence[str]
    rng: np.random.Generator
    logits: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.logits = np.zeros((len(self.fragments), len(self.fragments)))

    def row(self, last: int) -> np.ndarray:
        """The probabilities of what comes next."""
        shifted = np.exp(self.logits[last] - self.logits[last].max())
        return shifted / shifted.sum()

    def write(self) -> list[int]:
        """One text as fragments; fragment 0 is the end, and stands before the first as well."""
        found: list[int] = []
        last = 0
        while len(found) < LENGTH:
            last = int(self.rng.choice(len(self.fragments), p=self.row(last)))
            if last == 0:
                break
            found.append(last)
        return found

    def learn(self, texts: Sequence[Sequence[int]], rewards: Sequence[float]) -> None:
        """One step of REINFORCE on a batch."""
        mean = sum(rewards) / len(rewards)
        for text, reward in zip(texts, rewards, strict=True):
            for last, new in zip([0, *text], [*text, 0], strict=True):
                step = -self.row(last)
                step[new] += 1
                self.logits[last] += LEARNING_RATE * (reward - mean) * step


def attack(
    problem: Problem, judge: Callable[[dict[str, Any]], str], tries: int, seed: int = 0
) -> dict[str, Any]:
    """Spend the budget on one verifier; what it paid, and a sample of what was tried."""
    rng = random.Random(seed)
    policy = Policy((END, *problem.fragments), np.random.default_rng(seed))
    seen: dict[str, bool] = {}
    pool: list[list[int]] = []
    verdicts: dict[str, int] = {}
    started = time.monotonic()
    slowest = 0.0
    for _ in range(tries // BATCH):
        texts, rewards = [], []
        for k in range(BATCH):
            own = k % 2 == 0 or not pool
            text = policy.write() if own else mutated(rng, rng.choice(pool), len(policy.fragments))
            pred = problem.wrap(rng, problem.joint.join(policy.fragments[i] for i in text))
            began = time.monotonic()
            verdict = judge({"gold": rng.choice(problem.golds), "pred": pred})
            slowest = max(slowest, time.monotonic() - began)
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            hole = verdict == "CORRECT" and not problem.is_right(pred)
            seen[pred] = seen.get(pred, False) or hole
            if own:
                texts.append(text)
                rewards.append(1.0 if hole else READ if verdict in READABLE else 0.0)
            if verdict in READABLE:
                pool.append(text)
        policy.learn(texts, rewards)
        if len(pool) > POOL:
            pool = rng.sample(pool, POOL // 2)
    holes = [pred for pred, hole in seen.items() if hole]
    return {
        "tries": tries // BATCH * BATCH,
        "distinct": len(seen),
        "holes": len(holes),
        "paid": holes[:KEPT],
        "verdicts": verdicts,
        "slowest_s": round(slowest, 4),
        "seconds": round(time.monotonic() - started, 1),
        "tried": sorted(rng.sample(sorted(seen), min(KEPT, len(seen)))),
        "seed": seed,
    }


def mutated(rng: random.Random, text: list[int], size: int) -> list[int]:
    """One fragment more, less, or another one."""
    new, place = list(text), rng.randrange(len(text) + 1)
    match rng.randrange(3):
        case 0:
            new.insert(place, rng.randrange(1, size))
        case 1 if new:
            new.pop(place % len(new))
        case _ if new:
            new[place % len(new)] = rng.randrange(1, size)
    return new[:LENGTH]


def attack_all(tasks: Iterable[str], seed: int = 0) -> Iterable[dict[str, Any]]:
    """A row for each verifier."""
    for task in tasks:
        result = attack(GRAMMARS[task], ours(task), TRIES[task], seed)
        yield row(task, "attacker", OURS, {"attacks": []}, {}, **result)
