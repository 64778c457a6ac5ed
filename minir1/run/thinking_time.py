"""More tokens at test time: what the samples of an evaluation say about spending more on each.

    majority vote   n samples, the most frequent answer            maj@n
    best of n       n samples, the one that a reward model likes   the truth about it, and its score

Both cost n times the tokens of one sample, so each point stands with the tokens that it costs
(R1's consensus, cons@64, arXiv 2501.12948, section 3.1). Best of n also shows how far a reward
model can be trusted: its own score of the chosen text can only rise with n, the truth need not.
How to make one sample longer or shorter is another dial (rl/forcing.py).

No model is run here: n samples are drawn again and again from those that an evaluation has made.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from minir1.run import stats
from minir1.tasks import Verdict

DRAWS = 64
"""How often n of a problem's samples are drawn."""

Rows = Sequence[Mapping[str, Any]]
"""The samples of one problem, from `rows` of an evaluation."""


def vote_curve(problems: Sequence[Rows], ns: Sequence[int], seed: int = 0) -> list[dict[str, Any]]:
    """Accuracy of the majority vote of n samples, and what n samples cost."""
    points = []
    _require(problems, ns)
    for n in ns:
        rng = random.Random(f"{seed}/{n}")
        right = [[_vote(rng.sample(list(rows), n)) for _ in range(DRAWS)] for rows in problems]
        points.append({"n": n, "tokens": _tokens(problems, n), **_interval("accuracy", right)})
    return points


def best_of_curve(
    problems: Sequence[Rows], ns: Sequence[int], score: str, truth: str, seed: int = 0
) -> list[dict[str, Any]]:
    """The mean `score` and the mean `truth` of the sample of n that has the highest score."""
    points = []
    _require(problems, ns)
    for n in ns:
        rng = random.Random(f"{seed}/{n}")
        best = [
            [max(rng.sample(list(rows), n), key=lambda row: row[score]) for _ in range(DRAWS)]
            for rows in problems
        ]
        point: dict[str, Any] = {"n": n, "tokens": _tokens(problems, n)}
        for name in (score, truth):
            point |= _interval(name, [[float(row[name]) for row in some] for some in best])
        points.append(point)
    return points


def _require(problems: Sequence[Rows], ns: Sequence[int]) -> None:
    """A ValueError where there are not enough samples to draw from."""
    fewest = min(map(len, problems))
    wrong = [n for n in ns if not 1 <= n <= fewest]
    if wrong:
        raise ValueError(
            f"n = {wrong[0]} can't be used: use 1 to {fewest}, the samples of each problem, "
            f"or evaluate with more of them (`minir1 eval RUN --samples {max(wrong)}`)"
        )


def _vote(rows: Rows) -> float:
    winner = stats.majority([row["answer"] for row in rows])
    verdict = next((row["verdict"] for row in rows if row["answer"] == winner), "")
    return float(winner is not None and verdict == Verdict.CORRECT)


def _tokens(problems: Sequence[Rows], n: int) -> float:
    """Tokens of n samples of one problem, on average."""
    means = [sum(row["tokens"] for row in rows) / len(rows) for rows in problems]
    return n * sum(means) / len(means)


def _interval(name: str, values: Sequence[Sequence[float]]) -> dict[str, Any]:
    return {name: stats.mean(values).to_json()}
