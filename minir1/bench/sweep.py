"""Two of R1's choices as sweeps, not as points: how much cold start, how much pay for language.

    cold       Dev1 after 5, 20, 40 (the recipe's) and 160 steps on the cold start's texts
    language   R1-Zero paid 0 (its own), 0.1, 0.5 and 2 for the asker's language, beside its verdict

    python -m minir1.bench.sweep RUN ...    the points of finished pipelines that have no row yet
    python -m minir1.bench.sweep            the table of all rows

R1's report says that the cold start costs reasoning, and that pay for language costs a little,
too; it shows one dose of each. A point is a run of its own beside the pipeline's, such as
`RUN/sweep/language-2`. It begins with copies of the pipeline's checkpoints, so only its own stage
is trained, and it answers the same held-out prompts. What the seeds must show stands in
`bench/claims/sweeps.py`.
"""

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import tyro

from minir1.bench.cells import heading, line
from minir1.bench.rows import Row, current
from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.run import stats
from minir1.run.device import describe
from minir1.run.home import RESULTS, find_run, open_run, read_config
from minir1.run.jsonl import append_row, rows_in
from minir1.run.models import steps_of
from minir1.run.pipe import reader_may_leave
from minir1.stages.pipeline import Pipeline
from minir1.stages.reinforce import reinforce
from minir1.stages.stage_table import evaluate_stage

ROWS = RESULTS / "sweep.jsonl"
POINTS: Mapping[str, tuple[float, ...]] = {
    "cold": (5.0, 20.0, 40.0, 160.0),
    "language": (0.0, 0.1, 0.5, 2.0),
}
STAGE = {"cold": "dev1", "language": "zero"}
"""The stage that a sweep trains with another dose."""
COPIED = {"cold": ("pretrain", "preference", "zero"), "language": ("pretrain", "preference")}
"""The pipeline's stages that a point begins with; the reward model measures, it pays nothing."""
COLUMNS = ("accuracy", "purity", "tokens")


def own_dose(config: Config, sweep: str) -> float:
    """What the pipeline itself did: its point is there already."""
    return float(config.pipeline.cold.steps) if sweep == "cold" else 0.0


def with_dose(config: Config, sweep: str, dose: float) -> Config:
    """The pipeline's config with another dose."""
    pipeline = config.pipeline
    if sweep == "cold":
        pipeline = replace(pipeline, cold=replace(pipeline.cold, steps=int(dose)))
    else:
        pipeline = replace(pipeline, language=dose)
    return replace(config, pipeline=pipeline)


def prepare(run: Path, folder: Path, config: Config, sweep: str) -> None:
    """Copy the checkpoints and the texts that a point begins with."""
    names = [f"{stage}-{steps_of(config, stage):06d}" for stage in COPIED[sweep]]
    for name in names:
        if not (run / "checkpoints" / name).is_dir():
            raise ValueError(f"{run} has no checkpoint {name}: a sweep needs a finished pipeline")
    open_run(config, folder)
    for name in names:
        shutil.copytree(
            run / "checkpoints" / name, folder / "checkpoints" / name, dirs_exist_ok=True
        )
    (folder / "data").mkdir(exist_ok=True)
    for stage in ("preference", "dev1"):
        shutil.copy(run / "data" / f"{stage}.jsonl", folder / "data" / f"{stage}.jsonl")


def trained(point: Pipeline, sweep: str) -> Transformer:
    """The stage of the sweep, with the point's dose."""
    if sweep == "cold":
        settings = point.config.pipeline
        return point.tune("dev1", settings.cold_samples, settings.cold)
    course = point.course("zero")  # R1-Zero as it is, but for what is paid
    paid = replace(course, pay=point.wages("zero", course.settings))
    return reinforce(point.config, point.out, paid)


def measure(run: Path, sweep: str, dose: float) -> Row:
    """One point: its columns on the held-out prompts."""
    config, started = read_config(run), time.perf_counter()
    folder, stage = run, STAGE[sweep]
    if dose != own_dose(config, sweep):
        folder = run / "sweep" / f"{sweep}-{dose:g}"
        config = with_dose(config, sweep, dose)
        prepare(run, folder, config, sweep)
    point = Pipeline(config, folder)
    model = point.finished(stage)() if folder == run else trained(point, sweep)
    found = evaluate_stage(config, folder, model, point.learn_taste(), stage)
    original = read_config(run)
    return {
        "arm": f"{sweep}-{dose:g}",
        "seed": original.seed,
        "recipe": original.name,
        "recipe_hash": original.hash(),
        "command": f"python -m minir1.bench.sweep runs/{original.name}",
        "seconds": round(time.perf_counter() - started, 1),
        "device": describe("cpu"),
        "measured": {name: found[name]["value"] for name in COLUMNS},
    }


def missing(config: Config, sweep: str, rows: Sequence[Row]) -> list[float]:
    """The doses of this seed that have no row yet."""
    key = (config.hash(), config.seed)
    done = {row["arm"] for row in rows if (row["recipe_hash"], row["seed"]) == key}
    return [dose for dose in POINTS[sweep] if f"{sweep}-{dose:g}" not in done]


def read_results(path: Path = ROWS) -> list[Row]:
    """The rows of recipes that are still what they were when they were measured."""
    return current(rows_in(path))


def table(rows: Sequence[Row]) -> str:
    """One line a point: means over seeds, with intervals from three seeds on."""
    if not rows:
        return "No sweep is measured yet: `python -m minir1.bench.sweep RUN`."
    lines = heading("sweep", "dose", "seeds", *COLUMNS)
    for sweep, doses in POINTS.items():
        for dose in doses:
            mine = [row for row in rows if row["arm"] == f"{sweep}-{dose:g}"]
            if mine:
                cells = (shown([row["measured"][name] for row in mine]) for name in COLUMNS)
                lines.append(line(sweep, f"{dose:g}", str(len(mine)), *cells))
    return "\n".join(lines)


def shown(values: Sequence[float]) -> str:
    """A mean over seeds, with its interval where there are enough of them.

    >>> shown([0.5, 0.6])
    '0.55'
    """
    if len(values) < 3:
        return f"{sum(values) / len(values):.3g}"
    return f"{stats.over_seeds(values):.3g}"


def main(runs: tyro.conf.Positional[tuple[Path, ...]] = (), rows: Path = ROWS) -> None:
    """Measure what is missing, then print the table.

    Args:
        runs: folders of finished pipelines, or their names in runs/
        rows: the file of rows
    """
    folders = [find_run(run) for run in runs]
    for sweep in POINTS:  # the quick one first, for every seed
        for run in folders:
            for dose in missing(read_config(run), sweep, read_results(rows)):
                row = measure(run, sweep, dose)
                append_row(rows, row)
                print(f"{row['arm']} seed {row['seed']} {row['measured']}", file=sys.stderr)
    print(table(read_results(rows)))


if __name__ == "__main__":
    try:
        with reader_may_leave():
            tyro.cli(main)
    except ValueError as error:
        sys.exit(f"minir1.bench.sweep: error: {error}")
