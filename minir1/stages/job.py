"""The whole job: random weights -> base -> R1-Zero -> evaluations -> report.

Every part looks first whether it is already done. So the job can be stopped at any moment,
and the same command goes on.
"""

import gc
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from minir1.config import Config, TaskConfig
from minir1.model.transformer import Transformer
from minir1.recipes import RECIPES
from minir1.run.distributed import SOLO, World
from minir1.run.evaluate import evaluate
from minir1.run.evaluated import read_evaluation, write_evaluation
from minir1.run.ledger import Ledger
from minir1.run.models import tokenizer_of
from minir1.run.report import write_report
from minir1.stages.own import open_own
from minir1.stages.pretrain import pretrain
from minir1.stages.zero import zero

FAR_PROBLEMS = 200


def evaluation_sets(task: TaskConfig) -> dict[str, TaskConfig]:
    """The held-out set, and what lies beyond it: one number more, and numbers never trained on.

    The "range" set draws from the numbers just above the training range.
    """
    sets = {"": task}
    if task.name == "countdown":
        if task.n_numbers < 4:
            sets["_far"] = replace(task, n_numbers=task.n_numbers + 1, heldout_share=0.999)
        top = min(task.high + 8, task.max_value)
        if top > task.high:
            sets["_range"] = replace(task, low=task.high + 1, high=top, heldout_share=0.999)
    return sets


def evaluate_stage(
    config: Config,
    out: Path,
    train: Callable[[], Transformer],
    name: str,
    stage: str,
    step: int,
    world: World = SOLO,
) -> dict[str, Any]:
    """Evaluate on every set, unless its file is already there. Returns the main summary.

    Only where a file is missing is there a model to `train`, or to read back: of 16B that takes
    minutes.
    """
    tokenizer, model = tokenizer_of(config), cache(train)
    results = {}
    for suffix, task in evaluation_sets(config.task).items():
        full = name + suffix
        path = out / "eval" / f"{full}.json"
        done = world.once(lambda p=path: p.exists() and read_evaluation(p))
        if done:
            results[full] = done
            continue
        few = min(FAR_PROBLEMS, config.eval.problems)
        settings = replace(config.eval, problems=few) if suffix else config.eval
        head = {"name": full, "stage": stage, "step": step, "split": "heldout" + suffix}
        head |= {"recipe_hash": config.hash(), "seed": config.seed}
        trained = model()  # first: the ledger's clock is for the evaluation
        ledger = world.on_main(Ledger(out, f"evaluate {full}", config))
        with ledger, world.replica(trained) as sampler:
            found = evaluate(sampler, tokenizer, task, settings, seed=config.seed, peers=world)
        results[full] = head | found
        world.once(partial(write_evaluation, out, full, results[full]))
    return results[name]


def run(config: Config, out: Path, world: World = SOLO) -> dict[str, Any]:
    """Do what is left of the whole job; the headline numbers and where the report is."""
    config, out = world.once(lambda: open_own(config, out))
    world.files_seen_by_all([out])
    base, policy = partial(pretrain, config, out, world), partial(zero, config, out, world)
    before = evaluate_stage(config, out, base, "base", "pretrain", config.pretrain.steps, world)
    # The policy starts from the base's checkpoint and needs its memory at once: the parts of a
    # sharded model refer to each other.
    gc.collect()
    after = evaluate_stage(config, out, policy, "final", "zero", config.zero.steps, world)
    report = world.once(lambda: write_report(out, RECIPES))
    fields = ("pass@1", "length", "checks", "retries", "first_try", "repeats", "insight")
    return {
        "run": str(out),
        "report": str(report),
        "recipe_hash": config.hash(),
        "seed": config.seed,
        "base": {name: before[name] for name in fields if name in before},
        "final": {name: after[name] for name in fields if name in after},
    }
