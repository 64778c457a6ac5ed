"""Rules about the rollouts: can they be judged at all, and do they differ?"""

from __future__ import annotations

from minir1.run.doctor.diary import Diary
from minir1.run.doctor.finding import Finding

DEAD = 0.5
"""Share of dead groups: one half. Healthy runs that are not yet solved have 0.1, in places 0.4."""
SOLVED = 0.85
"""Accuracy from which a policy has little left to learn from these questions."""
CUT = 0.3
"""Share of rollouts that are cut off: thinking longer costs a healthy run up to 0.2."""
UNREADABLE = 0.2
"""Share of the finished rollouts without an answer: healthy runs have 0.02."""
WORTH = 0.1
"""A rise of the reward, or a fall, that is worth a word: ten points."""


def dead_groups(d: Diary) -> Finding | None:
    """All rollouts of a group earn the same: its advantages are 0, and it teaches nothing."""
    dead, reward = d.level("frac_reward_zero_std"), d.late("rewards/accuracy/mean")
    if dead is None or reward is None or dead.at_least < DEAD or reward > SOLVED:
        return None  # a policy that solves nearly everything has nothing left to learn here
    return Finding(
        "dead_groups",
        "In most groups all rollouts earn the same, so that they carry no gradient.",
        f"{dead.value:.0%} of the last groups are dead; accuracy {reward:.1%}",
        (
            "the questions are far too hard (or easy) for this policy",
            "the group is small: P(dead) = p^G + (1-p)^G",
            "the temperature is so low that all rollouts are alike",
        ),
        ("easier questions first", "a larger zero.group_size", "zero.dynamic_sampling 2"),
    )


def truncation(d: Diary) -> Finding | None:
    """Rollouts that reach the budget are cut off before their answer."""
    cut, first = d.level("completions/clipped_ratio"), d.at_first("completions/clipped_ratio")
    if cut is None or first is None or cut.at_least < CUT:
        return None
    length = d.late("completions/mean_length") or 0.0
    return Finding(
        "truncation",
        "Many rollouts are cut off by the token budget before they answer.",
        f"{cut.value:.0%} of the last were cut off ({first:.0%} at first); "
        f"mean length {length:.0f}",
        (
            "zero.max_new_tokens is too small for this policy",
            "the policy rambles: nothing makes it stop",
        ),
        ("a larger zero.max_new_tokens, or a length_schedule", "an overlong penalty in the reward"),
    )


def format_failures(d: Diary) -> Finding | None:
    """The parser finds no answer, though the rollout was not cut off."""
    good, cut = d.late("rewards/format/mean"), d.late("completions/clipped_ratio")
    seen = d.level("rewards/format/mean", "completions/clipped_ratio")
    if good is None or cut is None or seen is None:
        return None
    if 1 - seen.at_most < UNREADABLE * (1 - cut):
        return None
    return Finding(
        "format_failures",
        "Many finished rollouts have no answer that the parser can read.",
        f"{good:.0%} are well-formed, and only {cut:.0%} were cut off",
        (
            "the base never learned the template, or the template differs from training's",
            "the temperature is so high that the tags break",
            "the reward pays nothing for structure, and the policy has drifted from it",
        ),
        ("read some transcripts", "train the base longer", "temperature 1.0"),
    )


def proxy_gap(d: Diary) -> Finding | None:
    """Most of what is paid is not for right answers, and these do not become more."""
    paid, strict = d.late("reward"), d.late("rewards/accuracy/mean")
    rise = d.flat("rewards/accuracy/mean", WORTH)
    if paid is None or strict is None or rise is None or paid < 2 * strict:
        return None
    return Finding(
        "proxy_gap",
        "The policy is paid for something other than right answers.",
        f"paid {d.early('reward'):.2f} -> {paid:.2f}, strictly right "
        f"{d.early('rewards/accuracy/mean'):.2f} -> {strict:.2f}",
        (
            "a part of the reward is easier than the task (format, length, style)",
            "the verifier accepts what it should not",
        ),
        ("read the best-paid wrong rollouts", "minir1 audit TASK", "pay for the strict part only"),
    )
