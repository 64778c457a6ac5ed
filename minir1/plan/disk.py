"""Bytes on the disk: what one checkpoint takes, what a run keeps, and how long a save lasts.

    a checkpoint   weights 4, Adam's two moments 8, 4 for a reference      bytes a number
    at once        the last ones of each stage, the best one, and the one that is being written
    seconds        a checkpoint / the disk's rate, for all processes write to one disk

Example: 16B weights are 192 GB a checkpoint, which a disk of 200 MB/s takes for 16 minutes. All
GPUs wait, so it is paid for; `--zero.save-every` says how often.
"""

from __future__ import annotations

from dataclasses import dataclass

from minir1.config import Config
from minir1.model.count import parameters

DISK_RATE = 200e6
"""Bytes a second that a checkpoint may expect of a disk: a slow network disk gives as much."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What a run asks of its disk."""

    checkpoint: float
    """Bytes of one checkpoint of RL."""
    kept: float
    """Bytes of all that is there at once, at most."""
    saves: int
    """Checkpoints of RL that are written, one after the other."""

    @property
    def save_seconds(self) -> float:
        """Of one save, on the slowest disk that preflight lets pass."""
        return self.checkpoint / DISK_RATE


def disk(config: Config) -> Disk:
    """What a run of this recipe asks of its disk.

    >>> from minir1 import recipes
    >>> found = disk(recipes.get("h800_8"))
    >>> [round(size / 1e9) for size in (found.checkpoint, found.kept)], found.saves
    ([192, 830], 15)
    """
    weights = 4.0 * parameters(config.model)
    checkpoint = weights * (4 if config.zero.kl_coef else 3)
    best, kept = int(config.keep_best), config.keep_checkpoints
    # A base from outside is stored as it came; one of our own as it was trained.
    base = weights * 3 * (kept + best) if config.pretrain.steps else weights
    saves = -(-config.zero.steps // config.zero.save_every)
    return Disk(checkpoint, base + checkpoint * (kept + best + 1), saves)
