"""Teachers and students in pictures: what R1's report says, next words, accuracy, and bills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from minir1.config import Config
from minir1.lab.charts import bars, columns
from minir1.lab.curves import interval_chart
from minir1.lab.picture import Picture
from minir1.model.transformer import Transformer
from minir1.run.evaluate import evaluate
from minir1.run.route import route
from minir1.stages.examples import Example
from minir1.stages.pipeline import PARENTS, TEACHERS
from minir1.stages.readers import only
from minir1.text.tokenizer import Tokenizer

REPORTED = {
    "Qwen 1.5B, distilled": 28.9, "Qwen 7B, distilled": 55.5, "Qwen 14B, distilled": 69.7,
    "Qwen 32B, distilled": 72.6, "Qwen 32B, RL alone": 47.0, "R1-Zero, RL alone": 77.9,
    "R1": 79.8,
}  # fmt: skip
"""AIME 2024, pass@1 (arXiv 2501.12948v1, Tables 5 and 6; v2, Table 3)."""


def reported_chart() -> Picture:
    """R1's report: distilled students, RL alone on one of them, and the teacher."""
    return bars(
        "AIME 2024 in R1's reports", "pass@1, percent", REPORTED, fmt="{:.1f}",
        marked=[name for name in REPORTED if "distilled" in name],
    )  # fmt: skip


@torch.no_grad()
def next_words(
    models: Mapping[str, Transformer],
    tokenizer: Tokenizer,
    example: Example,
    place: int,
    most: int = 7,
) -> Picture:
    """What each model would write next, after the first `place` tokens of a completion."""
    ids = tokenizer.encode(example.completion)[:place]
    start = [tokenizer.bos_id, *tokenizer.encode(example.prompt), *ids]
    chances = {
        name: model(torch.tensor([start]))[0, -1].softmax(-1) for name, model in models.items()
    }
    top = next(iter(chances.values())).topk(most).indices.tolist()
    drawn = tokenizer.encode(example.completion)[place]
    words = [tokenizer.words[i] + (" (drawn)" if i == drawn else "") for i in top]
    return columns(
        f"After ... {tokenizer.decode(ids[-6:])}", "chance of the next word",
        {name: chance[top].tolist() for name, chance in chances.items()}, x_name="word",
        ticks=words, percent=True,
    )  # fmt: skip


def accuracy_chart(
    models: Mapping[str, Transformer], tokenizer: Tokenizer, config: Config, problems: int
) -> Picture:
    """Right answers of each model on the same held-out reasoning problems."""
    task = only(config.task, "bilingual")
    settings = replace(config.eval, problems=problems)
    found = {
        name: evaluate(model, tokenizer, task, settings, seed=1)["pass@1"]
        for name, model in models.items()
    }
    return interval_chart(f"{problems} held-out problems", "pass@1, 95% interval", found)


def bill_chart(costs: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Picture:
    """FLOPs of every piece of the student's route, the drawing of samples included."""
    pieces: dict[str, float] = {}
    for stage in route("student", PARENTS, TEACHERS):
        pieces[names.get(stage, stage)] = costs[stage]["flops"] / 1e12
        if stage in TEACHERS:
            drawn = costs.get(f"samples of {TEACHERS[stage]}", {"flops": 0.0})["flops"]
            pieces[f"samples of {names[TEACHERS[stage]]}"] = drawn / 1e12
    own = [names["student"], f"samples of {names['r1']}"]
    unit = "TFLOPs; blue: the student's own, and its samples"
    return bars("The student's route", unit, pieces, fmt="{:.2f}", marked=own)
