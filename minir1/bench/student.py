"""The distilled student on a small device: what rounding its weights saves, and what it costs.

    python -m minir1.bench student pipeline --save

Every form answers the same held-out questions with the same random numbers, so a difference in
accuracy is the rounding's, question by question. Our sampler computes in float32 whatever a file
holds: it shows what is lost, and that nothing gets slower; what a smaller file gains in speed, an
engine for small devices shows. Where GGUF has a place for the shape, its file is written and
weighed; where it has none, the same rounding is done tensor by tensor and its bytes are counted.
The teacher stands beside it: the size and speed from which the student was distilled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tyro

from minir1.bench.cells import heading, line
from minir1.bench.clock import timed
from minir1.bench.rows import Row, row
from minir1.config import Config
from minir1.model import hub
from minir1.model.hub.gguf_names import write_shape
from minir1.model.hub.gguf_writing import rounded, save_gguf
from minir1.model.transformer import Transformer
from minir1.run import stats
from minir1.run.evaluate import evaluate, heldout_problems
from minir1.run.evaluated import by_problem, right
from minir1.run.home import find_run, read_config
from minir1.run.models import finished_model, tokenizer_of
from minir1.stages.readers import only
from minir1.stages.stage_table import REASONING
from minir1.tasks import Problem

WHOLE, KINDS = "f32", ("f16", "q8_0", "q4_0")
TEACHER = "r1"


def main(
    run: tyro.conf.Positional[str] = "pipeline",
    kinds: tuple[str, ...] = KINDS,
    problems: int = 500,
    samples: int = 8,
) -> list[Row]:
    """The student of a pipeline, rounded: MB, tokens a second, accuracy lost.

    Args:
        run: a finished pipeline: its folder, or its name in runs/
        kinds: types of GGUF, from the largest to the smallest
        problems: held-out questions that have a right answer
        samples: completions of each
    """
    import torch

    folder = find_run(run)
    config, cpu = read_config(folder), torch.device("cpu")
    student, teacher = (finished_model(config, folder, s, cpu) for s in ("student", TEACHER))
    placed = refused(student) == ""
    questions = heldout_problems(only(config.task, *REASONING), problems)
    forms = {"teacher": rounded(teacher, WHOLE), WHOLE: rounded(student, WHOLE)}
    with TemporaryDirectory() as place:
        for kind in kinds:
            forms[kind] = of_file(student, Path(place), kind) if placed else rounded(student, kind)
    found = {name: answers(model, config, questions, samples) for name, (model, _) in forms.items()}
    whole = found[WHOLE]["right"]
    lines = [
        {
            "form": name,
            "MB": forms[name][1] / 1e6,
            "tokens_per_s": one["tokens"] / one["seconds"],
            "tokens_per_cpu_s": one["tokens"] / one["cpu_seconds"],
            "accuracy": stats.share(one["right"]).to_json(),
            "change": stats.paired_difference(whole, one["right"]).to_json(),
        }
        for name, one in found.items()
    ]
    settings = {"problems": problems, "samples": samples}
    note = refused(student)
    case = f"{config.name} {config.seed}"
    more = {"seed": config.seed, "settings": settings, "forms": lines, "note": note}
    return [row("student", case, config, **more)]


def refused(model: Transformer) -> str:
    """Why GGUF has no place for this shape; "" if it has one."""
    try:
        write_shape(model.config)
    except ValueError as error:
        return str(error)
    return ""


def of_file(model: Transformer, folder: Path, kind: str) -> tuple[Transformer, int]:
    """The model read back from a GGUF file, and the size of the file."""
    path = save_gguf(model, folder / f"{kind}.gguf", kind)
    return hub.load(path), path.stat().st_size


def answers(
    model: Transformer, config: Config, questions: Sequence[Problem], samples: int
) -> dict[str, Any]:
    """Right or wrong of every sample, tokens, and seconds on both clocks."""
    settings = replace(config.eval, samples=samples)
    rows: list[dict[str, Any]] = []

    def ask() -> Mapping[str, float]:
        tokenizer = tokenizer_of(config)
        found = evaluate(
            model, tokenizer, config.task, settings, seed=config.seed, problems=questions
        )
        rows.extend(found["rows"])
        return {"tokens": float(sum(one["tokens"] for one in rows))}

    turn = timed(ask)
    groups = by_problem(rows, samples)
    return {**turn, "right": [[right(one) for one in group] for group in groups]}


def student_table(rows: Sequence[Row]) -> list[str]:
    """A line for each form of each student."""
    head = ("pipeline, seed", "form", "MB", "tokens/CPU-s", "accuracy", "change, points")
    lines = heading(*head)
    for one in rows:
        for form in one["forms"]:
            right, change = form["accuracy"], form["change"]
            cells = (
                f"{form['MB']:.3f}",
                f"{form['tokens_per_cpu_s']:,.0f}",
                "{:.1%} ({:.1%} to {:.1%})".format(*right.values()),
                "{:+.1f} ({:+.1f} to {:+.1f})".format(*(100 * v for v in change.values())),
            )
            lines.append(line(one["case"], form["form"], *cells))
        if one["note"]:
            lines.append(f"| {one['case']} | {one['note']} |" + " |" * 4)
    return lines
