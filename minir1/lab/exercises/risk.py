"""Lesson 16: is the gap real, what is refused, and which rows hold what should be held out?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.review import leaked, refusal_rates
from minir1.run.stats import seed_difference

NOTEBOOK = "16_risk"


def seed_cases(draw: Draw) -> Iterator[Case]:
    """What was meant and what is paid, with gaps of either sign; few seeds and many."""
    for n, gap in ((2, 0.3), (3, 0.1), (4, -0.2), (6, 0.02), (9, 0.3), (5, 0.0)):
        meant = [draw.uniform(0.2, 0.6) for _ in range(n)]
        yield Case((meant, [value + gap + draw.uniform(-0.1, 0.1) for value in meant]))


def tie_cases(draw: Draw) -> Iterator[Case]:
    """Seeds on which both sides are equal; all of them; whole numbers."""
    yield Case(([0.25, 0.5, 0.5, 0.75], [0.5, 0.5, 0.75, 0.625]))
    yield Case(([0.5, 0.25, 0.125], [0.5, 0.25, 0.125]))
    whole = [draw.randint(1, 9) for _ in range(6)]
    yield Case((whole, [value + draw.choice((-2, -1, 1, 3)) for value in whole]))


def uneven_cases(draw: Draw) -> Iterator[Case]:
    """What can't be compared: sides of different lengths, one seed, none."""
    for a, b in (([0.1, 0.2], [0.3]), ([0.1], [0.3]), ([], []), ([0.1] * 3, [0.2] * 4)):
        yield Case((a, b), raises="ValueError")


SEED_DIFFERENCE = Exercise(
    of=seed_difference,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=20,
    parts=(Part("gaps", 2, seed_cases), Part("ties", 1, tie_cases),
           Part("uneven", 1, uneven_cases)),
    mistakes={
        "sign": Edit("y - x for x, y", "x - y for x, y"),
        "two_sigma": Edit("stats.t.ppf(0.975, n - 1)", "1.96"),
        "n_degrees": Edit("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.975, n)"),
        "one_sided": Edit("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.95, n - 1)"),
        "of_one_seed": Edit("(variance / n) ** 0.5", "variance ** 0.5"),
        "biased": Edit("/ (n - 1)\n", "/ n\n"),
        "ties_are_wins": Edit("wins = sum(gap > 0", "wins = sum(gap >= 0"),
        "one_sided_signs": Edit("min(1.0, 2 * tail)", "min(1.0, tail)"),
        "not_refused": Edit("n != len(b) or n < 2", "n != len(b)"),
    },
    rtol=1e-5,
    atol=1e-7,
)  # fmt: skip


def answer_rows(draw: Draw, forbidden: int, allowed: int) -> list[dict[str, Any]]:
    """Rows in any order, with refusals, texts that look like some, and no answers."""
    kinds = ("sorry", "maaf", "sorry", "seven", "sorry it is seven", "please sorry", "", None)
    rows = [{"forbidden": i < forbidden, "answer": draw.choice(kinds)}
            for i in range(forbidden + allowed)]  # fmt: skip
    draw.shuffle(rows)
    return rows


def rate_cases(draw: Draw) -> Iterator[Case]:
    """Both kinds of rows, more of the one or of the other."""
    for forbidden, allowed in ((30, 30), (8, 40), (50, 5)):
        yield Case((answer_rows(draw, forbidden, allowed),))


def lonely_cases(draw: Draw) -> Iterator[Case]:
    """One kind only, no rows, all refused, none answered."""
    for rows in (answer_rows(draw, 9, 0), answer_rows(draw, 0, 9), [],
                 [{"forbidden": i % 2 == 0, "answer": "sorry"} for i in range(12)],
                 [{"forbidden": i % 2 == 0, "answer": None} for i in range(12)]):  # fmt: skip
        yield Case((rows,))


