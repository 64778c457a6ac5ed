"""What is known of a checkpoint that leaves the house, and the manifest that goes with it.

    run.json    recipe, seed, stage, step, whole config, versions, SHA-256 of each file

Everything is read from the run's own folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from minir1 import __version__
from minir1.config import Config
from minir1.run.checkpoint import Checkpoint
from minir1.run.evaluated import read_evaluation
from minir1.run.ledger import read_ledger, total
from minir1.stages.examples import digest
from minir1.stages.lineage.audit import audit_run

CARD, MANIFEST = "README.md", "run.json"
ROWS = 500
"""Rows of each data set that the card's audit makes again; `minir1 lineage` makes more."""
PACKAGES = ("torch", "numpy", "safetensors")


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a card is made from."""

    run: Path
    config: Config
    found: Checkpoint
    evaluations: dict[str, dict[str, Any]]
    """Those of this very checkpoint, by name."""
    audit: dict[str, Any]
    cost: dict[str, int | float]


def facts(run: Path, config: Config, found: Checkpoint) -> Facts:
    """Read a run's own files."""
    read = map(read_evaluation, sorted((run / "eval").glob("*.json")))
    here = {
        one["name"]: one
        for one in read
        if (one.get("stage"), one.get("step")) == (found.stage, found.step)
    }
    ledger = run / "ledger.jsonl"
    cost = total(read_ledger(run)) if ledger.exists() else {}
    audit = audit_run(run, ROWS) if (run / "metrics.jsonl").exists() else {}
    return Facts(run=run, config=config, found=found, evaluations=here, audit=audit, cost=cost)


def manifest(known: Facts, folder: Path) -> dict[str, Any]:
    """Which run it was, with which versions, and the hash of each file."""
    files = {path.name: digest(path) for path in sorted(folder.iterdir()) if path.is_file()}
    return {
        "recipe": known.config.name,
        "recipe_hash": known.config.hash(),
        "seed": known.config.seed,
        "stage": known.found.stage,
        "step": known.found.step,
        "checkpoint": digest_of_weights(known.found.folder),
        "config": known.config.to_json(),
        "versions": {"minir1": __version__} | {name: version(name) for name in PACKAGES},
        "files": {name: value for name, value in files.items() if name not in (CARD, MANIFEST)},
    }


def digest_of_weights(folder: Path) -> dict[str, str]:
    """The SHA-256 of the weights that were exported; of many processes, one a piece."""
    return {path.name: digest(path) for path in sorted(folder.glob("model*.safetensors"))}
