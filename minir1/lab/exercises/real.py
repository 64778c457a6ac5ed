"""Lesson 15, first half: rows in another order, and a kind reader."""

from __future__ import annotations

from collections.abc import Iterator

from minir1.bench.smollm import last_number
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.hub.gguf_names import as_neighbours

NOTEBOOK = "15_a_real_model"


def head_cases(draw: Draw, sizes: tuple[tuple[int, int], ...]) -> Iterator[Case]:
    """(heads, numbers of a head): a head of 4 alone can't tell the way there from the way back."""
    for heads, size in sizes:
        yield Case((draw.normal(heads * size, draw.randint(1, 7)), heads))


AS_NEIGHBOURS = Exercise(
    of=as_neighbours,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=3,
    minutes=15,
    needs=("rotate_halves",),
    parts=(
        Part("one_head", 1, lambda draw: head_cases(draw, ((1, 4), (1, 8), (1, 6)))),
        Part("heads", 2, lambda draw: head_cases(draw, ((3, 8), (2, 10), (9, 4), (5, 2)))),
    ),
    mistakes={
        "the_way_back": Edit("[first + pair, first + half + pair]",
                             "[first + o % size + o // size for o in (4 * pair, 4 * pair + 2)]"),
        "one_large_head": Edit("size = len(weight) // heads",
                               "heads, size = 1, len(weight)"),
        "columns": Edit("return weight[rows]",
                        "return weight[:, torch.tensor(rows) % weight.shape[1]]"),
        "second_half_first": Edit("[first + pair, first + half + pair]",
                                  "[first + half + pair, first + pair]"),
        "nothing_moved": Edit("return weight[rows]", "return weight"),
        "first_head_only": Edit("first = head * size", "first = 0"),
        "back_to_front": Edit("range(half)", "reversed(range(half))"),
    },
)  # fmt: skip


FORMS = (
    "{a}*{b}={c} <answer>{c}</answer>",
    "The answer is {c}.",
    "{c}",
    "{a} times {b}",
    "{c} is {a} times {b}",
    "<answer>{c}</answer> since {a}*{b}",
    "{a}*{b}=1{c}",
)


def read_cases(draw: Draw) -> Iterator[Case]:
    """Ways to write it, with the gold at the end, in the middle, or not at all."""
    for form in FORMS:
        a, b = draw.sample(range(2, 10), 2)
        text = form.format(a=a, b=b, c=a * b)
        yield Case((asked(f"{a} * {b}", str(a * b), text),))


def asked(question: str, gold: str, completion: str) -> dict[str, str]:
    """One row of the transcripts."""
    return {"question": question, "gold": gold, "completion": completion}


def odd_cases(draw: Draw) -> Iterator[Case]:
    """Signs, decimals, no number at all."""
    found = [
        ("20", "it is 20.5"), ("20.5", "it is 20.5"), ("5", "it is -5"), ("-5", "it is -5"),
        ("20", "20."), ("20", "no idea"), ("20", ""), ("0", "none"), ("20", "20.0"),
        ("5", "so 3.5"), ("20", "20 or so"), ("20", "x20y"), ("20", "20 . 1"),
    ]  # fmt: skip
    for gold, text in found:
        yield Case((asked("?", gold, text),))


LAST_NUMBER = Exercise(
    of=last_number,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=10,
    parts=(Part("texts", 1, read_cases), Part("odd", 1, odd_cases)),
    mistakes={
        "first_number": Edit("last = match.group()", "last = last or match.group()"),
        "anywhere": Edit('return last == answer["gold"]',
                         'return answer["gold"] in answer["completion"]'),
        "end_of_number": Edit("return last ==", "return (last or '').endswith"
                              "(answer['gold']) or last =="),
        "no_sign": Edit('"-?[0-9]+', '"[0-9]+'),
        "no_decimals": Edit("([.][0-9]+)?", ""),
        "as_numbers": Edit("return last ==", "return last is not None and "
                           "float(last) == float(answer['gold']) or last =="),
        "only_the_group": Edit("last = match.group()", "last = match.group(1) or ''"),
        "full_stop": Edit("-?[0-9]+([.][0-9]+)?", "-?[0-9.]+"),
        "last_word": Edit("last = match.group()", "last = answer['completion'].split()[-1]"),
    },
)  # fmt: skip

EXERCISES = (AS_NEIGHBOURS, LAST_NUMBER)
