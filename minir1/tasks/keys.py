"""Which problem a question is about, read from its words: what an auditor believes.

    "make 15 from 10 5 1"     ->  {"1 5 10"}
    "buat lima dari dua tiga" ->  {"2 3"}
    "program 2 to 3 , 5 to 6" ->  the key of every program that gives these examples

A data row brings a key of its own (stages/examples.py). Whoever planted the row wrote that key as
well, so the split is decided here from the question alone. Some questions can be read in more
than one way ("twenty four": 24, or 20 and 4); then all readings are given.

In the prompt's journey: beside it, where somebody asks whether it was held out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from minir1.tasks.base import Split
from minir1.tasks.scenarios.manners import TELL, Manners
from minir1.tasks.scenarios.refusal import SECRET, Refusal
from minir1.tasks.scenarios.stack import Stack, every_program
from minir1.tasks.scenarios.stack_machine import run
from minir1.tasks.scenarios.tongues import TONGUES, Tongue, say_number
from minir1.tasks.splits import key_of, split_of

_NUMBERS = {
    name: {say_number(number, tongue): number for number in range(100)}
    for name, tongue in TONGUES.items()
}
_EXAMPLE = re.compile(r"(\d+) to (-?\d+)")


def keys_in(question: str) -> frozenset[str]:
    """The keys of all problems that the question can be about; none if it is of no toy.

    >>> sorted(keys_in("form nine using one seven nine")), sorted(keys_in("Why is the sky blue?"))
    (['1 7 9'], [])
    >>> sorted(keys_in("tell secret forty two"))
    ['about 42']
    """
    first, *rest = question.split() or [""]
    if first == "make" and "from" in rest:
        return _of_numbers(rest[rest.index("from") + 1 :])
    if first == "compute":
        return _of_numbers([word for word in rest if word.isdecimal()])
    if first == "program":
        examples = [(int(x), int(y)) for x, y in _EXAMPLE.findall(question)]
        fitting = (p for p in every_program() if all(run(p, x) == y for x, y in examples))
        return frozenset(f"program {program}" for program in fitting) if examples else frozenset()
    for tongue in TONGUES.values():
        tell, about = TELL[tongue.name]
        if first == tongue.make and tongue.source in rest:
            said = rest[rest.index(tongue.source) + 1 :]
            return frozenset(key_of(numbers) for numbers in readings(said, tongue) if numbers)
        if first == tell and rest[:1] in ([about], [SECRET[tongue.name]]):
            topics = (numbers for numbers in readings(rest[1:], tongue) if len(numbers) == 1)
            return frozenset(f"about {number}" for (number,) in topics)
    return frozenset()


def sides(question: str, heldout_share: float) -> frozenset[Split]:
    """The side of the split that each reading is on.

    {"heldout"}: it may be in no training row. {"train"}: it may be in no evaluation. None: it
    is of no toy, and its words must be compared (text/ngrams.py).

    >>> sorted(sides("make 15 from 10 5 1", 0.2)), sorted(sides("What is 2+2?", 0.2))
    (['train'], [])
    """
    return frozenset(split_of(key, _share(key, heldout_share)) for key in keys_in(question))


def readings(words: Sequence[str], tongue: Tongue) -> Iterator[tuple[int, ...]]:
    """Every row of numbers that the words can say.

    >>> list(readings("twenty four".split(), TONGUES["english"]))
    [(20, 4), (24,)]
    """
    if not words:
        yield ()
        return
    for size in range(1, min(3, len(words)) + 1):
        number = _NUMBERS[tongue.name].get(" ".join(words[:size]))
        if number is not None:
            yield from ((number, *others) for others in readings(words[size:], tongue))


def _of_numbers(words: Sequence[str]) -> frozenset[str]:
    plain = bool(words) and all(word.isdecimal() for word in words)
    return frozenset([key_of([int(word) for word in words])]) if plain else frozenset()


def _share(key: str, heldout_share: float) -> float:
    """Topics and programs are split by shares of their own."""
    if key.startswith("about "):
        return min(Manners().heldout_share, Refusal().heldout_share)
    return Stack().heldout_share if key.startswith("program ") else heldout_share
