"""What more thinking buys a finished run: every dial of test time, on the same held-out questions.

    one pool of samples    ->  one sample, the vote of n, the best of n by the verifier (a bound)
    the budget             ->  thinking stopped at a share of it, or sent back k times
    a run with a reader    ->  texts: the best of n by the reward model, and its true taste

    dollars = seconds / 3600 * the run's dollars an hour                    (as run/ledger.py)

Each point is compared question by question with one sample, and with what the vote would reach
for as many tokens. What is sampled is billed, what a reward model reads is not. R1's numbers of
this kind: AIME 77.9 with one sample, 86.7 with the vote of 64 (R1-Zero, arXiv 2501.12948v2, 2.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minir1.run.device import describe
from minir1.run.evaluate import heldout_problems
from minir1.run.models import last_model, tokenizer_of
from minir1.run.thinking_time import Point, at_tokens, by_score, by_verifier, by_vote, curve
from minir1.stages.asked import ON, STOP, Asked, Dials
from minir1.stages.preference import MANNERS, finished_reader
from minir1.stages.readers import only
from minir1.stages.stage_table import REASONING, add_proxy, tongue_of
from minir1.tasks.scenarios.manners import taste
from minir1.text.chat import ChatTokenizer

Row = dict[str, Any]
ONE, VOTE, VERIFIER = "one sample", "majority vote", "verifier picks"
READER, ORACLE = "reward model picks", "readers pick"
WAYS = (ONE, VOTE, VERIFIER, STOP, ON, READER, ORACLE)
ACCURACY, TASTE = "accuracy", "taste"


def think(
    run_dir: Path,
    dials: Dials,
    checkpoint: str | None = None,
    temperature: float | None = None,
    max_new_tokens: int | None = None,
) -> Row:
    """Measure a run's newest model, or the one of a checkpoint."""
    config, model, found = last_model(run_dir, checkpoint)
    given = {"temperature": temperature, "max_new_tokens": max_new_tokens}
    settings = replace(config.eval, **{k: v for k, v in given.items() if v is not None})
    config = replace(config, eval=settings)
    mixed, device = config.task.name == "scenarios", next(model.parameters()).device
    task = only(config.task, *REASONING) if mixed else config.task
    problems = heldout_problems(task, dials.problems)
    asked = Asked(config, model, tokenizer_of(config), dials, problems)
    lines, notes = reasoning(asked)
    reader = finished_reader(config, run_dir) if mixed else None
    if reader is None:
        notes.append(f"{READER}: this run has no reward model")
    else:
        texts = heldout_problems(only(config.task, MANNERS), dials.problems)
        # There are few topics: one that comes twice is still one question.
        once = list({problem.question: problem for problem in texts}.values())
        lines += pleasing(replace(asked, problems=once), reader.to(device))
    return {
        "run": str(run_dir),
        "stage": found.stage,
        "step": found.step,
        "split": "heldout",
        "seed": config.seed,
        "problems": dials.problems,
        "samples": dials.samples,
        "temperature": settings.temperature,
        "max_new_tokens": settings.max_new_tokens,
        "dollars_per_hour": config.dollars_per_hour,
        "device": describe(device),
        "points": lines,
        "notes": notes,
    }


def reasoning(asked: Asked) -> tuple[list[Row], list[str]]:
    """The points of questions that have a right answer, and what could not be done."""
    rows, seconds = asked.pool()
    (one,) = curve(ONE, rows, [1], by_verifier, seconds)
    more = asked.dials.ns[1:]
    votes = curve(VOTE, rows, more, by_vote, seconds)
    points = [one, *votes, *curve(VERIFIER, rows, more, by_verifier, seconds)]
    notes = []
    if isinstance(asked.tokenizer, ChatTokenizer):
        notes.append(f"{STOP}, {ON}: for the toy language, where </think> is one token")
    else:
        points += asked.on_budgets()
    return [said(point, ACCURACY, one, [one, *votes], asked) for point in points], notes


def pleasing(asked: Asked, reader: Any) -> list[Row]:
    """The points of texts for readers: what the reward model picks, and what they would pick."""
    rows, seconds = asked.pool()
    for mine in rows:
        add_proxy(mine, reader, asked.tokenizer)
        for row in mine:
            row[TASTE] = taste(row["answer"] or "", tongue_of(row))
    (one,) = curve(ONE, rows, [1], by_score("proxy", TASTE), seconds)
    more, lines = asked.dials.ns[1:], [said(one, TASTE, one, [], asked)]
    liked = curve(READER, rows, more, by_score("proxy", TASTE), seconds)
    own = curve(READER, rows, more, by_score("proxy", "proxy"), seconds)
    for point, score in zip(liked, own, strict=True):
        # Its own score of what it picks can only rise with n; the truth about it need not.
        line = said(point, TASTE, one, [], asked)
        lines.append(line | {"own_score": score.interval.to_json()})
    best = curve(ORACLE, rows, more, by_score(TASTE, TASTE), seconds)
    return lines + [said(point, TASTE, one, [], asked) for point in best]


def said(point: Point, what: str, one: Point, votes: Sequence[Point], asked: Asked) -> Row:
    """A point as a line of the table: cost, worth, and what it gains."""
    beside = at_tokens(votes, point.tokens) if votes and point.way not in (ONE, VOTE) else None
    return {
        "what": what,
        "way": point.way,
        "n": point.n,
        "questions": len(point.values),
        "tokens": point.tokens,
        "dollars": point.seconds / 3600 * asked.config.dollars_per_hour,
        "worth": point.interval.to_json(),
        "gain": None if point is one else point.gain(one.values).to_json(),
        "over_vote": None if beside is None else point.gain(beside).to_json(),
    }
