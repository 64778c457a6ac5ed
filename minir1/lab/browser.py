"""The rollout browser: the rollouts of a group, token by token, with verdict and advantage.

In JupyterLab a rollout and a colour can be chosen; saved, it shows the whole group.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from matplotlib.colors import to_hex

from minir1.lab.explore import explore
from minir1.lab.picture import Picture
from minir1.lab.tokens import DOWN_UP, GAP, HEIGHT, UP, box, flow, new_sheet, strip
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.logprobs import token_logprobs
from minir1.rl.types import Group
from minir1.run.report.ink import LIGHT
from minir1.text.tokenizer import Tokenizer

COLOURS = ("surprise", "advantage", "entropy")
UNITS = {
    "surprise": "surprise: minus the log-probability, nats",
    "advantage": "advantage of the rollout",
    "entropy": "entropy of the policy at this place, nats",
}


class Browser:
    """The rollouts of one group with all that is known about their tokens."""

    def __init__(
        self, group: Group, advantages: Sequence[float], tokenizer: Tokenizer, model: Transformer
    ) -> None:
        self.group, self.advantages = group, list(advantages)
        rollouts = list(group.rollouts)
        self.words = [tokenizer.decode(one.completion_ids).split() for one in rollouts]
        batch = collate(rollouts, self.advantages)
        with torch.no_grad():
            _, entropy = token_logprobs(model, batch)
        self.values = [
            {
                "surprise": [-value for value in one.logprobs],
                "advantage": [self.advantages[row]] * len(one.completion_ids),
                "entropy": entropy[row][batch.loss_mask[row]].tolist(),
            }
            for row, one in enumerate(rollouts)
        ]

    def headline(self, row: int) -> str:
        """What is known about one rollout, in a line."""
        tokens, reward = len(self.words[row]), self.group.totals[row]
        return (
            f"Rollout {row + 1}: {self.group.verdicts[row]}, {tokens} tokens, reward {reward:g}, "
            f"advantage {self.advantages[row]:+.2f}"
        )

    def one(self, rollout: int = 1, colour: str = "surprise") -> Picture:
        """One rollout, counted from 1, its tokens coloured."""
        row = rollout - 1
        return strip(
            self.words[row], title=self.headline(row), values=self.values[row][colour],
            unit=UNITS[colour],
        )  # fmt: skip

    def all(self, colour: str = "advantage", most: int = 8) -> Picture:
        """The whole group, one rollout below the other."""
        rows = range(min(most, len(self.words)))
        top = max(abs(value) for row in rows for value in self.values[row][colour]) or 1.0
        places = [flow([len(word) for word in self.words[row]]) for row in rows]
        line = HEIGHT + GAP
        heights = [0.3 + (spots[-1][0] + 1) * line + 0.08 for spots in places]
        figure, axes = new_sheet(9.45, sum(heights) + 0.05)
        y = 0.02
        for row, spots, height in zip(rows, places, heights, strict=True):
            right = self.group.totals[row] == max(self.group.totals) and not self.group.dead
            axes.text(
                0.03, y + 0.15, self.headline(row), fontsize=8.5, va="center", weight="bold",
                color=LIGHT["good" if right else "bad"],
            )  # fmt: skip
            parts = zip(spots, self.words[row], self.values[row][colour], strict=True)
            for (at, x, width), word, value in parts:
                ink = DOWN_UP((value / top + 1) / 2) if colour == "advantage" else UP(value / top)
                box(axes, x, y + 0.3 + at * line, width, word, to_hex(ink))
            y += height
        said = "; ".join(self.headline(row) for row in rows)
        return Picture(figure, f"{self.group.problem.question}. {said}")

    def browse(self) -> None:
        """Choose a rollout and a colour."""
        explore(self.one, rollout=range(1, len(self.words) + 1), colour=COLOURS)
