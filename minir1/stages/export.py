"""A trained model leaves the house: a folder for servers, files for small devices, and the bill.

    folder/          config.json, weights, tokenizer          transformers, vLLM and others
    folder/          README.md, run.json                      its card, and what it came from
    folder/q8_0.gguf and the like                             llama.cpp, where the format allows

Each is then loaded again and asked the same held-out problems with the same random numbers, so a
difference in accuracy is the rounding's, problem by problem. Our sampler computes in float32
whatever the file holds: what a smaller file gains in speed, an engine for small devices shows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from minir1.config import Config
from minir1.model import hub
from minir1.model.hub.gguf_names import write_shape
from minir1.model.hub.gguf_writing import KINDS, save_gguf
from minir1.model.transformer import Transformer
from minir1.run import stats
from minir1.run.evaluate import evaluate
from minir1.run.evaluated import right
from minir1.run.models import last_model, tokenizer_of
from minir1.stages.card.write import write_card
from minir1.text.outside import gguf_words, hub_face, special_ids
from minir1.text.tokenizer import Tokenizer

Row = dict[str, Any]


def export(
    run_dir: Path,
    folder: Path,
    checkpoint: str | None = None,
    kinds: Sequence[str] = (),
    problems: int = 0,
) -> list[Row]:
    """Write the run's last model, or the one of a checkpoint.

    With `problems`, also what each form of it costs and can do.
    """
    config, model, found = last_model(run_dir, checkpoint)
    model = model.cpu()
    tokenizer = tokenizer_of(config)
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"GGUF type {kind!r} can't be used: use {', '.join(KINDS)}")
        write_shape(model.config)  # refuses what GGUF has no place for, before anything is written
    face = hub_face(tokenizer)
    hub.save(model, folder, extra=special_ids(tokenizer))
    face.save_pretrained(folder)
    files = {"folder": folder}
    for kind in kinds:
        words = gguf_words(tokenizer, model.config.vocab_size)
        files[kind] = save_gguf(model, folder / f"{kind}.gguf", kind, name=config.name, words=words)
    write_card(run_dir, folder, config, found)
    rows = [{"form": form, "MB": megabytes(path)} for form, path in files.items()]
    if problems:
        judged = [answers(hub.load(path), tokenizer, config, problems) for path in files.values()]
        for row, own in zip(rows, judged, strict=True):
            row |= measured(own, judged[0])
    return rows


def megabytes(path: Path) -> float:
    """Weights and config of a form, in 10^6 bytes."""
    files = [path] if path.is_file() else [*path.glob("*.safetensors"), path / "config.json"]
    return sum(file.stat().st_size for file in files) / 1e6


def answers(model: Transformer, tokenizer: Tokenizer, config: Config, problems: int) -> Row:
    """The run's own evaluation of one form, on its first held-out problems."""
    settings = replace(config.eval, problems=problems, samples=1)
    started = time.perf_counter()
    with torch.no_grad():
        found = evaluate(model, tokenizer, config.task, settings, seed=config.seed)
    return found | {"seconds": time.perf_counter() - started}


def measured(found: Row, whole: Row) -> Row:
    """Tokens a second, accuracy, and the paired change against the unrounded form."""
    before, after = ([[right(row)] for row in one["rows"]] for one in (whole, found))
    return {
        "tokens_per_s": sum(row["tokens"] for row in found["rows"]) / found["seconds"],
        "pass@1": found["pass@1"],
        "change": stats.paired_difference(before, after).to_json(),
    }
