"""What teaches the other half of the rule? The half that was not learned is asked first.

    python -m minir1.bench.smollm_course --folder runs/order --course opposite 14 all 14
    python -m minir1.bench.smollm_course --folder runs/order --course opposite 14 all 14 all 14
    python -m minir1.bench.smollm_order

`smollm_signs` learned to add sizes, and says 11 to 9 - 2, too. Is the other half out of its reach,
or hidden by a shortcut that pays on the first half? So 14 steps ask only questions whose numbers
go opposite ways, then 14 ask all. The control are the runs of `smollm_signs`: all questions, as
many steps, the same seeds. A third phase of 14 shows where it goes from there. What would refute
an answer is written down here before the first of these runs; accuracy is greedy:

    reach      asked alone, the other half is learned: opposite ways, 20 points or more above the
               base; the interval is above 0
    kept       after all questions, too: 20 points or more above the control, the interval above 0
    price      the first half pays for it: one way, 20 points or more below the control, the
               interval below 0
    both       after the third phase each half is 10 points or more above the base; both intervals
               are above 0
    whole      and more of the rule is known than one half: over all questions 5 points or more
               above the control; the interval is above 0

Phases and thresholds were chosen on seeds 100 and above. There, in one seed, all held
but `whole`. The interval redraws questions; seeds are taken together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import tyro

from minir1.bench.cells import heading, line
from minir1.bench.smollm import Answer, last_number, read_answers, strict
from minir1.bench.smollm_course import GREEDY, SAMPLED, called, read_course
from minir1.bench.smollm_greedy import GREEDY as GREEDY_ROWS
from minir1.bench.smollm_greedy import Reader, answers_of, base_of, share
from minir1.bench.smollm_signs import RECIPE, between, by_question, one_way, sides, terms
from minir1.run.stats import Interval, mean, paired_difference

ALONE, FIRST, LONGER = "opposite 14", "opposite 14 all 14", "opposite 14 all 14 all 14"
BASE, CONTROL = "base", "all 28"
REACH, BOTH, WHOLE = 0.2, 0.1, 0.05
"""The thresholds that the docstring names."""
READERS: Mapping[str, Reader] = {"strict": strict, "last number": last_number}
Runs = Mapping[int, Sequence[Answer]]
"""The answers of each seed."""
Side = Callable[[str], bool]


def opposite_ways(question: str) -> bool:
    """Sizes are to be subtracted."""
    return not one_way(question)


def every(question: str) -> bool:
    """All questions."""
    return True


SIDES: Mapping[str, Side] = {
    "both one way": one_way, "opposite ways": opposite_ways, "all": every,
}  # fmt: skip


def of_questions(runs: Iterable[Sequence[Answer]], side: Side, reader: Reader) -> dict[str, float]:
    """How often each question of a side is answered rightly; seeds are taken together."""
    found: dict[str, list[float]] = {}
    for rows in runs:
        for question, values in by_question(rows, reader).items():
            if side(question):
                found.setdefault(question, []).append(float(np.mean(values)))
    return {question: float(np.mean(values)) for question, values in found.items()}


def change(before: Runs, after: Runs, side: Side = every, reader: Reader = strict) -> Interval:
    """The change from some runs to others, and its interval over questions."""
    one, two = (of_questions(runs.values(), side, reader) for runs in (before, after))
    return paired_difference([[value] for value in one.values()], [[two[name]] for name in one])


def runs_by_name(decoding: str = GREEDY) -> Mapping[str, Runs]:
    """Base, control, and the policies of each phase."""
    published = read_answers(GREEDY_ROWS) if decoding == GREEDY else read_answers()
    control = answers_of(published, RECIPE, "final")
    found = {BASE: {seed: base_of(published, RECIPE, seed) for seed in control}, CONTROL: control}
    for (course, seed, how), rows in read_course().items():
        if how == decoding:
            found.setdefault(called(course), {})[seed] = rows
    return found


def accuracy(runs: Runs, side: Side, reader: Reader = strict) -> Interval:
    """The share of right answers on a side, and its interval over questions."""
    return mean([[value] for value in of_questions(runs.values(), side, reader).values()])


def table(readers: Mapping[str, Reader] = READERS) -> str:
    """Accuracy by side, and the change against the control, with its interval over questions."""
    columns = [title for side in SIDES for title in (side, f"against `{RECIPE}`")]
    lines = heading("asked in training", "seeds", "decoding", "reader", *columns)
    for decoding in (GREEDY, SAMPLED):
        found = runs_by_name(decoding)
        for name, runs in found.items():
            for label, reader in readers.items():
                cells = [name, str(len(runs)), decoding, label]
                for side in SIDES.values():
                    rise = change(found[CONTROL], runs, side, reader)
                    said = f"{rise.value:+.1%} {between(rise)}" if name != CONTROL else ""
                    cells += [f"{accuracy(runs, side, reader).value:.1%}", said]
                lines.append(line(*cells))
    return "\n".join(lines)


def verdicts(found: Mapping[str, Runs]) -> list[tuple[str, bool, str]]:
    """Each threshold whose runs are there: its name, whether it holds, and the numbers."""
    one, other = list(SIDES)[:2]
    asked = (
        ("reach", other, BASE, ALONE, REACH),
        ("kept", other, CONTROL, FIRST, REACH),
        ("price", one, CONTROL, FIRST, -REACH),
        ("both, first half", one, BASE, LONGER, BOTH),
        ("both, other half", other, BASE, LONGER, BOTH),
        ("whole", "all", CONTROL, LONGER, WHOLE),
    )
    said = []
    for name, side, before, after, limit in asked:
        if after in found:
            rise = change(found[before], found[after], SIDES[side])
            sign = 1 if limit > 0 else -1
            holds = sign * rise.value >= abs(limit) and min(sign * rise.low, sign * rise.high) > 0
            said.append((name, holds, f"{rise.value:+.1%} {between(rise)}, asked {limit:+.0%}"))
    return said


def subtracts_sizes(answer: Answer) -> bool:
    """The other shortcut: one size is taken from the other, whatever the signs; with 0 it is none.

    >>> subtracts_sizes({"question": "-7 - 2 =", "gold": "-9", "completion": "<answer>5</answer>"})
    True
    """
    first, second = map(abs, terms(answer["question"]))
    sizes = (first - second, second - first) if first and second else ()
    return any(strict({**answer, "gold": str(size)}) for size in sizes)


def each_seed() -> str:
    """Greedy answers of each run: what is right on each side, and each side's shortcut."""
    shortcuts = ("sizes subtracted all the same", "sizes added all the same")
    columns = [title for both in zip(SIDES, shortcuts, strict=False) for title in both]
    lines = heading("asked", "seed", *columns)
    for name, runs in runs_by_name().items():
        for seed, rows in runs.items():
            right, other, added = sides(rows)
            taken = share([one for one in rows if one_way(one["question"])], subtracts_sizes)
            shares = (right, taken, other, added)
            lines.append(line(name, str(seed), *(f"{value:.1%}" for value in shares)))
    return "\n".join(lines)


def main() -> None:
    """Print what the committed answers say of each threshold."""
    said = "\n".join(
        f"{name}: {'holds' if holds else 'does not hold'}: {numbers}"
        for name, holds, numbers in verdicts(runs_by_name())
    )
    print(table(), said, each_seed(), sep="\n\n")


if __name__ == "__main__":
    tyro.cli(main)
