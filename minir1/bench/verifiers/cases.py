r"""The cases that a verifier is measured on, as four lists.

    right     the gold, written in another way                  a verifier must accept
    near      close to the gold, and not it                     must refuse
    crossed   a right answer under the gold of another row      must refuse
    attacks   what a policy would try                           must refuse

Maths and code come from files beside the tests: the "first" set, whose author also wrote the
verifier, the "fresh" set, written later by someone who had not read it, and for maths a
"third" one, written when what the fresh set had found was mended. Countdown,
arithmetic and format need no files: their cases are made from a seed (made.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from minir1.bench.verifiers import made

FOLDER = Path(__file__).parents[3] / "tests" / "tasks" / "cases"
KINDS = ("right", "near", "crossed", "attacks")
STRIDE = {"first": 5, "fresh": 3, "third": 5}
SAME_GOLDS = [
    {"5", "x = 5"},
    {"12", r"12 \text{ cm}"},
    {"12", r"12 \text{ cm}^2"},
    {r"(2,\infty)", "x > 2"},
    {"B", r"\text{(B)}"},
    {"25", r"25\%"},
]
"""Golds of different rows that are the same answer, for one question or another."""
Group = Literal["first", "fresh", "third"]
SETS: tuple[Group, ...] = get_args(Group)

Case = dict[str, Any]
Cases = Mapping[str, list[Case]]


def cases(task: str, group: str) -> Cases:
    """All four lists of a task from one of the sets, or nothing where it has no such set."""
    if task not in ("math", "code"):
        return made.MADE[task]() if group == "first" else {}
    if (task, group) == ("code", "third"):
        return {}
    found = {kind: _read(task, group, kind) for kind in ("right", "near", "attacks")}
    crossed = {"math": crossed_maths, "code": crossed_code}[task]
    return {**found, "crossed": crossed(found["right"], STRIDE[group])}


def _read(task: str, group: str, kind: str) -> list[Case]:
    """One file; the name of the code's first near misses is older than this list of names."""
    room = {"math": "maths", "code": "code"}[task]
    name = "wrong" if (task, group, kind) == ("code", "first", "near") else kind
    path = FOLDER / f"{'' if group == 'first' else group + '_'}{room}_{name}.jsonl"
    if not path.exists():
        raise ValueError(
            f"{path} isn't there: the case files come with a checkout of the repository, "
            "so run this command from one"
        )
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def crossed_maths(right: list[Case], stride: int) -> list[Case]:
    """Each right answer under every `stride`-th gold of the other rows."""
    rows = [case for case in right if "question" not in case]
    golds = list(dict.fromkeys(case["gold"] for case in rows))
    return [
        {"gold": gold, "pred": case["pred"]}
        for k, case in enumerate(rows)
        for gold in golds[k % stride :: stride]
        if gold != case["gold"] and {gold, case["gold"]} not in SAME_GOLDS
    ]


def crossed_code(right: list[Case], stride: int) -> list[Case]:
    """Each right program under the hidden tests of other functions, found by its own name."""
    golds = {case["gold"]["fn"]: case["gold"] for case in right}
    found = []
    for k, case in enumerate(right):
        mine = case["gold"]["fn"]
        others = [gold for name, gold in golds.items() if name != mine]
        found += [
            {"gold": {**gold, "fn": mine}, "pred": case["pred"]}
            for gold in others[k % stride :: stride]
        ]
    return found


def classes(found: list[Case]) -> dict[str, int]:
    """How many cases there are of each class.

    >>> classes([{"why": "a"}, {"class": "b"}, {"why": "a"}])
    {'a': 2, 'b': 1}
    """
    label: Callable[[Case], str] = lambda case: case.get("class") or case.get("why", "")  # noqa: E731
    counted: dict[str, int] = {}
    for case in found:
        counted[label(case)] = counted.get(label(case), 0) + 1
    return counted
