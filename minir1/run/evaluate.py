"""Evaluation: held-out problems in, accuracy with an interval and every transcript out.

    pass@1 = mean over problems of the mean over samples of (verdict is CORRECT)

as R1 reports it: sampling, not greedy decoding, and the mean over k samples (arXiv
2501.12948, section 3). Beside it stand pass@k by the unbiased estimator, the majority vote
maj@k, and the three things that R1-Zero is known for: length, checks, retries.

The held-out problems are the same for every run of a task; only the sampling depends on the
run's seed. So two runs can be compared problem by problem.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from minir1.config import EvalConfig, TaskConfig
from minir1.model.transformer import Transformer
from minir1.rl.parallel import ALONE, Peers
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.rl.types import Rollout
from minir1.run import stats
from minir1.run.evaluated import by_problem, right
from minir1.run.insight import insight
from minir1.run.models import last_model, tokenizer_of
from minir1.run.subsets import majority_at
from minir1.tasks import Problem, make_task, parse
from minir1.tasks.canonical import vote_of
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import signs_of, trace_stats

PROBLEM_SEED = 20250120  # the day of R1's release; the held-out set is the same for all runs


def heldout_problems(task: TaskConfig, count: int) -> list[Problem]:
    """The first `count` held-out problems of a task, the same for every run."""
    return list(islice(make_task(task).problems("heldout", PROBLEM_SEED), count))


def evaluate(
    model: Transformer,
    tokenizer: Tokenizer,
    task: TaskConfig,
    config: EvalConfig,
    *,
    seed: int,
    problems: Sequence[Problem] | None = None,
    peers: Peers = ALONE,
) -> dict[str, Any]:
    """Sample, judge and summarise; the layout is that of `eval/<name>.json`."""
    problems = heldout_problems(task, config.problems) if problems is None else problems
    jobs = [(i, k) for i in range(len(problems)) for k in range(config.samples)]
    judge = make_task(task)

    def ask(part: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        rollouts = sample(
            model,
            [prompt_ids(tokenizer, problems[i].question) for i, _ in part],
            [row_key(seed, -1, i, k) for i, k in part],
            max_new_tokens=config.max_new_tokens,
            eos_id=tokenizer.eos_id,
            temperature=config.temperature,
            share_prompts=config.share_prompts,
        )
        both = zip(part, rollouts, strict=True)
        return [judged_row(judge, problems[i], rollout, tokenizer) for (i, _), rollout in both]

    size = config.batch_size
    parts = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    rows = [row for some in peers.each(ask, parts) for row in some]
    says = [vote_of(problems[i], row["answer"]) for (i, _), row in zip(jobs, rows, strict=True)]
    summary = summarise(rows, config.samples, says)
    if task.name == "countdown":
        summary["insight"] = insight(rows, task.ops, task.max_value, config.samples)
    return {
        "problems": len(problems),
        "samples": config.samples,
        "temperature": config.temperature,
        **summary,
        "rows": rows,
    }


def evaluate_run(
    run_dir: Path,
    problems: int | None = None,
    samples: int | None = None,
    temperature: float | None = None,
    max_new_tokens: int | None = None,
    checkpoint: str | None = None,
) -> dict[str, Any]:
    """Evaluate a run's newest model on held-out problems; the transcripts are left out."""
    config, model, found = last_model(Path(run_dir), checkpoint)
    given = {"problems": problems, "samples": samples, "temperature": temperature}
    given |= {"max_new_tokens": max_new_tokens}
    settings = replace(config.eval, **{k: v for k, v in given.items() if v is not None})
    tokenizer = tokenizer_of(config)
    result = evaluate(model, tokenizer, config.task, settings, seed=config.seed)
    head = {"run": str(run_dir), "stage": found.stage, "step": found.step, "split": "heldout"}
    return head | {name: value for name, value in result.items() if name != "rows"}


def judged_row(
    judge: Any, problem: Problem, rollout: Rollout, tokenizer: Tokenizer
) -> dict[str, Any]:
    """One transcript, and everything that follows from its text."""
    completion = tokenizer.decode(rollout.completion_ids)
    parsed = parse(completion)
    row = {
        "question": problem.question,
        "gold": problem.gold,
        "completion": completion,
        "answer": parsed.answer,
        "verdict": str(judge.verify(problem.gold, completion)),
        "tokens": len(rollout.completion_ids),
        "stop_reason": rollout.stop_reason,
    }
    if isinstance(problem.gold, dict) and "numbers" in problem.gold:
        numbers, target = problem.gold["numbers"], problem.gold["target"]
        think = signs_of(parsed.think, problem.gold)
        trace = trace_stats(think, numbers, target, judge.max_value)
        row |= {
            "tries": trace.tries,
            "checks": trace.checks,
            "retries": trace.retries,
            "first_try_right": trace.first_try_right,
            "distinct_tries": trace.distinct_tries,
            "truthful_checks": trace.truthful_checks,
        }
    return row


def summarise(
    rows: Sequence[dict[str, Any]], samples: int, says: Sequence[str | None] | None = None
) -> dict[str, Any]:
    """Means with 95% intervals that redraw whole problems; `samples` rows a problem.

    `says` are what the answers say to a vote (tasks/canonical.py); without it, their spelling.
    """
    said = [row["answer"] for row in rows] if says is None else says
    grouped = by_problem(rows, samples)
    traced = [group for group in grouped if "tries" in group[0]]  # a mixture has other problems too

    def over(field: str, groups: Sequence[Sequence[dict[str, Any]]] = grouped) -> dict[str, float]:
        return stats.mean([[float(row[field]) for row in group] for group in groups]).to_json()

    rights = [[right(row) for row in group] for group in grouped]
    summary: dict[str, Any] = {
        "pass@1": stats.share(rights).to_json(),
        "pass@k": {str(k): _pass_at(rights, k) for k in (1, 2, 4, 8, 16, 64, 256) if k <= samples},
        "maj@k": _majority(by_problem(said, samples), rights) if samples > 1 else None,
        "length": over("tokens"),
        "truncated": sum(row["stop_reason"] == "length" for row in rows) / len(rows),
    }
    if len(traced) > 1:
        checks = sum(row["checks"] for group in traced for row in group)
        truthful = sum(row["truthful_checks"] for group in traced for row in group)
        summary |= {name: over(name, traced) for name in ("checks", "tries", "retries")}
        summary["first_try"] = over("first_try_right", traced)
        summary["repeats"] = stats.mean(
            [[(r["tries"] - r["distinct_tries"]) / max(1, r["tries"]) for r in g] for g in traced]
        ).to_json()
        summary["truthful"] = truthful / max(1, checks)
    return summary


def _pass_at(right: Sequence[Sequence[float]], k: int) -> dict[str, float]:
    values = [[stats.pass_at_k(len(group), int(sum(group)), k)] for group in right]
    # Where all problems are alike, no problem redrawn can differ: that is no certainty.
    interval = stats.share if len({value for (value,) in values}) == 1 else stats.mean
    return interval(values).to_json()


def _majority(
    said: Sequence[Sequence[str | None]], right: Sequence[Sequence[float]]
) -> dict[str, float]:
    """maj@k: the vote of all samples of a problem."""
    both = zip(said, right, strict=True)
    return stats.share([[majority_at(keys, own, len(own))] for keys, own in both]).to_json()
