"""Rules about the machinery: numbers that are not finite, the sampler, the router."""

from __future__ import annotations

from minir1.run.doctor.diary import NOT_FINITE, Diary
from minir1.run.doctor.finding import Finding

ROUNDING = 1e-6
"""Nats a token that float32's rounding may add up to; the clinic's healthy runs have 2e-7."""
APART = 0.03
"""Nats a token that no precision in use explains: bfloat16 on SmolLM2 reaches 0.02."""
GROWN = 100
"""Times the first step's difference: there both hold the same weights, so it was rounding."""
IDLE, BUSY = 0.25, 2.0
"""A quarter of an even share, and twice one: healthy runs have .4 to 1.6."""
DRIFT = 0.02
"""Share of changed choices, one in fifty: healthy runs have one in two hundred."""


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
    """Sampler and trainer disagree about the same tokens by more than rounding can explain."""
    name = "sampling/sampling_logp_difference/mean"
    late, first = d.late(name), d.at_first(name)
    if late is None or first is None or late < min(APART, GROWN * max(first, ROUNDING)):
        return None
    return Finding(
        "mismatch",
        "The sampler and the trainer disagree about the same tokens.",
        f"mean difference of their log-probabilities: {late:.2g} nats, {first:.2g} at first "
        "(1e-6 is float32's rounding)",
        (
            "they use another temperature, precision, or a cache that is wrong",
            "the weights were not copied to the sampler after the last update",
            "a router chose other experts in one of them",
        ),
        ("compare the two on one rollout", "zero.routing_replay", "fp32 in both"),
    )


def router_drift(d: Diary) -> Finding | None:
    """The experts that a token goes to change faster than the policy should."""
    drift = d.level("router/drift")
    if drift is None or drift.at_least < DRIFT:
        return None
    return Finding(
        "router_drift",
        "Between sampling and the last update, many tokens change their experts.",
        f"{drift.value:.1%} of the choices changed within a step",
        ("the learning rate is too high", "the router's bias still moves during RL"),
        ("zero.routing_replay", "zero.optim.bias_update_speed 0", "a lower zero.optim.lr"),
    )


def dead_experts(d: Diary) -> Finding | None:
    """Some expert gets less than a quarter of its share, or another twice its own."""
    low, high = d.level("router/load_min"), d.level("router/load_max")
    if low is None or high is None or (low.at_most > IDLE and high.at_least < BUSY):
        return None
    return Finding(
        "dead_experts",
        "The experts' loads have come apart.",
        f"the least used expert gets {low.value:.2f} of an equal share, the most used "
        f"{high.value:.2f}",
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
