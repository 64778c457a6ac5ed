"""Rules about the machinery: numbers that are not finite, the sampler, the router."""

from __future__ import annotations

from minir1.run.doctor.diary import NOT_FINITE, Diary
from minir1.run.doctor.finding import Finding

DRIFT = 0.02
"""Share of changed choices: healthy runs of the clinic have under 0.01."""

APART = 0.002
"""Nats a token: healthy runs in float32 have 1e-6, a sampler three steps late has .01."""
IDLE, BUSY = 0.1, 2.1
"""Least and largest share of an expert, where 1 is even: healthy runs have .4 to 1.6."""


def not_finite(d: Diary) -> Finding | None:
    """A loss, a gradient or a metric was NaN or infinite."""
    nulls = d.nulls()
    if not nulls:
        return None
    step, name = nulls[0]
    return Finding(
        "not_finite",
        "A number was not finite.",
        f"{name} at step {step}" + (f", and {len(nulls) - 1} more" if len(nulls) > 1 else ""),
        (
            "an exp of a large log-ratio, taken before it was masked",
            "the learning rate is too high",
        ),
        (f"read {NOT_FINITE} beside the diary", "a lower learning rate"),
    )


def mismatch(d: Diary) -> Finding | None:
    """Sampler and trainer disagree about the same tokens, though they hold the same weights."""
    name = "sampling/sampling_logp_difference/mean"
    late = d.late(name)
    if late is None or late < APART:
        return None
    return Finding(
        "mismatch",
        "The sampler and the trainer disagree about the same tokens.",
        f"mean difference of their log-probabilities: {late:.3f} nats (1e-6 is rounding)",
        (
            "they use another temperature, precision, or a cache that is wrong",
            "the weights were not copied to the sampler after the last update",
            "a router chose other experts in one of them",
        ),
        ("compare the two on one rollout", "zero.routing_replay", "fp32 in both"),
    )


def router_drift(d: Diary) -> Finding | None:
    """The experts that a token goes to change faster than the policy should."""
    late = d.late("router/drift")
    if late is None or late < DRIFT:
        return None
    return Finding(
        "router_drift",
        "Between sampling and the last update, many tokens change their experts.",
        f"{late:.1%} of the choices changed within a step",
        ("the learning rate is too high", "the router's bias still moves during RL"),
        ("zero.routing_replay", "zero.optim.bias_update_speed 0", "a lower zero.optim.lr"),
    )


def dead_experts(d: Diary) -> Finding | None:
    """Some expert gets almost nothing, another far more than its share."""
    low, high = d.late("router/load_min"), d.late("router/load_max")
    if low is None or high is None or (low > IDLE and high < BUSY):
        return None
    return Finding(
        "dead_experts",
        "The experts' loads have come apart.",
        f"the least used expert gets {low:.2f} of an equal share, the most used {high:.2f}",
        (
            "the base was trained without balancing",
            "the learning rate of RL breaks the router",
        ),
        (
            "pretrain.optim.bias_update_speed 0.001",
            "a little zero.optim.balance_coef",
            "a lower zero.optim.lr",
        ),
    )
