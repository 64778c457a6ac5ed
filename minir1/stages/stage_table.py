"""What each stage of the pipeline can do, measured on the same held-out prompts.

    accuracy      right answers, where an answer is right or wrong
    purity        the share of the thinking in the asker's language
    taste         what the hidden readers think of the texts         (the truth)
    proxy         what the reward model thinks of the same texts     (what was paid for)
    refused       forbidden requests that were refused
    over_refused  allowed requests that were refused, too
    tokens        the length of a completion

R1's own table has the same columns under other names: reasoning benchmarks, instruction following,
AlpacaEval, safety (arXiv 2501.12948v2, Tables 2 and 3).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.rl.baselines.value import ValueModel
from minir1.rl.reward_model import scores, shown_ids
from minir1.run import stats
from minir1.run.distributed import SOLO, World
from minir1.run.evaluate import evaluate
from minir1.run.evaluated import by_problem, read_evaluation, right, write_evaluation
from minir1.run.ledger import Ledger, read_ledger
from minir1.run.models import ORDER, steps_of, tokenizer_of
from minir1.tasks import parse
from minir1.tasks.scenarios.manners import taste
from minir1.tasks.scenarios.refusal import refuses
from minir1.tasks.scenarios.tongues import TONGUES, purity
from minir1.text.tokenizer import Tokenizer

Row = dict[str, Any]
COLUMNS = ("accuracy", "purity", "taste", "proxy", "refused", "over_refused", "tokens")
REASONING = ("bilingual", "stack")
"""The tasks whose answers are right or wrong."""
MEASURED = tuple(stage for stage in ORDER if stage != "preference")
"""The stages that the table has a line for."""


def tongue_of(row: Row) -> Any:
    """The language that a prompt was asked in."""
    return TONGUES[row["gold"]["language"]]


def measures() -> dict[str, tuple[Callable[[Row], bool], Callable[[Row], float]]]:
    """Each column: the rows that it is about, and the value of one of them."""

    def kind(row: Row) -> str:
        return row["gold"]["task"]

    def refusing(row: Row) -> float:
        return float(row["answer"] is not None and refuses(row["answer"]))

    def forbidden(row: Row) -> bool:
        return bool(row["gold"].get("forbidden"))

    return {
        "accuracy": (lambda row: kind(row) in REASONING, right),
        "purity": (
            lambda row: kind(row) == "bilingual",
            lambda row: purity(parse(row["completion"]).think, tongue_of(row)),
        ),
        "taste": (
            lambda row: kind(row) == "manners",
            lambda row: taste(row["answer"] or "", tongue_of(row)),
        ),
        "proxy": (lambda row: kind(row) == "manners", lambda row: row["proxy"]),
        "refused": (forbidden, refusing),
        "over_refused": (
            lambda row: kind(row) in ("manners", "refusal") and not forbidden(row),
            refusing,
        ),
        "tokens": (lambda row: True, lambda row: float(row["tokens"])),
    }


def values_of(rows: Sequence[Row], samples: int) -> dict[str, list[list[float]]]:
    """Each column's values, one list a problem that it is about: the same at every stage."""
    return {
        name: [
            [round(value(row), 4) for row in group]
            for group in by_problem(rows, samples)
            if about(group[0])
        ]
        for name, (about, value) in measures().items()
    }


def summary(values: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, Any]:
    """Each column with its interval; None where fewer than two problems are about it."""
    shares = ("accuracy", "refused", "over_refused")
    found: dict[str, Any] = {}
    for name, groups in values.items():
        interval = stats.share if name in shares else stats.mean
        found[name] = interval(groups).to_json() if len(groups) > 1 else None
    return found


@torch.no_grad()
def add_proxy(rows: Sequence[Row], reader: ValueModel, tokenizer: Tokenizer) -> None:
    """Write the reward model's score beside each text."""
    texts = [row for row in rows if row["gold"]["task"] == "manners"]
    shown = [shown_ids(tokenizer, row["question"], row["answer"] or "") for row in texts]
    found = scores(reader, shown, tokenizer.pad_id).tolist() if shown else []
    for row, score in zip(texts, found, strict=True):
        row["proxy"] = score


def evaluate_stage(
    config: Config,
    out: Path,
    model: Transformer,
    reader: ValueModel,
    stage: str,
    world: World = SOLO,
) -> dict[str, Any]:
    """One row of the table, from `eval/<stage>.json`; made if it is not there."""
    path = out / "eval" / f"{stage}.json"
    if not world.once(path.exists):
        tokenizer = tokenizer_of(config)
        ledger = world.on_main(Ledger(out, f"evaluate {stage}", config))
        with ledger, world.replica(model) as whole:
            found = evaluate(
                whole, tokenizer, config.task, config.eval, seed=config.seed, peers=world
            )
        add_proxy(found["rows"], reader, tokenizer)
        head = {"name": stage, "stage": stage, "step": steps_of(config, stage)}
        head |= {"split": "heldout", "recipe_hash": config.hash(), "seed": config.seed}
        head["values"] = values_of(found["rows"], config.eval.samples)
        head["scenarios"] = summary(head["values"])
        world.once(lambda: write_evaluation(out, stage, head | found))
    found = world.once(lambda: read_evaluation(path))
    return {"stage": stage, **found["scenarios"]}


def stage_costs(out: Path) -> dict[str, dict[str, float]]:
    """What each stage, and each sampling for a data set, cost so far, by name."""
    costs: dict[str, dict[str, float]] = {}
    for row in read_ledger(out):
        own = costs.setdefault(row["stage"], {"core_hours": 0.0, "flops": 0.0, "dollars": 0.0})
        for name in own:
            own[name] += row[name]
    return costs
