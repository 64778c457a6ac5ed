"""Card and manifest, written into the folder of an exported checkpoint."""

from __future__ import annotations

from pathlib import Path

from minir1.config import Config
from minir1.run.checkpoint import Checkpoint
from minir1.run.whole import write_json
from minir1.stages.card.facts import CARD, MANIFEST, facts, manifest
from minir1.stages.card.page import card


def write_card(run: Path, folder: Path, config: Config, found: Checkpoint) -> None:
    """Write `run.json`, which names every other file, and the README."""
    known = facts(run, config, found)
    write_json(folder / MANIFEST, manifest(known, folder))
    (folder / CARD).write_text(card(known), encoding="utf-8")
