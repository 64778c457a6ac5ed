"""What the seeds must show about cost: experts, the critic, distillation, and copied texts.

Written down before the judged seeds were run, like `thresholds.py`.
"""

from __future__ import annotations

import math

from minir1.bench.claims.claim import Arms, Claim
from minir1.bench.claims.thresholds import ACCURACY, more


def log_ratio(arms: Arms, one: str, other: str, name: str) -> float:
    """log(one / other); 0 is equal."""
    return math.log(arms[one][name] / arms[other][name])


EXPERTS = (
    Claim(
        key="experts/equal active",
        says="with as many active weights, the mixture reads better than a dense model (nats)",
        control="dense_active",
        arms=("moe", "dense_active"),
        read=more("dense_active", "moe", "loss"),
        low=0.0,
    ),
    Claim(
        key="experts/equal total",
        says="and hardly worse than a dense model of its whole size: 0.02 nats at most",
        control="dense_total",
        arms=("moe", "dense_total"),
        read=more("moe", "dense_total", "loss"),
        high=0.02,
    ),
    Claim(
        key="experts/right answer",
        says="a right answer costs fewer FLOPs than from a dense model of its whole size",
        control="dense_total",
        arms=("moe", "dense_total"),
        read=lambda arms: log_ratio(arms, "moe", "dense_total", "flops_a_right_answer"),
        high=0.0,
        ratio=True,
    ),
    Claim(
        key="experts/specialise",
        says="experts know token classes: more bits than with permuted labels",
        control="permuted labels",
        arms=("moe",),
        read=lambda arms: arms["moe"]["bits"] - arms["moe"]["bits_permuted"],
        low=0.05,
    ),
    Claim(
        key="experts/learned",
        says="and more bits than a router that has learned nothing",
        control="untrained router",
        arms=("moe",),
        read=lambda arms: arms["moe"]["bits"] - arms["moe"]["bits_untrained"],
        low=0.0,
    ),
    Claim(
        key="experts/one removed",
        says="an expert is missed: without one, the loss is 0.02 nats higher on average",
        control="all experts",
        arms=("moe",),
        read=lambda arms: arms["moe"]["one_removed/mean"],
        low=0.02,
    ),
)

CRITIC = (
    Claim(
        key="GRPO/as good",
        says="GRPO is as good as PPO after as many steps: 5 points less at most",
        control="ppo",
        arms=("grpo", "ppo"),
        read=more("grpo", "ppo"),
        low=-0.05,
    ),
    Claim(
        key="GRPO/time",
        says="and a step takes less time",
        control="ppo",
        arms=("grpo", "ppo"),
        read=lambda arms: log_ratio(arms, "grpo", "ppo", "seconds_a_step"),
        high=0.0,
        ratio=True,
    ),
    Claim(
        key="GRPO/memory",
        says="and what is trained takes at most 0.6 of the memory (counted)",
        control="ppo",
        arms=("grpo", "ppo"),
        read=lambda arms: log_ratio(arms, "grpo", "ppo", "state_bytes"),
        high=math.log(0.6),
        ratio=True,
    ),
)

DISTILL = (
    Claim(
        key="distilling/learns",
        says="distilled, the small model is 5 points better",
        control="student base",
        arms=("distilled",),
        read=lambda arms: arms["distilled"][ACCURACY] - arms["distilled"]["base/pass@1"],
        low=0.05,
    ),
    Claim(
        key="distilling/beats RL",
        says="and better than by RL at equal total compute, the teacher's RL included",
        control="rl_only",
        arms=("distilled", "rl_only"),
        read=more("distilled", "rl_only"),
        low=0.0,
    ),
    Claim(
        key="distilling/both",
        says="RL after distilling adds 5 points",
        control="distilled",
        arms=("both", "distilled"),
        read=more("both", "distilled"),
        low=0.05,
    ),
)


def dose_gain(arms: Arms) -> float:
    """The base's accuracy with a tenth of a teacher's texts, minus its accuracy with none."""
    return arms["dose_0.1"]["base/pass@1"] - arms["dose_0"]["base/pass@1"]


def found(dose: str, low: float = 0.5, high: float = math.inf) -> Claim:
    """Whether the audit finds a dose, as a share of the seeds."""
    share = f"{float(dose):.1%}"
    wanted = "at most" if high < math.inf else "at least"
    return Claim(
        key=f"copied/found {dose}",
        says=f"the audit says found with {share} of copied texts: in {wanted} half of the seeds",
        control="no copied text",
        arms=(f"dose_{dose}",),
        read=lambda arms: arms[f"dose_{dose}"]["found"],
        low=low,
        high=high,
    )


COPIED = (
    Claim(
        key="copied/helps",
        says="copying helps before RL: 10% of a teacher's texts make the base 2 points better",
        control="no copied text",
        arms=("dose_0.1", "dose_0"),
        read=dose_gain,
        low=0.02,
    ),
    Claim(
        key="copied/RL gains less",
        says="RL adds less where a tenth was copied: its gain shrinks",
        control="no copied text",
        arms=("dose_0.1", "dose_0"),
        read=more("dose_0.1", "dose_0", "gain"),
        high=0.0,
    ),
    found("0", -math.inf, 0.5),
    found("0.001"),
    found("0.01"),
    found("0.1"),
)
