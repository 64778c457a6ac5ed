"""A task of your own enters a run: `minir1 run RECIPE --with FILE`.

    FILE -> config.task (its digest is part of the recipe's hash) -> RUN/task.py

The run keeps a copy, so it can be evaluated, sampled and graded when the file has long changed.
The cell of a notebook that defines `draw` and `verify` is a task, too.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import islice
from pathlib import Path

from minir1.config import Config, TaskConfig
from minir1.run.home import RUNS, open_run
from minir1.run.models import tokenizer_of
from minir1.tasks.sources.own import KEPT, OwnTask, digest_of, read_text
from minir1.text.own import own_documents

MARKS = {"draw", "verify"}
"""Who defines both is a task."""
EXAMPLES = 200


def is_task(text: str) -> bool:
    """Whether a Python text defines a task.

    >>> is_task("def draw(rng): ...\\ndef verify(gold, completion): ..."), is_task("def draw(): ")
    (True, False)
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # A zero byte is a ValueError; brackets nested too deep are one of the last two.
        return False
    return {node.name for node in body if isinstance(node, ast.FunctionDef)} >= MARKS


def with_task(config: Config, file: Path | str) -> Config:
    """The config on the task of `file`."""
    digest, share = digest_of(read_text(str(file))), config.task.heldout_share
    task = TaskConfig(name="own", file=str(file), digest=digest, heldout_share=share)
    return replace(config, task=task)


def open_own(config: Config, out: Path | None = None) -> tuple[Config, Path]:
    """The run's folder, and the config on the copy of its task that lies there."""
    if config.task.name != OwnTask.name:
        return config, open_run(config, out)
    copy = (RUNS / config.name if out is None else Path(out)) / KEPT
    mine = replace(config, task=replace(config.task, file=str(copy)))
    folder = open_run(mine, out)
    if not copy.exists():
        copy.write_text(read_text(config.task.file), encoding="utf-8")
    return mine, folder


def check_examples(config: Config, task: OwnTask) -> None:
    """Raise a ValueError, one line, where the base can't read what the task's file writes."""
    tokenizer, room = tokenizer_of(config), config.model.max_seq_len
    for prompt, text in islice(own_documents(config.corpus, task, "check"), EXAMPLES):
        try:
            length = len(tokenizer.encode(f"{prompt} {text}"))
        except ValueError as error:
            raise ValueError(f"{task.file}, in {text!r:.60}: {error}") from error
        if length + 2 > room:
            raise ValueError(
                f"{task.file} writes an example of {length} tokens, over model.max_seq_len = "
                f"{room}: write shorter ones, or raise that"
            )
