"""Finished runs of a real model, copied into the results: curves, looks and every transcript.

    python -m minir1.bench.smollm --collect-from runs/smollm

A run's folder is called RECIPE-SEED. The rows of the recipes found there are written anew; those
of other recipes stay as they are.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from minir1.bench.rows import versions
from minir1.run.home import RESULTS
from minir1.run.jsonl import append_row, read_rows

LOGS = RESULTS / "smollm.jsonl"
ANSWERS = RESULTS / "smollm_answers.jsonl"
RECIPE = "smollm"
"""How the names of all recipes of this model begin."""
CURVE = (
    "reward", "rewards/accuracy/mean", "frac_reward_zero_std", "completions/mean_length",
    "completions/clipped_ratio", "entropy", "grad_norm", "learning_rate", "loss",
    "sampling/sampling_logp_difference/mean", "time/rollout", "time/train", "time/step",
)  # fmt: skip


def finished(folder: Path) -> list[Path]:
    """The finished runs in a folder, RECIPE-SEED each, by recipe and seed."""
    found = [path.parents[1] for path in folder.glob(f"{RECIPE}*-*/eval/final.json")]
    return sorted(found, key=recipe_of)


def recipe_of(run: Path) -> tuple[str, int]:
    """The recipe and the seed of a run's folder."""
    recipe, seed = run.name.rsplit("-", 1)
    return recipe, int(seed)


def forget(path: Path, runs: Sequence[Path]) -> None:
    """Leave out the rows of the recipes of these runs, which are to be written anew."""
    anew = {recipe_of(run)[0] for run in runs}
    if not path.exists():
        return
    kept = [line for line, row in read_rows(path) if row["recipe"] not in anew]
    path.write_bytes(b"".join(kept))


def collect(folder: Path) -> None:
    """Copy the logs of the finished runs in a folder into the results, rounded."""
    from minir1.run.metrics import read_metrics

    runs = finished(folder)
    for path in (LOGS, ANSWERS):
        forget(path, runs)
    for run in runs:
        recipe, seed = recipe_of(run)
        head = {"recipe": recipe, "seed": seed}
        steps = [row for row in read_metrics(run) if row["stage"] == "zero"]
        curve = {name: [float(f"{row[name]:.4g}") for row in steps] for name in CURVE}
        looks = {}
        for when in ("base", "final", *(p.stem for p in (run / "eval").glob("step-*.json"))):
            found = json.loads((run / "eval" / f"{when}.json").read_text(encoding="utf-8"))
            looks[when] = {name: round(value, 4) for name, value in found["pass@1"].items()}
            if when in ("base", "final"):
                rows = [
                    [one["question"], one["gold"]["gold"], one["completion"]]
                    for one in found["rows"]
                ]
                append_row(ANSWERS, {**head, "when": when, "rows": rows})
        ledger = [row for _, row in read_rows(run / "ledger.jsonl")]
        about = {
            "recipe_hash": json.loads((run / "eval" / "final.json").read_text())["recipe_hash"],
            "command": f"minir1 run {recipe} --seed {seed} --threads 1",
            "processor": ledger[-1]["device"]["processor"],
            "versions": versions(("minir1", "torch", "transformers", "reasoning_gym")),
        }
        append_row(LOGS, {**head, **about, "looks": looks, "curve": curve})
