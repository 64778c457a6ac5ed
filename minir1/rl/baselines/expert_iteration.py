"""Expert iteration: keep what was right, and learn it as if a teacher had written it.

    L = - sum over right rollouts, over their tokens, of w_t log pi(y_t)

Also called rejection fine-tuning, or STaR (arXiv 2203.14465). It is policy gradient with rewards
of 0 and 1, no baseline and no ratio: right answers are pulled up, and wrong ones are not pushed
down. So it never learns what to avoid, and its gradient vanishes with the share of right answers.

What to keep is decided here. To learn it is next-token prediction, as for any text (`update.py`).
"""

from collections.abc import Sequence

from minir1.rl.types import Group, Rollout
from minir1.tasks.base import Verdict


def right_rollouts(groups: Sequence[Group], at_most: int = 0) -> list[Rollout]:
    """The right rollouts, each distinct text once a group; `at_most` a group, 0 is all.

    Easy prompts have many right rollouts: without a limit they would crowd out the hard ones.
    """
    kept = []
    for group in groups:
        distinct: dict[tuple[int, ...], Rollout] = {}
        for rollout, verdict in zip(group.rollouts, group.verdicts, strict=True):
            if verdict is Verdict.CORRECT:
                distinct.setdefault(tuple(rollout.completion_ids), rollout)
        kept += list(distinct.values())[: at_most or None]
    return kept
