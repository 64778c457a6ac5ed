"""Lesson 00, warm-ups: one step of arithmetic, a split that can't leak, and blind search."""

from __future__ import annotations

from collections.abc import Iterator

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.tasks.search import apply, blind_accuracy
from minir1.tasks.splits import split_of

NOTEBOOK = "00_the_journey"


def step_cases(draw: Draw, ops: str) -> Iterator[Case]:
    """Each operator, on both sides of every limit."""
    for op in ops:
        for _ in range(6):
            yield Case((draw.randint(1, 40), op, draw.randint(1, 40), draw.randint(30, 60)))
    for a, op, b, most in ((20, "+", 10, 30), (7, "-", 7, 30), (6, "*", 5, 30), (21, "+", 10, 30)):
        if op in ops:
            yield Case((a, op, b, most))


def division_cases(draw: Draw) -> Iterator[Case]:
    """Divisions that come out, that don't, by zero, and over the limit."""
    for _ in range(4):
        b, c = draw.randint(2, 9), draw.randint(2, 9)
        yield from (Case((b * c, "/", b, 99)), Case((b * c + 1, "/", b, 99)))
    yield from (Case((8, "/", 0, 99)), Case((90, "/", 2, 40)), Case((0, "/", 5, 99)))


APPLY = Exercise(
    of=apply,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=2,
    minutes=10,
    parts=(
        Part("plus_minus_times", 1, lambda draw: step_cases(draw, "+-*")),
        Part("division", 1, division_cases),
    ),
    mistakes={
        "negative_allowed": Edit("0 <= result <= max_value", "result <= max_value"),
        "no_limit": Edit("0 <= result <= max_value", "0 <= result"),
        "limit_excluded": Edit("0 <= result <= max_value", "0 <= result < max_value"),
        "rounded_division": Edit("b == 0 or a % b != 0", "b == 0"),
        "division_by_zero": Edit("b == 0 or a % b != 0", "a % b != 0"),
        "zero_excluded": Edit("0 <= result <= max_value", "0 < result <= max_value"),
        "float_division": Edit("result = a // b", "result = a / b + 0.5"),
    },
    atol=1e-9,
)


def key_cases(draw: Draw) -> Iterator[Case]:
    """Many keys, at several shares; a share of 0 or 1 leaves one side empty."""
    for share in (0.2, 0.5, 0.8):
        for _ in range(12):
            key = " ".join(str(draw.randint(1, 12)) for _ in range(3))
            yield Case((key, share))
    yield from (Case(("1 2 3", 0.0)), Case(("1 2 3", 1.0)))


SPLIT_OF = Exercise(
    of=split_of,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=3,
    minutes=15,
    parts=(Part("sides", 2, key_cases),),
    mistakes={
        "turned": Edit("u < heldout_share", "u >= heldout_share"),
        "python_hash": Edit("u = int.from_bytes(digest[:8]) / 2**64",
                            "u = hash(key) % 2**32 / 2**32"),
        "md5": Edit("hashlib.sha256", "hashlib.md5"),
        "little_endian": Edit("int.from_bytes(digest[:8])", "int.from_bytes(digest[:8], 'little')"),
        "last_bytes": Edit("digest[:8]", "digest[-8:]"),
        "numbers_sorted": Edit("key.encode()", "' '.join(sorted(key.split())).encode()"),
        "not_scaled": Edit("/ 2**64", "% 2"),
        "hex_digits": Edit("int.from_bytes(digest[:8])", "int(digest.hex()[:8], 16)"),
    },
    same={"15:24: u < heldout_share -> u <= heldout_share": "no hash meets a share exactly"},
)  # fmt: skip


def chance_cases(draw: Draw) -> Iterator[Case]:
    """Chances from 0 to 1, and numbers of tries that need not be whole."""
    for _ in range(6):
        yield Case((draw.random(), draw.randint(1, 12)))
    yield from (Case((0.0, 5)), Case((1.0, 3)), Case((0.3, 0)), Case((0.2, 2.5)))


BLIND_ACCURACY = Exercise(
    of=blind_accuracy,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=5,
    parts=(Part("curve", 1, chance_cases),),
    mistakes={
        "linear": Edit("1 - (1 - chance) ** tries", "chance * tries"),
        "linear_to_one": Edit("1 - (1 - chance) ** tries", "min(1.0, chance * tries)"),
        "all_right": Edit("1 - (1 - chance) ** tries", "chance ** tries"),
        "never_right": Edit("1 - (1 - chance) ** tries", "(1 - chance) ** tries"),
        "not_all_right": Edit("1 - (1 - chance) ** tries", "1 - chance ** tries"),
        "one_try_more": Edit("** tries", "** (tries + 1)"),
        "at_its_end": Edit("1 - (1 - chance) ** tries", "chance * (1 - chance) ** (tries - 1)"),
    },
    rtol=1e-6,
    atol=1e-9,
)

EXERCISES = (APPLY, SPLIT_OF, BLIND_ACCURACY)
