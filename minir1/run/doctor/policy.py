"""Rules about the policy: does it explore, how far does an update move it, does it learn?"""

from __future__ import annotations

from minir1.run.doctor.diary import Diary
from minir1.run.doctor.finding import Finding
from minir1.run.doctor.rollouts import DEAD

CLIPPED = 0.01
"""Share of clipped tokens: healthy runs have under 0.001."""
LONG_ENOUGH = 16
"""Steps before a trend can be told from noise."""


def entropy_collapse(d: Diary) -> Finding | None:
    """The policy always says the same: nothing new is tried, and nothing more is learned."""
    late, first, reward = d.late("entropy"), d.at_first("entropy"), d.late("rewards/accuracy/mean")
    if late is None or first is None or reward is None:
        return None
    if late > 0.025 or late > 0.25 * first or reward > 0.85:
        return None
    return Finding(
        "entropy_collapse",
        "The policy has become certain of itself before it is right.",
        f"entropy {first:.3f} -> {late:.3f} nats a token; accuracy {reward:.1%}",
        (
            "the learning rate is too high for so few questions",
            "clip_high is as tight as clip_low, so rare tokens cannot grow",
            "it is paid for something that one fixed answer earns",
        ),
        ("zero.clip_high 0.28 or more", "a lower learning rate", "more questions a step"),
    )


def entropy_explosion(d: Diary) -> Finding | None:
    """The policy comes apart: its tokens tend to noise."""
    late, first = d.late("entropy"), d.at_first("entropy")
    if late is None or first is None or late < max(0.6, 2.5 * first):
        return None
    return Finding(
        "entropy_explosion",
        "The policy's tokens tend to noise.",
        f"entropy {first:.2f} -> {late:.2f} nats a token",
        (
            "the learning rate is too high",
            "the clip is off",
            "wrong rollouts are pushed down too hard",
        ),
        ("a lower zero.optim.lr", "zero.clip_low 0.2", "a KL term"),
    )


def clipping(d: Diary) -> Finding | None:
    """So many ratios leave the trust region that much of the batch is thrown away."""
    low, high = d.late("clip_ratio/low_mean"), d.late("clip_ratio/high_mean")
    if low is None or high is None or low + high < CLIPPED:
        return None
    return Finding(
        "clipping",
        "The updates leave the region in which the rollouts can be trusted.",
        f"{low + high:.1%} of the tokens were clipped",
        ("too many updates from one batch of rollouts", "the learning rate is too high"),
        ("fewer zero.minibatches", "a lower zero.optim.lr"),
    )


def kl_pull(d: Diary) -> Finding | None:
    """The policy is far from its reference, or the reference holds it in place."""
    kl = d.late("kl")
    if kl is None or kl < 0.25:
        return None
    return Finding(
        "kl_pull",
        "The policy is far from its reference.",
        f"k3 estimate of the KL: {kl:.2f} nats a token",
        ("zero.kl_coef is too small to hold it", "the reference is never renewed"),
        ("a smaller learning rate", "renew the reference more often (zero.ref_every)"),
    )


def thinking_shrinks(d: Diary) -> Finding | None:
    """Responses get shorter while RL goes on: thinking does not pay in this setting."""
    first, late = d.early("completions/mean_length"), d.late("completions/mean_length")
    if first is None or late is None or len(d) < LONG_ENOUGH or late > 0.85 * first:
        return None
    return Finding(
        "thinking_shrinks",
        "Responses get shorter: RL finds that thinking does not pay.",
        f"mean length {first:.0f} -> {late:.0f} tokens",
        (
            "the policy's own checks are not truthful, so checking earns nothing",
            "the reward punishes length",
            "the loss divides by each length, or the task needs no thinking",
        ),
        (
            "look whether the base's checks are right",
            "zero.loss_norm token",
            "harder questions",
        ),
    )


def reward_fell(d: Diary) -> Finding | None:
    """It was better before."""
    best, late = d.best("reward"), d.late("reward")
    if best is None or late is None or len(d) < LONG_ENOUGH or best - late < 0.12:
        return None
    return Finding(
        "reward_fell",
        "The reward has fallen from what it was.",
        f"the best {best:.2f}, now {late:.2f}",
        ("the learning rate is too high", "the policy has forgotten what the base could"),
        ("go back to the best checkpoint with a lower zero.optim.lr", "a KL term"),
    )


def no_progress(d: Diary) -> Finding | None:
    """There is signal, and the reward does not move: its rise can't be told from noise."""
    rise, late, dead = d.rise("reward"), d.late("reward"), d.late("frac_reward_zero_std")
    if rise is None or late is None or dead is None:
        return None
    gain, error = rise
    if abs(gain) > 2 * error or late > 0.85 or dead > DEAD:
        return None
    return Finding(
        "no_progress",
        "The groups carry a signal, and the reward does not rise.",
        f"a rise of {gain:+.3f}, give or take {2 * error:.3f}, in {len(d)} steps; "
        f"only {dead:.0%} of groups are dead",
        (
            "the learning rate is too low, or it is too early to see",
            "the reward has nothing to do with the rollout (noise, or another rollout's verdict)",
            "the KL term holds the policy at its reference",
        ),
        ("a higher zero.optim.lr", "verify some rollouts by hand", "zero.kl_coef 0"),
    )
