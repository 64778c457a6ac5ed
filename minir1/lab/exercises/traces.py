"""Lesson 02, first half: write a thinking trace, and read it back."""

from __future__ import annotations

from collections.abc import Iterator

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.tasks.countdown import Countdown
from minir1.tasks.search import Try, random_try
from minir1.text.trace import read_tries, write_try

NOTEBOOK = "02_tokens_and_a_base"
JUNK = ("", "hm", "let me see", "3 + 4", "= 7 yes", "? 9 maybe", "4 + 4 == 8", "no", "5 - 2 =")


def a_try(draw: Draw, count: int = 3) -> tuple[list[int], Try]:
    """Numbers, and one blind try on them."""
    numbers = [draw.randint(1, 12) for _ in range(count)]
    return numbers, random_try(draw, numbers, "+-*", 999)


def writing_cases(draw: Draw, said: tuple[str, ...]) -> Iterator[Case]:
    """Tries of one to three steps; the target is seldom the value."""
    for count in (2, 3, 4):
        _, one = a_try(draw, count)
        for word in said:
            yield Case((one, draw.randint(1, 99), *([word] if word else [])))


WRITE_TRY = Exercise(
    of=write_try,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=3,
    minutes=10,
    parts=(
        Part("steps", 1, lambda draw: writing_cases(draw, ("",))),
        Part("check", 1, lambda draw: writing_cases(draw, ("yes", "no"))),
    ),
    mistakes={
        "no_spaces": Edit('" , ".join', '", ".join'),
        "semicolons": Edit('" , ".join', '" ; ".join'),
        "value_for_target": Edit("? {target} {said}", "? {one.value} {said}"),
        "always_checked": Edit("if said:", "if True:"),
        "never_checked": Edit("if said:", "if False:"),
        "last_step_only": Edit("in one.steps:", "in one.steps[-1:]:"),
        "expression": Edit("{a} {op} {b} = {c}", "{a} {op} {b}"),
    },
)


def trace(draw: Draw, numbers: list[int], target: int, pieces: int) -> str:
    """A trace of tries: some checked, some falsely, some with junk between them."""
    written = []
    for _ in range(pieces):
        one = random_try(draw, numbers, "+-*", 99)
        said = draw.choice(("yes", "no", "", "no"))
        text = write_try(one, target, said)
        if draw.random() < 0.3:
            text = text.replace(f"= {one.value}", f"= {one.value + 1}", 1)  # false arithmetic
        written.append(text)
        if draw.random() < 0.4:
            written.append(draw.choice(JUNK))
    return " ; ".join(written)


def problems(draw: Draw, count: int) -> Iterator[tuple[list[int], int]]:
    """Numbers and a target that can be reached."""
    stream = Countdown().problems("train", draw.randint(0, 2**31))
    for _ in range(count):
        gold = next(stream).gold
        yield gold["numbers"], gold["target"]


def reading_cases(draw: Draw) -> Iterator[Case]:
    """What `write_try` wrote, with junk."""
    for numbers, target in problems(draw, 6):
        yield Case((trace(draw, numbers, target, draw.randint(1, 5)),))


def odd_cases(draw: Draw) -> Iterator[Case]:
    """Traces that somebody made up."""
    for think in (
        "",
        ";;",
        "7 + 5 = 12 ? 12 yes ? 12 no",
        "1 + 2 = 3 + 4 = 7",
        "? 9 no",
        "7 + 5 = 12 ? 12 maybe",
        "8 - 3 = 5 , 5 * 1 = 5 ? 9 no ; 8 + 1 = 9 ? 9 yes",
        "yes 4 * 4 = 16 no",
        "6 ^ 2 = 36 ; 6 / 2 = 3",
        "two + 2 = 4 , 2 + 2 = 4",
    ):
        yield Case((think,))


READ_TRIES = Exercise(
    of=read_tries,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=3,
    minutes=25,
    needs=("write_try",),
    parts=(Part("written", 2, reading_cases), Part("odd", 1, odd_cases)),
    mistakes={
        "empty_pieces_kept": Edit("if steps:", "if True:"),
        "first_check": Edit("said = words[i + 2]", "said = said or words[i + 2]"),
        "checks_lost": Edit("said = words[i + 2]", "pass"),
        "commas_split": Edit('think.split(";")', 'think.replace(",", ";").split(";")'),
        "texts_for_numbers": Edit("(int(a), op, int(b), int(c))", "(a, op, b, c)"),
        "no_division": Edit('op in "+-*/"', 'op in "+-*"'),
        "overlapping": Edit("i += 5", "i += 1"),
        "maybe_is_said": Edit('words[i + 2] in ("yes", "no")', "True"),
    },
    same={"11:18: 4 -> 5": "the last word alone begins neither a step nor a check"},
)

EXERCISES = (WRITE_TRY, READ_TRIES)
