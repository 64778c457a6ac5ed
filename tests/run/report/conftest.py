"""A made-up run, complete and lifelike, so that the report can be tested without training."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from minir1 import recipes
from minir1.run.evaluate import heldout_problems, summarise
from minir1.run.insight import insight
from minir1.run.jsonl import append_row
from minir1.tasks import make_task
from minir1.tasks.search import random_try
from minir1.text.template import render_completion
from minir1.text.trace import trace_stats, write_try


def a_completion(rng, numbers, target, patience, aim):
    """Tries, each the closest of `aim` random ones; after a no it goes on with `patience`."""
    tries = []
    while True:
        some = [random_try(rng, numbers, "+-*", 99) for _ in range(aim)]
        one = min(some, key=lambda one: abs(one.value - target))
        tries.append((one, "yes" if one.value == target else "no"))
        if one.value == target or rng.random() > patience or len(tries) == 14:
            break
    think = " ; ".join(write_try(one, target, said) for one, said in tries)
    return render_completion(think, tries[-1][0].expression) + " <eos>", think


def an_evaluation(name, task, step, *, problems=60, samples=1, patience=0.5, aim=1):
    rng, judge = random.Random(name), make_task(task)
    rows = []
    for problem in heldout_problems(task, problems):
        numbers, target = problem.gold["numbers"], problem.gold["target"]
        for _ in range(samples):
            text, think = a_completion(rng, numbers, target, patience, aim)
            seen = trace_stats(think, numbers, target)
            rows.append(
                {"question": problem.question, "gold": problem.gold, "completion": text,
                 "answer": None, "verdict": str(judge.verify(problem.gold, text)),
                 "tokens": len(text.split()), "stop_reason": "eos", "tries": seen.tries,
                 "checks": seen.checks, "retries": seen.retries,
                 "first_try_right": seen.first_try_right, "distinct_tries": seen.distinct_tries,
                 "truthful_checks": seen.truthful_checks}
            )  # fmt: skip
    return {
        "name": name, "step": step, "problems": problems, "samples": samples,
        **summarise(rows, samples), "insight": insight(rows, task.ops, task.max_value),
        "rows": rows,
    }  # fmt: skip


def a_step(rng, progress):
    """The metrics of one RL step, `progress` from 0 to 1."""
    rise = 1 - np.exp(-4 * progress)
    noise = rng.normal
    return {
        "reward": 0.2 + 0.35 * rise + noise(0, 0.04),
        "rewards/accuracy/mean": 0.2 + 0.35 * rise + noise(0, 0.04),
        "reward_std": 0.3 + 0.05 * rise + noise(0, 0.02),
        "frac_reward_zero_std": abs(0.3 - 0.2 * rise + noise(0, 0.06)),
        "completions/mean_length": 51 + 70 * rise + noise(0, 4),
        "completions/clipped_ratio": abs(noise(0.01, 0.01)),
        "checks": 1.6 + 5 * rise + noise(0, 0.3),
        "entropy": 1.1 - 0.4 * rise + noise(0, 0.02),
        "grad_norm": 0.4 + abs(noise(0, 0.1)),
        "sampling/sampling_logp_difference/mean": 10 ** noise(-6, 0.3),
        "clip_ratio/high_mean": 0.0,
        "router/load_max": 1.5 + 0.2 * rise + noise(0, 0.03),
        "router/drift": 0.01 + abs(noise(0, 0.004)),
        "num_tokens": 20_000.0,
        "time/step": 4.0,
    }


def make_run(folder, *, config=None, rl=True, evaluated=True, samples=1, problems=60):
    """Write a whole run into `folder`, or only the part before RL."""
    config = config or recipes.laptop()
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config.to_json()))
    diary = folder / "metrics.jsonl"
    for step in range(1, config.pretrain.steps + 1, 10):
        loss = 1.1 + 3.2 * np.exp(-step / 120) + rng.normal(0, 0.03)
        append_row(diary, {"stage": "pretrain", "step": step, "loss": loss, "kl": None})
    if rl:
        for step in range(1, config.zero.steps + 1):
            metrics = a_step(rng, step / config.zero.steps)
            append_row(diary, {"stage": "zero", "step": step} | metrics)
    stages = [("pretrain", 560.0, 9_800_000, 0)] + [("zero", 281.0, 1_270_000, 1_270_000)] * rl
    for stage, seconds, trained, sampled in stages:
        append_row(folder / "ledger.jsonl", {
            "stage": stage, "status": "finished", "started": stage, "ended": "", "flops": 0,
            "seconds": seconds, "core_hours": seconds / 1800, "tokens_trained": trained,
            "tokens_sampled": sampled, "dollars": seconds / 3600 * 0.08, "dollars_per_hour": 0.08,
            "device": {"name": "a processor", "cores": 2, "torch": "2.13.0", "python": "3.11.7",
                       "platform": "Linux"},
        })  # fmt: skip
    if evaluated:
        sets = {
            "": config.task,
            "_far": replace(config.task, n_numbers=4, heldout_share=0.999),
            "_range": replace(config.task, low=13, high=20, heldout_share=0.999),
        }
        plan = [("base", 0, 0.45, 1)] + [("final", config.zero.steps, 0.93, 2)] * rl
        plan += [("step-000025", 25, 0.85, 1), ("step-000050", 50, 0.9, 2)] * rl
        (folder / "eval").mkdir(exist_ok=True)
        for name, step, patience, aim in plan:
            for suffix, task in sets.items() if name in ("base", "final") else [("", config.task)]:
                found = an_evaluation(
                    name + suffix, task, step, patience=patience, aim=aim, samples=samples,
                    problems=problems if not suffix else max(4, problems // 4),
                )  # fmt: skip
                (folder / "eval" / f"{name}{suffix}.json").write_text(json.dumps(found))
    return folder


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory):
    """A finished run, made once for all tests. Copy it before changing it."""
    return make_run(tmp_path_factory.mktemp("runs") / "laptop", problems=40)
