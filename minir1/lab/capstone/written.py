"""The parts of the rubric that are about the report: its figures are the run's, the doctor is
answered, verdicts follow from intervals.

A figure is right when it is so to two places: 0.48 for 0.4769, and also 0.477.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minir1.lab.capstone.compare import Facts, verdict
from minir1.lab.capstone.paper import VERDICTS, Paper
from minir1.lab.capstone.rubric import RIGHT, Found, fault, not_done
from minir1.run.stats import Interval

SHARES = ("base", "after rl", "control")
GAINS = ("gain", "over the control")
TOLERANCE = 0.006
"""Two places, rounded either way."""
LEAST_SHARE = 0.02
"""A bill may be off by this share: it is written to a few digits."""

Numbers = Mapping[str, Interval]


def figures_part(paper: Paper, run: Facts, numbers: Numbers) -> Found:
    """The shares of right answers."""
    for name in SHARES:
        if found := wrong_figure(paper, name, [numbers[name].value] if name in numbers else None):
            return found
    return RIGHT


def gains_part(paper: Paper, run: Facts, numbers: Numbers) -> Found:
    """The two differences, each with its interval."""
    for name in GAINS:
        one = numbers.get(name)
        if found := wrong_figure(paper, name, [one.value, one.low, one.high] if one else None):
            return found
    return RIGHT


def cost_part(paper: Paper, run: Facts, numbers: Numbers) -> Found:
    """The bill of the run, as its ledger has it."""
    if "dollars" not in paper.figures or not paper.figures["dollars"].numbers:
        return fault("no_figure", name="dollars")
    said, paid = paper.figures["dollars"].numbers[0], run["dollars"]
    if abs(said - paid) <= max(LEAST_SHARE * paid, 0.00005):
        return RIGHT
    return fault("other_figure", name="dollars", written=f"{said:g}", found=f"{paid:.4f}")


def verdicts_part(paper: Paper, run: Facts, numbers: Numbers) -> Found:
    """The word beside each difference is what its interval says."""
    for name in GAINS:
        if name not in numbers or name not in paper.figures:
            return fault("no_figure", name=name)
        said, right = paper.figures[name].verdict, verdict(numbers[name])
        if said not in VERDICTS:
            return fault("no_verdict", name=name, words=", ".join(VERDICTS))
        if said != right:
            return fault("other_verdict", name=name, written=said, interval=str(numbers[name]))
    return RIGHT


def doctor_part(paper: Paper, run: Facts, numbers: Numbers) -> Found:
    """Each finding is answered by its name; no finding is said to be none."""
    text = paper.sections.get("doctor", "")
    if not text:
        return not_done("report.md, The doctor")
    missing = [name for name in run["findings"] if name not in text]
    return fault("not_answered", names=", ".join(missing)) if missing else RIGHT


def wrong_figure(paper: Paper, name: str, found: list[float] | None) -> Found | None:
    """What is wrong with one line of the table."""
    if found is None:
        return fault("not_paired") if name == "gain" else not_done("control/")
    if name not in paper.figures:
        return fault("no_figure", name=name)
    said = paper.figures[name].numbers
    text = " ".join(f"{number:.3f}" for number in found)
    if len(said) != len(found):
        return fault("no_interval", name=name, found=text)
    if all(map(same, said, found)):
        return None
    wrote = " ".join(f"{number:g}" for number in said)
    return fault("other_figure", name=name, written=wrote, found=text)


def same(said: float, found: float) -> bool:
    """Whether two numbers agree to two places.

    >>> same(0.48, 0.4769), same(0.49, 0.4769)
    (True, False)
    """
    return abs(said - found) <= TOLERANCE


REPORT_PARTS: Mapping[str, Callable[[Paper, Facts, Numbers], Found]] = {
    "verdicts": verdicts_part,
    "figures": figures_part,
    "gains": gains_part,
    "cost": cost_part,
    "doctor": doctor_part,
}
