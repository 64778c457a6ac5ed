"""`minir1 run RECIPE`: the whole job, from random weights to the report."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from minir1.cli.options import Json, Recipe
from minir1.cli.output import cells, table
from minir1.config import Config, require

Answers = Annotated[Path | None, tyro.conf.arg(name="with")]


def main(
    config: Recipe, *, out: Path | None = None, answers: Answers = None, as_json: Json = False
) -> int:
    """Make a base, teach it by RL, evaluate both and write the report.

    Stopped or killed? The same command goes on from the last save.

    Args:
        config: what to run
        out: the run's folder (runs/NAME if not given)
        answers: train on your own task (a file, or a notebook, that defines draw and verify), or
            with your own functions (the finished answers of an exercise notebook)
    """
    texts = dict[str, str]()
    with tempfile.TemporaryDirectory() as scratch:
        if answers is not None:
            from minir1.lab.capstone.cell import task_file
            from minir1.lab.swap import read_answers
            from minir1.stages.own import with_task

            stem = re.sub(r"[^\w.+-]+", "-", answers.stem)  # it names a folder
            config = replace(config, name=f"{config.name}-with-{stem}")
            file = task_file(answers, Path(scratch))
            if file is None:
                texts = read_answers(answers)
            else:
                config = with_task(config, file)
        return train(config, out, texts, as_json)


def train(config: Config, out: Path | None, texts: dict[str, str], as_json: bool) -> int:
    """The job, when it is clear on which task and with whose functions."""
    from minir1.stages.own import open_own
    from minir1.stages.ready import check_task

    price = planned(config)
    check_task(config)  # before a folder is made and a base is trained
    from minir1.run.claim import claimed
    from minir1.run.distributed import join
    from minir1.stages import job

    with join(config) as world:
        world.once(lambda: print(price, end="", file=sys.stderr, flush=True))
        config, folder = world.once(lambda: open_own(config, out))
        with claimed(folder, world), own_functions(folder, texts):
            show(job.run(config, folder, world), as_json)
    return 0


def planned(config: Config) -> str:
    """What a recipe for rented GPUs will cost, before it costs anything; "" for any other."""
    if not config.gpu:
        return ""
    from minir1.plan.chips import chip
    from minir1.plan.recipe import headline, plan

    found = plan(config, chip(config.gpu))
    require(
        found.cure is not None,
        "recipe",
        config.name,
        f"no GPU of it can hold the model that it samples from: `minir1 plan {config.name}`",
    )
    return f"planned: {headline(found)}\n"


@contextmanager
def own_functions(folder: Path, texts: dict[str, str]) -> Iterator[None]:
    """Your finished answers in the place of the package's functions, if there are any."""
    if not texts and not (folder / "with").exists():
        yield
        return
    from minir1.lab.swap import keep, swapped

    keep(texts, folder)
    with swapped(folder) as names:
        print(f"with your own {', '.join(names)}", file=sys.stderr, flush=True)
        yield


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print what the job found."""
    if as_json:
        print(json.dumps(result))
        return
    base, final = (cells(headline(result[name])) for name in ("base", "final"))
    table([("held out", "base", "after RL"), *((n, base[n], final.get(n, "")) for n in base)])
    print(f"\nThe report: {Path(result['report']).resolve()}")


def headline(summary: dict[str, Any]) -> dict[str, Any]:
    """What a person wants to know first; the rest is in the report and in --json."""
    kept = {name: value for name, value in summary.items() if name != "insight"}
    if "insight" in summary:
        kept["blind search"] = summary["insight"]["blind_at_same_tries"]
        kept["above blind"] = summary["insight"]["surplus"]
    return kept
