"""`pipeline.json`: which stage came from which, on what data, and at what cost.

A checkpoint's and a file's name are their SHA-256, so a manifest can be checked: whoever has the
run's folder can hash what lies there and compare.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minir1.config import Config
from minir1.run.models import ORDER, steps_of
from minir1.run.whole import write_json
from minir1.stages.examples import digest
from minir1.stages.stage_table import stage_costs

NAME = "pipeline.json"


def weights_of(folder: Path) -> str | dict[str, str]:
    """The name of a checkpoint's weights; one for each file that a process has written."""
    found = {file.name: digest(file) for file in sorted(folder.glob("model*.safetensors"))}
    return found.get("model.safetensors", found)


def write_manifest(
    config: Config, out: Path, parents: Mapping[str, str], teachers: Mapping[str, str]
) -> dict[str, Any]:
    """Write the manifest of a finished pipeline, and return it."""
    costs = stage_costs(out)
    stages = []
    for stage in ORDER:
        folder = out / "checkpoints" / f"{stage}-{steps_of(config, stage):06d}"
        row: dict[str, Any] = {
            "stage": stage,
            "checkpoint": folder.relative_to(out).as_posix(),
            "weights": weights_of(folder),
            "starts_from": parents.get(stage),
            "learns_from": teachers.get(stage),
            "cost": costs.get(stage, {}),
        }
        if stage in teachers:
            data = out / "data" / f"{stage}.jsonl"
            rows = data.read_bytes().count(b"\n")
            row["data"] = {"file": f"data/{stage}.jsonl", "rows": rows, "sha256": digest(data)}
        stages.append(row)
    evaluations = {name: cost for name, cost in costs.items() if name not in ORDER}
    manifest = {
        "recipe": config.name,
        "recipe_hash": config.hash(),
        "seed": config.seed,
        "stages": stages,
        "other_costs": evaluations,
    }
    write_json(out / NAME, manifest)
    return manifest
