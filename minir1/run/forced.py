"""Held-out questions answered on a budget of thinking, and judged.

    forced stop       the thinking is closed after so many tokens, whatever it has found
    forced continue   its end is overruled k times: "no" is written instead, and it goes on

Both are s1's budget forcing (arXiv 2501.19393; how it is done: rl/forcing.py). What is written in
place of the end is a word of the language in which the question was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minir1.model.transformer import Transformer
from minir1.rl.forcing import Enough, always_enough, force
from minir1.rl.sampling import row_key
from minir1.tasks import Problem, parse
from minir1.tasks.base import Task
from minir1.tasks.scenarios.tongues import TONGUES
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer

Row = dict[str, Any]
FORCING_STEP = -5
"""The "step" in the keys of these rollouts: they share no random numbers with training."""


def never_enough(thinking: str) -> bool:
    """Every end is too soon, as often as it may be overruled."""
    return False


def overruled(problem: Problem) -> str:
    """What is written in place of the end of a thinking: no, and the sign of another try.

    >>> overruled(Problem("bilingual", "", {"language": "indonesian"}, ""))
    'tidak lalu'
    """
    language = problem.gold.get("language") if isinstance(problem.gold, dict) else None
    signs = ("no", ";")
    return " ".join(TONGUES[language].word(s) for s in signs) if language else " ".join(signs)


def forced_rows(
    policy: Transformer,
    tokenizer: Tokenizer,
    task: Task,
    problems: Sequence[Problem],
    *,
    seed: int,
    budget: int,
    samples: int = 1,
    enough: Enough = always_enough,
    instead: Sequence[str] | None = None,
    at_most: int | None = None,
    temperature: float = 1.0,
) -> list[list[Row]]:
    """Completions of each problem on a budget of thinking: answer, verdict and tokens of each."""
    jobs = [(i, k) for i in range(len(problems)) for k in range(samples)]
    written = None if instead is None else [tokenizer.encode(instead[i]) for i, _ in jobs]
    done = force(
        policy,
        tokenizer,
        [prompt_ids(tokenizer, problems[i].question) for i, _ in jobs],
        [row_key(seed, FORCING_STEP, i, k) for i, k in jobs],
        budget=budget,
        enough=enough,
        instead=written,
        at_most=at_most,
        temperature=temperature,
    )
    found: list[list[Row]] = [[] for _ in problems]
    for (i, _), one in zip(jobs, done, strict=True):
        text = tokenizer.decode(one.completion_ids)
        row = {
            "completion": text,
            "answer": parse(text).answer,
            "verdict": str(task.verify(problems[i].gold, text)),
            "tokens": len(one.completion_ids),
            "sent_back": one.sent_back,
            "cut": one.cut,
        }
        found[i].append(row)
    return found
