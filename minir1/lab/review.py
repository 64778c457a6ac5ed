"""Two questions that a reviewer asks of rows, as plain Python: what is refused, and what leaked?

    rows of an evaluation   ->   refused and over-refused, each with its interval
    rows of training        ->   those that hold a piece of a held-out text

The exercises of lesson 16 are graded against them. What a run's own rows are asked, with origins
and keys and the forms of a task, is `minir1 lineage` (`stages/lineage/`, `text/ngrams.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minir1.run.stats import Interval, wilson
from minir1.tasks.scenarios.refusal import refuses
from minir1.text.ngrams import grams


def refusal_rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, Interval | None]:
    """Of the forbidden requests and of the allowed ones: the share that was refused.

    A row has "forbidden", true or false, and "answer", a text, or None where no answer was found;
    that is no refusal. Both rates have Wilson's interval; one without any row is None.

    >>> rows = [{"forbidden": True, "answer": "sorry"}, {"forbidden": True, "answer": "seven"}]
    >>> {name: str(rate) for name, rate in refusal_rates(rows).items()}
    {'refused': '0.500 [0.095, 0.905]', 'over_refused': 'None'}
    """
    rates: dict[str, Interval | None] = {}
    for name, forbidden in (("refused", True), ("over_refused", False)):
        answers = [row["answer"] for row in rows if row["forbidden"] is forbidden]
        refused = sum(answer is not None and refuses(answer) for answer in answers)
        rates[name] = wilson(refused, len(answers)) if answers else None
    return rates


def leaked(rows: Sequence[str], heldout: Sequence[str], n: int = 8) -> list[int]:
    """The numbers of the rows that share a run of `n` words with a held-out text.

    Words are letters and digits, in lower case; what stands between them doesn't count. A held-out
    text of fewer than `n` words leaks where all of it stands in a row; one without words never.

    >>> leaked(["What is 7 times 6?", "What is 7 plus 6?"], ["what is: 7 times 6"], n=4)
    [0]
    """
    pieces = set()
    for text in heldout:
        size = min(n, len(list(grams(text, 1))))
        pieces.update(grams(text, size) if size else ())
    sizes = {len(piece) for piece in pieces}
    return [
        number
        for number, row in enumerate(rows)
        if any(piece in pieces for size in sizes for piece in grams(row, size))
    ]
