"""Cases of countdown, arithmetic and format, made from a seed.

A countdown answer is made as a tree whose value and numbers are known by construction, so its
label owes nothing to the verifier: the reader of the text is what is tested. A near miss is
such a tree with one change, kept when its value or its numbers are then wrong.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

COUNT = 300
ATTACKS = Path(__file__).parents[3] / "tests" / "tasks" / "cases" / "answer_attacks.json"
"""Templates of answers, and of whole completions, by class. {t} is the target."""
THOUGHTS = ("", "so", "10 + 5 = 15 ? yes", "<b>", "it is 7 or 8", "1\n2\n3")


@dataclass(frozen=True, slots=True)
class Expression:
    """A text with the value and the numbers that it has by construction."""

    text: str
    value: Fraction
    numbers: tuple[int, ...]


def expression(rng: random.Random, numbers: list[int]) -> Expression:
    """A random expression that uses each of the numbers once."""
    if len(numbers) == 1:
        text = str(numbers[0])
        return Expression(rng.choice([text, f"({text})"]), Fraction(numbers[0]), (numbers[0],))
    cut = rng.randrange(1, len(numbers))
    a, b = expression(rng, numbers[:cut]), expression(rng, numbers[cut:])
    op = rng.choice("+-*/" if b.value else "+-*")
    value = {
        "+": lambda: a.value + b.value,
        "-": lambda: a.value - b.value,
        "*": lambda: a.value * b.value,
        "/": lambda: a.value / b.value,
    }[op]()
    space = rng.choice(["", " "])
    return Expression(f"({a.text}{space}{op}{space}{b.text})", value, a.numbers + b.numbers)


def wrapped(rng: random.Random, answer: str) -> str:
    """An answer in a completion whose structure is in order."""
    thought = rng.choice(THOUGHTS)
    space = rng.choice(["", " ", "\n"])
    opened = f"<think>{space}{thought}{space}</think>{space}" if rng.random() < 0.7 else ""
    return f"{opened}<answer>{space}{answer}{space}</answer>{rng.choice(['', ' <eos>'])}"


def countdown(seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Right: a tree for a target. Near: the same tree for other numbers or another target."""
    rng = random.Random(seed)
    right, near, crossed = [], [], []
    while len(right) < COUNT:
        numbers = [rng.randrange(1, 13) for _ in range(rng.randrange(2, 6))]
        made = expression(rng, numbers)
        if made.value.denominator != 1:
            continue
        gold = {"numbers": rng.sample(numbers, len(numbers)), "target": int(made.value)}
        right.append({"gold": gold, "pred": wrapped(rng, made.text)})
        other = list(numbers)
        match rng.randrange(4):
            case 0:
                other.append(rng.choice(numbers))
            case 1:
                other.remove(rng.choice(numbers))
            case 2:
                other[0] += 1
        wrong = expression(rng, other) if other else made
        off = {**gold, "target": gold["target"] + rng.choice([-1, 1, 10])}
        if wrong.value != gold["target"] or sorted(wrong.numbers) != sorted(numbers):
            near.append({"gold": gold, "pred": wrapped(rng, wrong.text)})
        near.append({"gold": off, "pred": wrapped(rng, made.text)})
    for k, case in enumerate(right):
        for other in right[k % 30 :: 30]:
            if other["gold"] != case["gold"]:
                crossed.append({"gold": other["gold"], "pred": case["pred"]})
    same = [case for case in crossed if _agree(case, right)]
    crossed = [case for case in crossed if case not in same]
    gold = {"numbers": [3, 7, 11], "target": 21}
    return {"right": right, "near": near, "crossed": crossed, "attacks": _attacks(gold, 21)}


def _agree(case: dict[str, Any], right: list[dict[str, Any]]) -> bool:
    """Two problems with the same numbers and target, in another order, share their answers."""
    own = next(row["gold"] for row in right if row["pred"] == case["pred"])
    return own["target"] == case["gold"]["target"] and sorted(own["numbers"]) == sorted(
        case["gold"]["numbers"]
    )


def arithmetic(seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Right: the integer as people write it, in any completion. Near: almost that text."""
    rng = random.Random(seed)
    right, near, crossed = [], [], []
    for _ in range(COUNT):
        gold = rng.choice([rng.randrange(100), rng.randrange(-999, 10**6), rng.randrange(10)])
        right.append({"gold": gold, "pred": wrapped(rng, str(gold))})
        wrong = rng.choice([gold + 1, gold - 1, -gold or 1, gold * 10 or 1, f"{gold}.5", gold + 10])
        near.append({"gold": gold, "pred": wrapped(rng, str(wrong))})
    for k, case in enumerate(right):
        crossed += [
            {"gold": other["gold"], "pred": case["pred"]}
            for other in right[k % 15 :: 15]
            if other["gold"] != case["gold"]
        ]
    return {"right": right, "near": near, "crossed": crossed, "attacks": _attacks(21, 21)}


def form(seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Right: one thinking, one answer. Near: one tag too many, too few, or out of place."""
    rng = random.Random(seed)
    right, near = [], []
    for k in range(COUNT):
        thought, answer = rng.choice(THOUGHTS), rng.choice(["5", "no", "x = 1", "1\n2", str(k)])
        parts = ["<think>", thought, "</think>", "<answer>", answer, "</answer>"]
        space = rng.choice(["", " ", "\n\n"])
        right.append({"gold": None, "pred": space.join(parts)})
        broken = list(parts)
        match k % 5:
            case 0:
                broken.pop(rng.choice([0, 2, 3, 5]))
            case 1:
                broken.insert(rng.randrange(7), rng.choice(["<think>", "</answer>", "<answer>"]))
            case 2:
                a, b = rng.sample([0, 2, 3, 5], 2)
                broken[a], broken[b] = broken[b], broken[a]
            case 3:
                broken.insert(rng.choice([0, 3, 6]), f"so {k}")
            case 4:
                broken[4] = rng.choice(["", " ", "\n"])
        near.append({"gold": None, "pred": " ".join(broken)})
    attacks = [case for case in _attacks(None, 21) if case["whole"]]
    # Every other arrangement of up to four tags.
    tags = ("<think>", "</think>", "<answer>", "</answer>")
    attacks += [
        {"gold": None, "pred": " 5 ".join(found), "why": "structure: every arrangement"}
        for length in range(1, 5)
        for found in itertools.product(tags, repeat=length)
        if found != tags
    ]
    return {"right": right, "near": near, "crossed": [], "attacks": attacks}


def _attacks(gold: Any, target: int) -> list[dict[str, Any]]:
    """Every template as an answer in both structures; whole completions as they are."""
    found = []
    for why, templates in json.loads(ATTACKS.read_text("utf-8")).items():
        for template in templates:
            # A long one is written [piece, how often, end].
            piece, count, end = template if isinstance(template, list) else (template, 1, "")
            text = (piece * count + end).replace("{t}", str(target))
            whole = "answer>" in text or why.startswith("structure")
            think = f"<think> a </think> <answer> {text} </answer>"
            preds = [text] if whole else [f"<answer>{text}</answer>", think]
            found += [{"gold": gold, "pred": one, "why": why, "whole": whole} for one in preds]
    return found


MADE: dict[str, Callable[[], dict[str, list[dict[str, Any]]]]] = {
    "countdown": countdown,
    "arithmetic": arithmetic,
    "format": form,
}
