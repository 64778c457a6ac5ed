"""Does the policy act on the word of its own check, or does it know anyway? One word is flipped.

    python -m minir1.bench.seeds --recipes laptop --seeds 12
    python -m minir1.bench.flips runs/seeds/laptop-{6..11} --save
    python -m minir1.bench.flips --table

    left      <think> 1 + 5 = 6 , 6 + 7 = 13 ? 14 no  | what it wrote after its own word
    flipped   <think> 1 + 5 = 6 , 6 + 7 = 13 ? 14 yes | what it writes after the other word

R1's "aha" (arXiv 2501.12948, section 2.2.4) is read off transcripts. That a policy goes back after
a "no" does not show that the "no" sent it back: what it had computed may have done both. So only
the word is changed, at the first true check of each thinking that says no, and at the first that
says yes. What then differs is due to the word (`flips_cuts.py`); what must differ, and by how
much, was written down first (`flips_table.py`).
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from minir1 import __version__
from minir1.bench.flips_table import table, verdicts
from minir1.bench.rows import current
from minir1.config import require
from minir1.run.home import RESULTS, find_run, read_config
from minir1.run.jsonl import append_row, rows_in
from minir1.run.pipe import reader_may_leave

ROWS = RESULTS / "flips.jsonl"
STAGES = {"base": "pretrain", "final": "zero"}

Row = dict[str, Any]


def flip_run(run: Path, problems: int | None = None) -> list[Row]:
    """A finished run's base and its R1-Zero, a row each."""
    import torch

    from minir1.bench.flips_cuts import measure
    from minir1.run.device import describe
    from minir1.run.evaluate import heldout_problems
    from minir1.run.models import finished_model, tokenizer_of

    folder = find_run(run)
    config = read_config(folder)
    toy = config.task.name == "countdown" and not config.base
    require(toy, "run", str(run), "its checks aren't those of the toy's Countdown")
    cure = "its base never saw a check: take a recipe with corpus.check_share above 0"
    require(config.corpus.check_share > 0, "run", str(run), cure)
    cpu = torch.device("cpu")
    models = {arm: finished_model(config, folder, stage, cpu) for arm, stage in STAGES.items()}
    asked = heldout_problems(config.task, problems or config.eval.problems)
    tokenizer, seed = tokenizer_of(config), config.seed
    return [
        {
            "recipe": config.name,
            "seed": seed,
            "recipe_hash": config.hash(),
            "command": "python -m minir1.bench.flips",
            "arm": arm,
            "problems": len(asked),
            "measured": measure(model, tokenizer, config, asked, seed),
            "device": describe("cpu"),
            "versions": {"minir1": __version__},
        }
        for arm, model in models.items()
    ]


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional] = (),
    problems: int | None = None,
    save: bool = False,
    only_table: Annotated[bool, tyro.conf.arg(name="table")] = False,
) -> None:
    """Flip a word in the thinkings of finished runs, and say what follows.

    Args:
        runs: their folders, or their names in runs/
        problems: held-out problems; as many as the run's evaluations if not given
        save: keep the rows in the project's results
        only_table: measure nothing, print the table of what was saved
    """
    if not runs and not only_table:
        raise ValueError("runs = () can't be used: name finished runs, or ask for the --table")
    rows = current(rows_in(ROWS)) if only_table else []
    for run in runs:
        for row in flip_run(run, problems):
            rows.append(row)
            if save:
                append_row(ROWS, row)
    print(f"{table(rows)}\n\n{verdicts(rows)}")


if __name__ == "__main__":
    with reader_may_leave():
        try:
            tyro.cli(main)
        except ValueError as error:
            sys.exit(f"minir1.bench.flips: error: {error}")
