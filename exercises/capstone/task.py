"""A task of your own: say here in one sentence what is asked, and show one problem and its answer.

    make 31 from 12 9 4 1    ->    9 9 9 4        (the example of lesson 17; yours is another one)

The toy model knows these words, separated by spaces, and no others: the numbers 0 to 99,
+ - * / = ? , ; ( ) yes no make from compute. `minir1 audit task.py` attacks what you write.
"""

import random

from minir1.tasks import Problem, Verdict


def draw(rng: random.Random) -> Problem:
    """One problem: Problem(task=..., question=..., gold=..., key=..., solution=...).

    All chance comes from `rng`. `gold` is what `verify` needs, as JSON: numbers, texts, lists,
    dicts. `key` decides on which side of the split a problem is: one question, one key.
    `solution` is one right answer, as text.
    """
    raise NotImplementedError("your code here")


def verify(gold, completion: str) -> Verdict:
    """Judge a whole completion, tags included. Never raises, whatever the text is.

    `minir1.tasks.parse(completion)` finds the answer, or the verdict where there is none.
    """
    raise NotImplementedError("your code here")


def example(problem: Problem, rng: random.Random) -> tuple[str, str]:
    """The thinking and the answer of a careless writer: this is what the base reads.

    It must be right now and then, for a reason that a policy can find out.
    """
    raise NotImplementedError("your code here")


def near_misses(problem: Problem) -> list[str]:
    """Two or more answers to this problem that are almost right, and must never be paid."""
    raise NotImplementedError("your code here")
