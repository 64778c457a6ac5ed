"""Lesson 01, first half: read a completion strictly, and a value's way to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.lab.grader.plain import Record
from minir1.tasks import completion as names
from minir1.tasks.completion import parse
from minir1.tasks.expression import Value, evaluate, stays_in_range

NOTEBOOK = "01_verifiable_rewards"
DECIDES = (names.NO_ANSWER, names.EMPTY_ANSWER, names.LONG_COMPLETION, names.LONG_ANSWER)


def what_counts(value: Any) -> Any:
    """Of a `Parsed`: the answer, the form, and the fault if a verdict hangs on it."""
    if not isinstance(value, Record) or value.kind != "Parsed":
        return value
    order = ("answer", "well_formed", "think", "fault")  # the first that differs is told
    held = {name: value.fields[name] for name in order if name in value.fields}
    fault = held.get("fault")
    if isinstance(fault, str) and fault and fault not in DECIDES:
        held["fault"] = "another fault"
    if held.get("well_formed") is not True:
        held["think"] = ""
    return Record(value.kind, held)


def texts(draw: Draw, forms: tuple[str, ...]) -> Iterator[Case]:
    """Completions from forms, with a random sum where X stands, and random spaces around it."""
    for form in forms:
        space = " " * draw.randint(0, 3)
        body = f"{space}{draw.randint(1, 99)} + {draw.randint(1, 99)}{space}"
        yield Case((form.replace("X", body),))


GOOD = (
    "<think>X</think><answer>X</answer>",
    "<think>X</think> <answer>X</answer> <eos>",
    "<answer>X</answer>",
    "  \n<think></think>\n<answer>X</answer>\n",
    "<answer>X</answer><eos>",
    "well <think>X</think> so <answer>X</answer>",
)
BAD = (
    "X",
    "",
    "<think>X</think>",
    "<think>X</think><answer></answer>",
    "<answer>  </answer>",
    "<answer>X</answer> X",
    "<answer>X</answer><answer>X</answer>",
    "<think><answer>X</answer></think>",
    "<answer>X</answer><think>X</think>",
    "<answer>X",
    "X</answer>",
    "</answer>X<answer>",
    "<answer>X<think></answer>",
    "<think>X</think><answer>X</think></answer>",
    "<think>X<answer>X</answer>",
    "<think>X</think><think>X</think><answer>X</answer>",
    "<answer>X</answer><eos><eos>",
    "<eos><answer>X</answer>",
    "<answer>X<eos></answer>",
    "</think>X<think><answer>X</answer>",
)


def long_cases(draw: Draw) -> Iterator[Case]:
    """Answers at the limit and one over, and a completion that is far too long."""
    for length in (names.MAX_ANSWER, names.MAX_ANSWER + 1):
        yield Case((f"<think>x</think><answer> {'7' * length} </answer>",))
    yield Case(("<think>x</think><answer>7 7 7</answer>", 4))
    end = "<answer>7</answer>"
    for extra in (0, 1):
        yield Case(("x" * (names.MAX_COMPLETION - len(end) + extra) + end,))


PARSE = Exercise(
    of=parse,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=4,
    minutes=40,
    parts=(
        Part("good", 2, lambda draw: texts(draw, GOOD)),
        Part("bad", 3, lambda draw: texts(draw, BAD)),
        Part("long", 1, long_cases),
    ),
    mistakes={
        "text_after": Edit("if closed == '' or after.strip():", "if closed == '':"),
        "end_anywhere": Edit('or "<eos>" in text', ""),
        "end_kept": Edit('text.endswith("<eos>")', "False"),
        "tags_inside": Edit('"think>" in answer', "False"),
        "inside_the_thinking": Edit("return refused(BROKEN)  # the thinking is broken", "pass"),
        "not_stripped": Edit("answer = answer.strip()", "pass"),
        "no_limit": Edit("len(answer) > max_answer", "False"),
        "always_well_formed": Edit('thought and not outside', "True"),
        "thinking_required": Edit("elif thoughts != (0, 0):", "else:"),
    },
    same={
        "44:30: before.index('<think>') < before.index('</think>') -> "
        "before.index('<think>') <= before.index('</think>')": "two tags can't start at one place",
    },
    tidy=what_counts,
)  # fmt: skip


def value_cases(draw: Draw) -> Iterator[Case]:
    """Values whose way leads over the edges, though they end inside."""
    fixed = ("7 - 9 + 5", "4 * 30 - 99", "7 / 2 * 2", "9 * 11", "100 - 1", "5 - 5", "8", "-3 + 9")
    sums = [f"{draw.randint(1, 60)} + {draw.randint(1, 60)} - {draw.randint(1, 60)}"] * 4
    for text in (*fixed, *sums):
        value = evaluate(text)
        assert isinstance(value, Value)
        yield from (Case((value, 99)), Case((value, draw.randint(3, 120))))


STAYS_IN_RANGE = Exercise(
    of=stays_in_range,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=2,
    minutes=5,
    parts=(Part("values", 1, value_cases),),
    mistakes={
        "only_the_end": Edit("value.intermediates", "[value.value]"),
        "negative_allowed": Edit("number < 0 or number > max_value", "number > max_value"),
        "no_limit": Edit("number < 0 or number > max_value", "number < 0"),
        "limit_excluded": Edit("number > max_value", "number >= max_value"),
        "zero_excluded": Edit("number < 0", "number <= 0"),
        "fractions_allowed": Edit("number != int(number)", "False"),
    },
)

EXERCISES = (PARSE, STAYS_IN_RANGE)