REFUSAL_RATES = Exercise(
    of=refusal_rates,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=5,
    minutes=15,
    needs=("wilson",),
    parts=(Part("rates", 2, rate_cases), Part("lonely", 1, lonely_cases)),
    mistakes={
        "of_all_rows": Edit("n = len(mine)", "n = len(rows)"),
        "the_other_kind": Edit('row["forbidden"] == (name == "refused")',
                               'row["forbidden"] != (name == "refused")'),
        "begins_with_sorry": Edit('refuses(row["answer"])',
                                  'row["answer"].split()[:1] in (["sorry"], ["maaf"])'),
        "one_language": Edit('refuses(row["answer"])', 'row["answer"].split() == ["sorry"]'),
        "no_answer_refuses": Edit('row["answer"] is not None and', 'row["answer"] is None or'),
        "answered_only": Edit('== (name == "refused")]',
                              '== (name == "refused") and row["answer"] is not None]'),
        "zero_of_zero": Edit("wilson(refused, n) if n else None", "wilson(refused, max(n, 1))"),
    },
    rtol=1e-4,
    atol=1e-6,
)  # fmt: skip

WORDS = (
    "the sum of two numbers is nine and their product twenty so what are they when the first one "
    "is odd or even"
)


def sentence(draw: Draw, size: int) -> list[str]:
    """Some words and numbers."""
    return [draw.choice((*WORDS.split(), str(draw.randint(10, 99)))) for _ in range(size)]


def run_cases(draw: Draw) -> Iterator[Case]:
    """Rows with a run of n, of one word less, with a hole in it, or in another order."""
    for n in (3, 5, 8):
        held = sentence(draw, n + 4)
        start = draw.randint(0, 4)
        run, around = held[start : start + n], (sentence(draw, 3), sentence(draw, 2))
        broken = [*run[:1], "zzz", *run[1:]]
        rows = [
            [*around[0], *middle, *around[1]]
            for middle in (run, run[1:], run[:-1], run[::-1], broken, held[:n], held[-n:])
        ]
        yield Case(([" ".join(row) for row in rows], [" ".join(held), "quite another text"], n))
    many = [sentence(draw, 12) for _ in range(5)]
    rows = [" ".join(sentence(draw, 4) + one[2:10]) for one in many] + [" ".join(sentence(draw, 9))]
    yield Case((rows, [" ".join(one) for one in many[1::2]]))


def dress_cases(draw: Draw) -> Iterator[Case]:
    """The same words in capitals, with signs between them; words that only hold such a word."""
    held = sentence(draw, 6)
    rows = [
        " ".join(held).upper(),
        ", ".join(held) + "!",
        " \n ".join(held),
        "-".join(held),
        "x".join(held),
        " ".join(held) + "s",
        "1" + " ".join(held),
        "".join(held),
    ]
    yield Case((rows, [" ".join(held)], 6))
    yield Case(([" ".join(held)], ["**" + "* *".join(held).title() + "**"], 4))
    yield Case((["what is 16 times 7", "is 6 times 7 more", "6 times 77"], ["6 times 7?"], 3))


def short_cases(draw: Draw) -> Iterator[Case]:
    """Held-out texts and rows that are shorter than n; texts without words; nothing at all."""
    rows = ["solve 17 plus 25 now", "17 plus 26", "", "...", "plus 25", "25", "17 plus"]
    yield from (Case((rows, ["17 plus 25"], 8)), Case((rows, ["25"], 8)))
    yield from (Case((rows, ["", "?!"], 8)), Case((rows, [], 2)), Case(([], ["17 plus 25"], 2)))
    yield Case((rows, ["17 plus 25", "17 plus 26 and 27 and 28 and 29"], 4))


LEAKED = Exercise(
    of=leaked,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=25,
    parts=(Part("runs", 2, run_cases), Part("dressed", 1, dress_cases),
           Part("short", 1, short_cases)),
    mistakes={
        "case_counts": Edit("text.lower()", "text"),
        "signs_count": Edit('re.findall(r"[^\\W_]+", text.lower())', "text.lower().split()"),
        "parts_of_words": Edit('f" {piece} " in f" {row} "', "piece in row"),
        "any_order": Edit('f" {piece} " in f" {row} "',
                          "set(piece.split()) <= set(row.split())"),
        "short_never": Edit("size = min(n, len(held))", "size = n"),
        "first_run_only": Edit("range(len(held) - size + 1)", "range(1)"),
        "misses_the_last": Edit("range(len(held) - size + 1)",
                                "range(max(1, len(held) - size))"),
        "whole_texts_only": Edit("size = min(n, len(held))", "size = len(held)"),
        "nothing_leaks": Edit("if size", "if True"),
    },
)  # fmt: skip

EXERCISES = (SEED_DIFFERENCE, REFUSAL_RATES, LEAKED)
