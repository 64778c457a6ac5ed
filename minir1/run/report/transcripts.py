"""The same problems before and after RL, side by side.

The problems are not picked by hand: they are the first of each kind in the evaluation's file
(solved only after RL, solved by both, by neither, only before). A completion is any
text that a model may write; what doesn't look like a try is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minir1.tasks.search import apply

TOKEN = re.compile(
    r"(?P<tag></?(?:think|answer)>|<eos>)"
    r"|(?P<step>(?<!\d)(?P<a>\d{1,4}) (?P<op>[-+*/]) (?P<b>\d{1,4}) = (?P<c>\d{1,4})(?!\d))"
    r"|(?P<check>\? (?P<target>\d{1,4}) (?P<said>yes|no)\b)"
    r"|(?P<end>;)"
)
KINDS = (
    ("solved only after RL", (False, True), 2),
    ("solved before and after", (True, True), 1),
    ("solved neither before nor after", (False, False), 1),
    ("solved only before RL", (True, False), 1),
)
SHOWN_LINES = 6
MAX_CHARACTERS = 20_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a completion. `kind` is the CSS class that colours it."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Transcript:
    """One completion, as lines of coloured pieces: one try a line."""

    lines: list[list[Span]]
    verdict: str
    right: bool
    tokens: int
    tries: int | None

    @property
    def head(self) -> list[list[Span]]:
        """The first lines, always shown."""
        return self.lines if self.folded < 2 else self.lines[: SHOWN_LINES - 2]

    @property
    def middle(self) -> list[list[Span]]:
        """The lines that are folded away in a long completion."""
        return [] if self.folded < 2 else self.lines[SHOWN_LINES - 2 : -2]

    @property
    def tail(self) -> list[list[Span]]:
        """The last lines: the last try and the answer."""
        return [] if self.folded < 2 else self.lines[-2:]

    @property
    def folded(self) -> int:
        """How many lines are more than what is shown."""
        return len(self.lines) - SHOWN_LINES


@dataclass(frozen=True, slots=True)
class Pair:
    """One problem, and what the model wrote before and after RL."""

    kind: str
    question: str
    before: Transcript | None
    after: Transcript | None


def pairs(before: Sequence[Row], after: Sequence[Row]) -> list[Pair]:
    """The first problems of each kind. Without rows from after RL, the base's alone."""
    if not after:
        return _alone(before)
    answers: dict[str, Row] = {}
    for row in before:
        answers.setdefault(row["question"], row)
    chosen = []
    seen: set[str] = set()
    for kind, solved, most in KINDS:
        found = 0
        for row in after:
            question = row["question"]
            old = answers.get(question)
            if found == most or old is None or question in seen:
                continue
            if (_right(old), _right(row)) == solved:
                chosen.append(Pair(kind, question, transcript(old), transcript(row)))
                seen.add(question)
                found += 1
    return chosen


def _alone(rows: Sequence[Row]) -> list[Pair]:
    chosen = []
    for kind, wanted in (("solved by the base", True), ("not solved by the base", False)):
        rest = [row for row in rows if _right(row) == wanted]
        chosen += [Pair(kind, row["question"], transcript(row), None) for row in rest[:1]]
    return chosen


def transcript(row: Row) -> Transcript:
    """One row of an evaluation, coloured."""
    return Transcript(
        lines=to_lines(row["completion"][:MAX_CHARACTERS]),
        verdict=row["verdict"].lower().replace("_", " "),
        right=_right(row),
        tokens=row["tokens"],
        tries=row.get("tries"),
    )


def to_lines(completion: str) -> list[list[Span]]:
    """The pieces of a completion; a line ends after each try and after the thinking.

    >>> [[span.text for span in line] for line in to_lines("<think> 1 + 2 = 3 ? 3 yes </think>")]
    [['<think>', '1 + 2 = 3', '? 3 yes', '</think>']]
    """
    lines: list[list[Span]] = [[]]
    result: str | None = None
    in_answer = False
    place = 0
    for found in TOKEN.finditer(completion):
        lines[-1] += _rest(completion[place : found.start()], in_answer)
        place = found.end()
        text = found.group()
        if found["tag"]:
            in_answer = text == "<answer>"
            lines[-1].append(Span(text, "tag"))
        elif in_answer:
            lines[-1].append(Span(text, "answer"))
        elif found["step"]:
            result = found["c"]
            given = apply(int(found["a"]), found["op"], int(found["b"]), 9999)
            lines[-1].append(Span(text, "plain" if str(given) == result else "plain false"))
        elif found["check"]:
            truth = "yes" if result == found["target"] else "no"
            said = found["said"]
            lines[-1].append(Span(text, said if said == truth else f"{said} false"))
        elif found["end"]:
            lines[-1].append(Span(text, "tag"))
        if found["end"] or text == "</think>":
            lines.append([])
    lines[-1] += _rest(completion[place:], in_answer)
    return [line for line in lines if line]


def _rest(text: str, in_answer: bool) -> list[Span]:
    """What lies between two known pieces."""
    text = text.strip()
    return [Span(text, "answer" if in_answer else "plain")] if text else []


def _right(row: Row) -> bool:
    return row["verdict"] == "CORRECT"
