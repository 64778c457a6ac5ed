"""A result in words: what a learner reads after `check`.

First the points, then a table with one line a part, then the classic mistake if it has a name.
All sentences come from the word table; this file only picks them.
"""

from __future__ import annotations

from dataclasses import dataclass

from minir1.lab.grader.exercise import Exercise
from minir1.lab.grader.outcome import Outcome, PartOutcome, Status
from minir1.lab.words import Words

PLACED = {Status.WRONG_VALUE, Status.WRONG_SHAPE, Status.WRONG_TYPE, Status.WRONG_GRADIENT}
NO_INPUT = {Status.NOT_DONE, Status.BORROWED}
"""What no input explains."""
NO_NAME = ("NameError", "ModuleNotFoundError")


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome that JupyterLab shows as a table, and a terminal as text."""

    outcome: Outcome
    exercise: Exercise
    words: Words

    def lines(self) -> list[tuple[str, str, str, str]]:
        """One line a part: its name, its points, its state, what was seen.

        Where all parts fail for one reason, such as an endless loop, they share a line.
        """
        lines = [
            (
                part_name(self.exercise, part, self.words),
                f"{part.points}/{part.max_points}",
                self.words.say(f"status.{part.status}"),
                detail(self.exercise, part, self.words),
            )
            for part in self.outcome.parts
        ]
        if self.outcome.points == 0 and len({line[2:] for line in lines}) == 1:
            head = (self.words.say("report.all_parts"), f"0/{self.outcome.max_points}")
            lines = [(*head, *lines[0][2:])]
        calls = [called(part) for part in self.outcome.parts]
        return [
            (
                *line[:3],
                self.words.say("detail.called", what=line[3], call=call) if call else line[3],
            )
            for line, call in zip(lines, calls, strict=False)
        ]

    def first_fault(self) -> tuple[str, str]:
        """The state of the answer and what was seen of its first fault, for one line."""
        parts, part = self.outcome.parts, self.outcome.first_fault
        if part is None:
            return self.words.say("status.right"), ""
        if self.outcome.mistake:
            return self.words.say(f"status.{part.status}"), self.tail()
        lines = self.lines()
        if len(lines) < len(parts) or len(parts) == 1:  # one reason for all needs no part's name
            return lines[0][2:]
        name, _, state, seen = lines[parts.index(part)]
        return state, f"{name}: {seen}"

    def head(self) -> str:
        """The name and the points."""
        points, most = self.outcome.points, self.outcome.max_points
        key = "report.all_points" if points == most else "report.points"
        return self.words.say(key, points=points, max_points=most)

    def tail(self) -> str:
        """The classic mistake, or where help is."""
        say = self.words.say
        if self.outcome.mistake:
            key = f"exercise.{self.outcome.exercise}.mistakes.{self.outcome.mistake}"
            return say("report.mistake", text=say(key))
        if self.outcome.status is Status.RIGHT:
            return ""
        own = self.words.get(f"exercise.{self.outcome.exercise}.next")
        return own or say("report.next_hint", name=self.outcome.exercise)

    def _repr_markdown_(self) -> str:
        say = self.words.say
        heads = ("report.part", "board.points", "report.state", "report.what")
        rows = [[say(key) for key in heads], ["---"] * 4, *self.lines()]
        table = "\n".join(f"| {' | '.join(map(cell, row))} |" for row in rows)
        text = f"**{self.outcome.exercise}: {self.head()}**\n\n{table}"
        return f"{text}\n\n{self.tail()}" if self.tail() else text

    def __repr__(self) -> str:
        lines = [f"{self.outcome.exercise}: {self.head()}"]
        for name, points, state, what in self.lines():
            lines.append(f"  {points:>5}  {name}: {state}" + (f": {what}" if what else ""))
        return "\n".join([*lines, *filter(None, [self.tail()])])


def part_name(exercise: Exercise, part: PartOutcome, words: Words) -> str:
    """The name of a part in words; a hidden part has no name of its own."""
    if part.hidden:
        return words.say("report.hidden")
    return words.get(f"exercise.{exercise.id}.parts.{part.name}") or part.name


def detail(exercise: Exercise, part: PartOutcome, words: Words) -> str:
    """What was seen of a part that is not right."""
    say, status = words.say, part.status
    if status is Status.RIGHT:
        return ""
    if part.said:
        return say(part.said, **part.error)
    if status in PLACED and part.difference is not None:
        return placed(part, words)
    if status is Status.CRASHED:
        return crashed(part, words)
    if status is Status.REFUSES_RIGHT:
        return say("detail.refuses_right", error=crashed(part, words))
    if status is Status.TOO_SLOW:
        return say("detail.too_slow", cpu_s=exercise.cpu_s)
    if status in (Status.NO_ERROR, Status.EXITED, Status.NOT_HERE):
        return say(f"detail.{status}", type=part.error.get("type", ""))
    return say(f"detail.{status}")


def placed(part: PartOutcome, words: Words) -> str:
    """The first place that differs."""
    found = part.difference
    assert found is not None
    if part.status is Status.WRONG_GRADIENT and found.got == "none":
        return words.say("detail.no_gradient")
    several = part.status is Status.WRONG_VALUE and found.of > 1
    return words.say(
        "detail.wrong_values" if several else f"detail.{part.status}",
        where=found.where or words.say("detail.result"),
        expected=found.expected,
        got=found.got,
        **({"count": found.count, "of": found.of} if several else {}),
    )


def crashed(part: PartOutcome, words: Words) -> str:
    """The error, its line in the cell, and what helps if a name is missing."""
    error = {"type": "", "message": "", "line": None} | part.error
    key = "detail.crashed" if error["line"] is None else "detail.crashed_line"
    text = words.say(key, **error)
    if error["type"] in NO_NAME:
        return f"{text}; {words.say('detail.not_defined')}"
    return text


def called(part: PartOutcome) -> str:
    """The call that went wrong, where it explains what was seen."""
    idle = part.status in NO_INPUT or part.error.get("type") in NO_NAME
    return "" if idle else part.call


def cell(text: str) -> str:
    """A text in a cell of a table; outside of code, the signs of Markdown stand for themselves.

    >>> cell("<eos> a | 2 * 3, `x < y`")
    '&lt;eos> a &#124; 2 &#42; 3, `x < y`'
    """
    parts = text.replace("|", "&#124;").split("`")
    signs = {"<": "&lt;", "*": "&#42;", "_": "&#95;", "$": "&#36;"}
    parts[::2] = ("".join(signs.get(sign, sign) for sign in part) for part in parts[::2])
    return "`".join(parts)
