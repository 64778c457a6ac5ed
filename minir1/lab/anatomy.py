"""One run taken apart: which problems were won, at what length, within what budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minir1.lab.charts import columns, lines
from minir1.lab.picture import Picture, Table
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.run.insight import BlindSearch
from minir1.run.report.ink import LIGHT
from minir1.run.report.reading import Run
from minir1.run.stats import wilson
from minir1.tasks.base import Problem, Task, Verdict
from minir1.tasks.completion import parse
from minir1.tasks.search import all_tries, chance_of
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import trace_stats, write_try

ENDS = {"base": "base", "final": "after RL"}
EDGES = (0.0, 0.04, 0.08, 0.14, 0.22, 1.01)


def _right(run: Run, name: str) -> np.ndarray:
    return np.array([row["verdict"] == "CORRECT" for row in run.evaluations[name]["rows"]])


def transitions(run: Run) -> Table:
    """The same held-out problems before and after: kept, gained, lost, never solved."""
    before, after = (_right(run, name) for name in ENDS)
    cells = [
        ("wrong before", int((~before & ~after).sum()), int((~before & after).sum())),
        ("right before", int((before & ~after).sum()), int((before & after).sum())),
    ]
    return Table(("problems", "wrong after", "right after"), cells)


def by_difficulty(run: Run) -> Picture:
    """Accuracy by how hard a problem is for one blind try, beside patient blind search."""
    rows, task = run.evaluations["final"]["rows"], run.config.task
    golds = [row["gold"] for row in rows]
    p = np.array([chance_of(g["numbers"], g["target"], task.ops, task.max_value) for g in golds])
    tries = float(np.mean([row["tries"] for row in rows]))
    blind = BlindSearch(p.tolist())
    cap = int(np.searchsorted(blind.made.mean(0), tries))
    bins = np.digitize(p, EDGES) - 1
    keep = [b for b in range(len(EDGES) - 1) if (bins == b).any()]
    found = {
        label: [float(_right(run, name)[bins == b].mean()) for b in keep]
        for name, label in ENDS.items()
    }
    found["blind search, as many tries"] = [
        float(blind.solved[bins == b, cap].mean()) for b in keep
    ]
    ticks = [f"{EDGES[b]:.0%} to {min(1, EDGES[b + 1]):.0%}\n{(bins == b).sum()}" for b in keep]
    picture = columns(
        "Easy and hard problems", "right answers, held out; line: 95% interval", found,
        x_name="chance that one blind try is right, and number of problems", height=3.0,
        percent=True, ticks=ticks,
    )  # fmt: skip
    right = _right(run, "final")
    spans = [wilson(int(right[bins == b].sum()), int((bins == b).sum())) for b in keep]
    low, high = [one.low for one in spans], [one.high for one in spans]
    picture.figure.axes[0].vlines(range(len(keep)), low, high, color=LIGHT["ink"], linewidth=1.4)
    return picture


def by_budget(run: Run) -> Picture:
    """What would have been solved if every response had been cut at a budget of tokens."""
    budgets = np.arange(15, run.config.eval.max_new_tokens + 1, 5)
    found = {}
    for name, label in ENDS.items():
        tokens = np.array([row["tokens"] for row in run.evaluations[name]["rows"]])
        right = _right(run, name)
        found[label] = [float((right & (tokens <= budget)).mean()) for budget in budgets]
    return lines(
        "What a budget of tokens solves", "right answers within the budget", budgets, found,
        x_name="tokens allowed", percent=True, floor=0,
    )  # fmt: skip


def length_by_verdict(run: Run) -> Picture:
    """Mean length of right and of wrong answers, before and after."""
    found: dict[str, list[float]] = {"right answers": [], "wrong answers": []}
    for name in ENDS:
        tokens = np.array([row["tokens"] for row in run.evaluations[name]["rows"]])
        right = _right(run, name)
        found["right answers"].append(float(tokens[right].mean()))
        found["wrong answers"].append(float(tokens[~right].mean()))
    return columns(
        "Whose answers grew?", "tokens, mean", found, x_name="", ticks=list(ENDS.values())
    )


def planted(
    model: Transformer,
    tokenizer: Tokenizer,
    task: Task,
    problems: Sequence[Problem],
    said: str,
    dials: Any,
    max_new_tokens: int = 200,
) -> dict[str, float]:
    """Put a wrong try and a check into the model's mouth; see whether it goes on, and solves."""
    prompts, begun = [], []
    for problem in problems:
        numbers, target = problem.gold["numbers"], problem.gold["target"]
        wrong = next(t for t in all_tries(numbers, dials.ops, dials.max_value) if t.value != target)
        text = f"<think> {write_try(wrong, target, said)}"
        begun.append(text)
        prompts.append([*prompt_ids(tokenizer, problem.question), *tokenizer.encode(text)])
    keys = [row_key(0, 0, i, 0) for i in range(len(problems))]
    rollouts = sample(model, prompts, keys, max_new_tokens=max_new_tokens, eos_id=tokenizer.eos_id)
    on = right = 0
    for problem, start, rollout in zip(problems, begun, rollouts, strict=True):
        text = f"{start} {tokenizer.decode(rollout.completion_ids)}"
        gold = problem.gold
        tries = trace_stats(parse(text).think, gold["numbers"], gold["target"]).tries
        on += tries > 1
        right += task.verify(gold, text) is Verdict.CORRECT
    return {"goes on": on / len(problems), "right in the end": right / len(problems)}


def planted_chart(found: dict[str, dict[str, float]]) -> Picture:
    """What each model does after a mistake that was planted."""
    parts = ("goes on", "right in the end")
    values = {part: [one[part] for one in found.values()] for part in parts}
    return columns(
        "After a planted mistake", "share of responses", values, percent=True, x_name="",
        ticks=list(found),
    )  # fmt: skip
