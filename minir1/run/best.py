"""The best checkpoint of a stage, kept beside the last ones: `checkpoints/best/zero-000040/`.

The last steps of a run aren't always its best ones: RL can break what it has made. "Best" is the
highest mean of one metric over the steps between two saves. The copy shares its bytes with the
original (hard links, where the disk has them), so it costs nothing until the original is removed.

    minir1 eval laptop --checkpoint best/zero-000040
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

from minir1.run.folder import TEMPORARY, recover
from minir1.run.whole import write_text

NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV, errno.EMLINK)
"""How file systems say that they can't."""


def keep_best(saved: Path, stage: str, score: float) -> None:
    """Keep the checkpoint `saved` if its score is above that of the best one so far."""
    root = saved.parent / "best"
    # A step that comes again, since its checkpoint was damaged: the best one is its other name.
    again = (root / saved.name).exists() and score == best_score(root, stage)
    if score <= best_score(root, stage) and not again:
        return
    root.mkdir(exist_ok=True)
    recover(root)
    fresh = root / (TEMPORARY + saved.name)
    shutil.copytree(saved, fresh, copy_function=_link)
    if (root / saved.name).exists():
        shutil.rmtree(root / saved.name)
    os.rename(fresh, root / saved.name)
    record = json.dumps({"folder": saved.name, "score": score})
    write_text(root / f"{stage}.json", record)
    for older in root.glob(f"{stage}-*"):
        if older.name != saved.name:
            shutil.rmtree(older)


def _link(source: str, target: str) -> None:
    """One file under a second name; a copy where the disk has no such thing, as a bucket's."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copyfile(source, target)


def best_score(root: Path, stage: str) -> float:
    """The score of the best checkpoint so far; minus infinity if there is none."""
    record = root / f"{stage}.json"
    if not record.exists():
        return float("-inf")
    return json.loads(record.read_text(encoding="utf-8"))["score"]
