"""Claims about thinking for longer. Nothing is trained here: the base and R1-Zero are asked.

    forced          the base must go on until its own check says yes, at as many tokens as R1-Zero
    length_matched  the base must make as many tries as R1-Zero, whatever its checks say
    budgets         R1-Zero, its thinking cut off at a share of the budget: does length help?
    planted         an error stands in the prefix: who recovers, the base or R1-Zero?

If forcing the base did as well at equal tokens, RL would have taught nothing but not to stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minir1.bench.claims.unit import Unit
from minir1.model.transformer import Transformer
from minir1.rl.forcing import Enough, always_enough, until_yes
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.run.evaluate import heldout_problems
from minir1.run.evaluated import right
from minir1.run.forced import FORCING_STEP, forced_rows
from minir1.run.thinking_time import mean_tokens
from minir1.tasks import Problem, Verdict, make_task
from minir1.tasks.search import Try, ordered_tries
from minir1.text.template import prompt_ids
from minir1.text.trace import read_tries, write_try

Row = dict[str, Any]
Point = tuple[float, float]
"""Accuracy, and the mean tokens that it cost."""


def forcing(unit: Unit, policy: Transformer, budget: int, enough: Enough) -> Point:
    """Accuracy and mean tokens of forced thinking on the held-out problems."""
    problems = heldout_problems(unit.config.task, unit.config.eval.problems)
    pool = forced_rows(
        policy,
        unit.tokenizer,
        make_task(unit.config.task),
        problems,
        seed=unit.seed,
        budget=budget,
        enough=enough,
    )
    return float(np.mean([right(rows[0]) for rows in pool])), mean_tokens(pool)


def share_right(task: Any, problems: Sequence[Problem], texts: Sequence[str]) -> float:
    """The share of right completions."""
    verdicts = [task.verify(p.gold, text) for p, text in zip(problems, texts, strict=True)]
    return sum(one is Verdict.CORRECT for one in verdicts) / len(verdicts)


def forced(unit: Unit) -> Row:
    """The base sent back until its own check says yes; its accuracy at R1-Zero's mean tokens."""
    base = unit.base().model
    curve = [forcing(unit, base, budget, until_yes) for budget in budgets_of(unit)]
    return at_tokens(curve, unit.judge(unit.zero().model)["length"])


def budgets_of(unit: Unit) -> list[int]:
    """From an eighth of the longest response to all of it."""
    longest = unit.config.zero.max_new_tokens
    return [max(4, longest * share // 8) for share in (1, 2, 3, 4, 6, 8)]


def at_tokens(curve: Sequence[Point], tokens: float) -> Row:
    """The height of a curve where it has cost `tokens`, on straight lines between its points.

    >>> at_tokens([(0.2, 20.0), (0.4, 40.0)], 30.0)["pass@1"]
    0.3
    """
    curve = sorted(curve, key=lambda point: point[1])
    heights, costs = zip(*curve, strict=True)
    at = round(float(np.interp(tokens, costs, heights)), 6)
    return {"pass@1": at, "length": min(tokens, costs[-1]), "curve": curve}


def length_matched(unit: Unit) -> Row:
    """The base made to write as many tries as R1-Zero, its checks unheard: length alone."""
    zero = unit.judge(unit.zero().model)
    counts = range(1, 2 + round(zero["tries"]))
    longest, base = unit.config.zero.max_new_tokens, unit.base().model
    curve = [
        forcing(unit, base, longest, lambda text, n=n: len(read_tries(text)) >= n) for n in counts
    ]
    return at_tokens(curve, zero["length"])


def budgets(unit: Unit) -> Row:
    """R1-Zero on a budget: accuracy at each, and what it had without one."""
    policy = unit.zero().model
    curve = [forcing(unit, policy, budget, always_enough) for budget in budgets_of(unit)]
    return {"curve": curve, "quarter": curve[1][0], "whole": curve[-1][0]}


def planted(unit: Unit) -> Row:
    """Accuracy behind a prefix that holds an error, for the base and for R1-Zero.

    A dead end is a legal try that misses the target. A slip is the same try with a false last
    result, so that it seems to hit.
    """
    config, rng = unit.config.task, unit.rng("planted")
    problems, tries = [], []
    for problem in heldout_problems(config, unit.config.eval.problems):
        options = ordered_tries(problem.gold["numbers"], config.ops, config.max_value)
        if misses := [one for one in options if one.value != problem.gold["target"]]:
            problems.append(problem)
            tries.append(rng.choice(misses))
    slips = [
        Try((*one.steps[:-1], (*one.steps[-1][:3], problem.gold["target"])))
        for one, problem in zip(tries, problems, strict=True)
    ]
    row = {}
    for who, kept in (("base", unit.base()), ("zero", unit.zero())):
        for kind, some in (("dead_end", tries), ("slip", slips)):
            row[f"{who}/{kind}"] = behind(unit, kept.model, problems, some)
    return row


def behind(
    unit: Unit, policy: Transformer, problems: Sequence[Problem], tries: Sequence[Try]
) -> float:
    """Accuracy when the thinking begins with these tries."""
    tokenizer, config = unit.tokenizer, unit.config.zero
    prefixes = [tokenizer.encode(f"<think> {write_try(one, 0)}") for one in tries]
    prompts = [
        [*prompt_ids(tokenizer, problem.question), *prefix]
        for problem, prefix in zip(problems, prefixes, strict=True)
    ]
    rollouts = sample(
        policy,
        prompts,
        [row_key(unit.seed, FORCING_STEP, i, 1) for i in range(len(problems))],
        max_new_tokens=config.max_new_tokens,
        eos_id=tokenizer.eos_id,
    )
    texts = [
        tokenizer.decode([*prefix, *one.completion_ids])
        for prefix, one in zip(prefixes, rollouts, strict=True)
    ]
    return share_right(make_task(unit.config.task), problems, texts)
