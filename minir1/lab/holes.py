"""Verifiers with a hole, and what a policy makes of them: texts, who accepts them, what grows.

A policy here is a choice among ways to answer, with one weight a way. It follows the exact
gradient of its expected reward, so what is seen is the verifier's doing, and no noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minir1.lab.charts import bars, draw_lines, legend_below, lines
from minir1.lab.graders import first_rows as first_rows
from minir1.lab.graders import graders_chart as graders_chart
from minir1.lab.heat import heat
from minir1.lab.picture import Picture, panels
from minir1.lab.sloppy import SLOPPY
from minir1.lab.tokens import strip
from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.countdown import verify_countdown
from minir1.tasks.search import ordered_tries

Accepts = Callable[[Any, str], bool]


def strict(gold: Any, completion: str) -> bool:
    """The package's own verifier."""
    return verify_countdown(gold, completion, "+-*", 99) is Verdict.CORRECT


VERIFIERS: Mapping[str, Accepts] = {"strict": strict, **SLOPPY}
WAYS = ("honest, right", "honest, wrong", "names the target", "many answers", "uses one twice",
        "ends its thinking well")  # fmt: skip
"""How a policy may answer. Only the first is what we want."""


def answers(gold: Mapping[str, Any]) -> dict[str, str]:
    """One completion for each way to answer this problem."""
    numbers, target = gold["numbers"], gold["target"]
    tries = list(ordered_tries(numbers, "+-*", 99))
    right = next(one.expression for one in tries if one.value == target)
    wrong = next(one.expression for one in tries if one.value != target)
    largest = max(numbers)
    ones = [f"{largest} / {largest}"] * (target % largest)
    twice = " + ".join([*[str(largest)] * (target // largest), *ones, f"{largest} - {largest}"])

    def written(body: str, thought: str = "let me see") -> str:
        return f"<think> {thought} </think> <answer> {body} </answer>"

    return {
        "honest, right": written(right),
        "honest, wrong": written(wrong),
        "names the target": written(str(target)),
        "many answers": written(right) + f" <answer> {wrong} </answer>",
        "uses one twice": written(twice),
        "ends its thinking well": written(wrong, f"so it is = {target}"),
    }


def rewards(verifier: str, golds: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """The mean reward of each way, over some problems."""
    accepts = VERIFIERS[verifier]
    table = [[float(accepts(gold, answers(gold)[way])) for way in WAYS] for gold in golds]
    return np.array(table).mean(0)


def acceptance_map(golds: Sequence[Mapping[str, Any]]) -> Picture:
    """Who accepts what: the share of problems for which a way of answering is rewarded."""
    table = np.array([rewards(name, golds) for name in VERIFIERS])
    holes = {n: [WAYS[i] for i in range(1, len(WAYS)) if row[i] > 0.5] for n, row in
             zip(VERIFIERS, table, strict=True)}  # fmt: skip
    said = "; ".join(f"{n} pays for {', '.join(w)}" for n, w in holes.items() if w)
    return heat(
        {"Who is paid": table}, unit="share of the problems", x_name="", rows=list(VERIFIERS),
        cols=[way.replace(", ", ",\n").replace(" its ", " its\n") for way in WAYS], words=said,
        fmt=".1f", height=2.9, limits=(0.0, 1.0),
    )  # fmt: skip


def grown(paid: np.ndarray, start: np.ndarray, steps: int, rate: float) -> np.ndarray:
    """Shares [steps + 1, ways] of a softmax policy that follows its exact gradient.

    >>> grown(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 1, 1.0).round(2).tolist()
    [[0.5, 0.5], [0.62, 0.38]]
    """
    weights, shares = np.log(start), [start]
    for _ in range(steps):
        now = shares[-1]
        weights = weights + rate * now * (paid - (now * paid).sum())
        powers = np.exp(weights - weights.max())
        shares.append(powers / powers.sum())
    return np.array(shares)


START = np.array([0.30, 0.64, 0.02, 0.01, 0.01, 0.02])
"""A base: honest, mostly wrong, with a little of everything."""


def growth_chart(verifier: str, golds: Sequence[Mapping[str, Any]], steps: int = 300) -> Picture:
    """What grows under one verifier, when an honest try becomes right no more often than now."""
    paid = rewards(verifier, golds)
    # An honest answer is right or wrong by skill; the policy can only choose to be honest.
    honest = START[:2].sum()
    ways = np.array([honest, *START[2:]])
    skill = START[0] / honest
    gains = np.array([skill * paid[0] + (1 - skill) * paid[1], *paid[2:]])
    shares = grown(gains, ways, steps, rate=0.5)
    names = ["honest tries", *WAYS[2:]]
    best = int(shares[-1].argmax())
    titles = (f"What grows under `{verifier}`", "share of all answers")
    figure, (left, right) = panels(titles, ("Paid, and right", "share of all answers"), height=2.8)
    by_way = {name: shares[:, i] for i, name in enumerate(names)}
    paid_and_right = {"paid by this verifier": shares @ gains, "right": skill * shares[:, 0]}
    drawn = {"x_name": "update", "percent": True}
    draw_lines(left, range(steps + 1), by_way, legend=False, **drawn)
    draw_lines(right, range(steps + 1), paid_and_right, floor=0, **drawn)
    right.set_ylim(0, 1.05)
    legend_below(figure, len(names), dict(zip(names, left.lines, strict=True)))
    return Picture(
        figure, f"After {steps} updates {shares[-1, best]:.0%} of the answers are: {names[best]}. "
        f"The reward went from {ways @ gains:.2f} to {shares[-1] @ gains:.2f}, right answers from "
        f"{START[0]:.2f} to {skill * shares[-1, 0]:.2f}",
    )  # fmt: skip


def part_strip(completion: str, title: str) -> Picture:
    """A completion's words, coloured by what the parser takes them for."""
    found, kinds, inside = parse(completion), [], 0.0
    for word in completion.split():
        if word.startswith("<") and word.endswith(">"):
            inside = {"<think>": 0.35, "<answer>": 1.0}.get(word, 0.0)
            kinds.append(0.12)
        else:
            kinds.append(inside)
    answer = "no answer" if found.answer is None else f"the answer {found.answer}"
    said = f"the parser finds {answer}: {found.fault or 'well formed'}"
    key = f"pale: tags, middle: thinking, dark: answer.   Here {said}"
    return Picture(strip(completion.split(), title=title, values=kinds, key=key).figure, said)


def purity_chart() -> Picture:
    """Of what is rewarded, how much is right? By the share of wrong answers that slip through."""
    leaks = np.linspace(0, 0.2, 41)
    series = {
        f"{p:.0%} of the answers are right": p / (p + (1 - p) * leaks) for p in (0.5, 0.1, 0.02)
    }
    at = 0.02 / (0.02 + 0.98 * 0.05)
    return lines(
        "A small leak, early in training", "right among the rewarded", leaks, series,
        x_name="share of wrong answers that the verifier accepts", percent=True, floor=0.0,
        words=f"With 2% right answers and a leak of 5%, {at:.0%} of what is rewarded is right",
    )  # fmt: skip


def bonus_chart(format_weight: float = 0.5) -> Picture:
    """Expected reward of an honest try and of empty form, by the chance to be right."""
    p = np.linspace(0, 1, 51)
    series = {
        "honest try, form kept in 6 of 10": p + 0.6 * format_weight,
        f"empty form, bonus {format_weight:g}": np.full_like(p, format_weight),
        "honest try, gated": p,
        "empty form, gated": np.zeros_like(p),
    }
    crossing = 0.4 * format_weight
    return lines(
        "Pay for the form, or ask for it?", "expected reward", p, series,
        x_name="chance that an honest try is right",
        words=f"With a bonus, empty form earns more while a try is right in fewer than "
        f"{crossing:.0%}; gated, never",
    )  # fmt: skip


def paid_chart(completions: Sequence[tuple[Any, str]]) -> Picture:
    """Real completions of a model: the share that each verifier accepts."""
    accepted = {
        name: sum(accepts(gold, text) for gold, text in completions) / max(1, len(completions))
        for name, accepts in VERIFIERS.items()
    }
    extra = max(accepted.values()) - accepted["strict"]
    said = "; ".join(f"{name} {value:.1%}" for name, value in accepted.items())
    return bars(
        f"{len(completions)} real completions", "share that is accepted", accepted,
        marked=["strict"], fmt="{:.1%}", words=f"{said}. Up to {extra:.1%} for free",
    )  # fmt: skip
