"""Rules about the policy: does it explore, how far does an update move it, does it learn?"""

from __future__ import annotations

from minir1.run.doctor.diary import LUCKY, PATIENCE, SURE, Diary
from minir1.run.doctor.finding import Finding
from minir1.run.doctor.rollouts import DEAD, SOLVED, WORTH

CLIPPED = 0.01
"""Share of clipped tokens: healthy runs have under 0.001."""
LEFT = 0.1
"""Share of its first entropy that a policy may come down to before it is right."""
FAR = 0.25
"""Nats a token from the reference."""
SHORTER = 0.1
"""Share of the first length that a response loses."""


def entropy_collapse(d: Diary) -> Finding | None:
    """The policy always says the same: nothing new is tried, and nothing more is learned."""
    late, first, reward = d.late("entropy"), d.at_first("entropy"), d.late("rewards/accuracy/mean")
    if late is None or first is None or reward is None:
        return None
    if late > LEFT * first or reward > SOLVED:
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
    """The policy comes apart: its entropy is twice what it was."""
    late, first = d.late("entropy"), d.at_first("entropy")
    if late is None or first is None or late < 2 * first:
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
    clipped = d.level("clip_ratio/low_mean", "clip_ratio/high_mean")
    if clipped is None or clipped.at_least < CLIPPED:
        return None
    return Finding(
        "clipping",
        "The updates leave the region in which the rollouts can be trusted.",
        f"{clipped.value:.1%} of the tokens were clipped",
        ("too many updates from one batch of rollouts", "the learning rate is too high"),
        ("fewer zero.minibatches", "a lower zero.optim.lr"),
    )


def kl_pull(d: Diary) -> Finding | None:
    """The policy is far from its reference."""
    kl = d.level("kl")
    if kl is None or kl.at_least < FAR:
        return None
    return Finding(
        "kl_pull",
        "The policy is far from its reference.",
        f"k3 estimate of the KL: {kl.value:.2f} nats a token",
        ("zero.kl_coef is too small to hold it", "the reference is never renewed"),
        ("a smaller learning rate", "renew the reference more often (zero.ref_every)"),
    )


def thinking_shrinks(d: Diary) -> Finding | None:
    """Responses get shorter while RL goes on: thinking does not pay in this setting."""
    name = "completions/mean_length"
    first, late, change = d.early(name), d.late(name), d.rise(name)
    if first is None or late is None or change is None or change.at_most > -SHORTER * first:
        return None
    return Finding(
        "thinking_shrinks",
        "Responses get shorter: RL finds that thinking does not pay.",
        f"mean length {first:.0f} -> {late:.0f} tokens, give or take {SURE * change.error:.0f}",
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
    """It was better before, by more than the best of many windows owes to luck."""
    best, late, fall = d.best("reward"), d.late("reward"), d.fall("reward")
    if best is None or late is None or fall is None:
        return None
    if -fall.value < max(WORTH, LUCKY * fall.error):
        return None
    return Finding(
        "reward_fell",
        "The reward has fallen from what it was.",
        f"the best {best:.2f}, now {late:.2f}",
        ("the learning rate is too high", "the policy has forgotten what the base could"),
        ("go back to the best checkpoint with a lower zero.optim.lr", "a KL term"),
    )


def no_progress(d: Diary) -> Finding | None:
    """There is signal, and the reward does not rise: no rise worth having fits the diary."""
    rise, late = d.flat("reward", WORTH), d.late("reward")
    dead = d.level("frac_reward_zero_std")
    if rise is None or late is None or dead is None or late > SOLVED or dead.at_least > DEAD:
        return None
    if rise.at_most < -WORTH:
        return None  # it fell, which has a name of its own
    return Finding(
        "no_progress",
        "The groups carry a signal, and the reward does not rise.",
        f"a rise of {rise.value:+.3f}, give or take {SURE * rise.error:.3f}, in {len(d)} steps "
        f"(means of {PATIENCE}); only {dead.value:.0%} of groups are dead",
        (
            "the learning rate is too low for this many steps",
            "the reward has nothing to do with the rollout (noise, or another rollout's verdict)",
            "the KL term holds the policy at its reference",
            "the policy's checks are not truthful, so that checking earns nothing",
        ),
        (
            "a higher zero.optim.lr",
            "verify some rollouts by hand",
            "zero.kl_coef 0",
            "look whether the base's checks are right",
        ),
    )
