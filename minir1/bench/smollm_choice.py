"""Can the choice between the halves of the rule be learned, one sign at a time?

    python -m minir1.bench.smollm_course --folder runs/order --course plain 7 second 11 all 10
    python -m minir1.bench.smollm_choice

`smollm_order` asked each half alone, and each took the place of the other. The choice between them
is the parity of three signs (`smollm_kinds.py`). The base chooses by one of them, the operation:
it adds sizes in 75% of a + b and in none of a - b; but in 80% of a + -b, too, and in 3% of a - -b.
Asked all at once, RL found what pays without a choice, and lost even that one.

So here a phase asks for one sign more than the one before: 7 steps without negative numbers, 11 in
which the second may be negative, 10 of all. These are 28 steps, as many as the control has: all
questions from the start, the same seeds. Told apart is how much more often sizes are added where
that is right than where it is not. What would refute an answer is written down here before the
first of these runs; accuracy is greedy, an interval redraws questions:

    one sign      after the first phase, a + b is told from a - b by 50 points or more
    two signs     after the second, a - -b is told from a + -b by 20 points or more
    three signs   after the third, so are the questions whose first number is negative
    both          after the third, each half is 10 points or more above the base
    whole         and over all questions it is 5 points or more above the control

Each needs its interval above 0, too. Phases were chosen on seeds 100 and above, where the first
two (7 and 8 steps) were tried. Tried there before, and no choice came of it: both halves in one
phase, opposite ways twice as often, from the base (20 steps) and after 5 steps of opposite ways
alone (15 steps, then 10 of all).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tyro

from minir1.bench.cells import heading, line
from minir1.bench.smollm import strict
from minir1.bench.smollm_kinds import APART, form
from minir1.bench.smollm_order import (
    BASE,
    BOTH,
    CONTROL,
    SIDES,
    WHOLE,
    Runs,
    change,
    of_questions,
    runs_by_name,
)
from minir1.bench.smollm_signs import adds_sizes, between
from minir1.run.stats import Interval, mean

ONE, TWO, THREE = "plain 7", "plain 7 second 11", "plain 7 second 11 all 10"
PLAINLY, APART_BY = 0.5, 0.2
"""The thresholds that the docstring names."""


def told_apart(runs: Runs, kind: str) -> Interval:
    """How much more often sizes are added where that is right than where it is not."""

    def added(forms: Sequence[str]) -> list[float]:
        found = of_questions(runs.values(), lambda question: form(question) in forms, adds_sizes)
        return list(found.values())

    adds, other = (np.array(added(forms)) for forms in APART[kind])
    apart, asked = adds.mean() - other.mean(), len(adds) + len(other)
    # Centred: it must not matter how many of either form a redraw happens to hold.
    above = asked / len(adds) * (adds - adds.mean())
    below = asked / len(other) * (other.mean() - other)
    return mean([[apart + value] for value in (*above, *below)])


def verdicts(found: Mapping[str, Runs]) -> list[tuple[str, bool, str]]:
    """Each threshold whose runs are there: its name, whether it holds, and the numbers."""
    said = []

    def settle(name: str, rise: Interval, limit: float) -> None:
        holds = rise.value >= limit and rise.low > 0
        said.append((name, holds, f"{rise.value:+.1%} {between(rise)}, asked {limit:+.0%}"))

    for name, course, kind, limit in zip(
        ("one sign", "two signs", "three signs"),
        (ONE, TWO, THREE), APART, (PLAINLY, APART_BY, APART_BY), strict=True,
    ):  # fmt: skip
        if course in found:
            settle(name, told_apart(found[course], kind), limit)
    if THREE in found:
        for name, side in list(SIDES.items())[:2]:
            settle(f"both, {name}", change(found[BASE], found[THREE], side), BOTH)
        settle("whole", change(found[CONTROL], found[THREE]), WHOLE)
    return said


def table() -> str:
    """Greedy answers of each run: how far forms are told apart, and what is right in either."""
    columns = [title for kind in APART for title in (f"{kind}: told apart", "right in either form")]
    lines = heading("asked", "seed", *columns)
    for name, runs in runs_by_name().items():
        for seed, rows in runs.items():
            cells = []
            for kind, forms in APART.items():
                right = [
                    np.mean([strict(one) for one in rows if form(one["question"]) in some])
                    for some in forms
                ]
                apart = told_apart({seed: rows}, kind).value
                cells += [f"{apart:+.0%}", " and ".join(f"{value:.0%}" for value in right)]
            lines.append(line(name, str(seed), *cells))
    return "\n".join(lines)


def main() -> None:
    """Print what the committed answers say of each threshold."""
    said = "\n".join(
        f"{name}: {'holds' if holds else 'does not hold'}: {numbers}"
        for name, holds, numbers in verdicts(runs_by_name())
    )
    print(said, table(), sep="\n\n")


if __name__ == "__main__":
    tyro.cli(main)
