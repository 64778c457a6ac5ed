"""Lesson 04, first half: choose experts, and weigh them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from minir1.config import ModelConfig
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.router import Router

NOTEBOOK = "04_mixture_of_experts"


def router(draw: Draw, groups: int = 1, spread: float = 0.3, **given: Any) -> SimpleNamespace:
    """What the methods of a router need of it: its config and its bias."""
    n_experts = 12
    config = ModelConfig(
        n_routed_experts=n_experts,
        n_activated_experts=3,
        n_expert_groups=groups,
        n_limited_groups=max(1, groups - 1),
        **given,
    )
    return SimpleNamespace(
        config=config, e_score_correction_bias=draw.normal(n_experts, scale=spread)
    )


def in_any_order(value: Any) -> Any:
    """The experts of a token have no order."""
    if isinstance(value, Tensor) and value.ndim and value.dtype in (torch.int32, torch.int64):
        return value.sort(-1).values
    return value


def choice_cases(draw: Draw, groups: int, shift: float = 0.0) -> Iterator[Case]:
    """Scores in (0, 1); a negative shift makes every s + b negative."""
    for spread in (0.0, 0.4):
        one = router(draw, groups, spread)
        one.e_score_correction_bias += shift
        yield Case((one, torch.sigmoid(draw.normal(draw.randint(5, 8), 12))))


CHOOSE = Exercise(
    of=Router.choose,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=4,
    minutes=30,
    parts=(
        Part("bias", 2, lambda draw: choice_cases(draw, 1)),
        Part("groups", 2, lambda draw: [*choice_cases(draw, 4), *choice_cases(draw, 2)]),
        Part("negative", 1, lambda draw: choice_cases(draw, 4, shift=-3.0)),
    ),
    mistakes={
        "no_bias": Edit("scores + self.e_score_correction_bias", "scores"),
        "bias_subtracted": Edit("scores + self.e_score_correction_bias",
                                "scores - self.e_score_correction_bias"),
        "bottom_k": Edit("ranked[-config.n_activated_experts :]",
                         "ranked[: config.n_activated_experts]"),
        "group_by_its_best": Edit("two = sorted(values)[-2:]", "two = sorted(values)[-1:]"),
        "group_by_its_sum": Edit("two = sorted(values)[-2:]", "two = sorted(values)"),
        "worst_groups": Edit("order[-config.n_limited_groups :]",
                             "order[: config.n_limited_groups]"),
        "groups_ignored": Edit("config.n_expert_groups > 1", "config.n_expert_groups > 99"),
        "interleaved": Edit("expert // size in best", "expert % config.n_expert_groups in best"),
        "closed_at_zero": Edit(
            "allowed = [expert for expert in allowed if expert // size in best]",
            "row = [x if e // size in best else 0.0 for e, x in enumerate(row)]",
        ),
        "always_the_same": Edit("chosen.append(ranked[", "chosen.append(allowed["),
    },
    same={
        "13:11: config.n_expert_groups > 1 -> config.n_expert_groups >= 1": "the only group is "
        "always the best one",
    },
    tidy=in_any_order,
)  # fmt: skip


def weight_cases(draw: Draw, **given: Any) -> Iterator[Case]:
    """Different experts for each token; the gradient to the scores counts."""
    for _ in range(2):
        one = router(draw, **given)
        scores = torch.sigmoid(draw.normal(6, 12))
        experts = torch.stack([torch.randperm(12, generator=draw.generator)[:3] for _ in range(6)])
        yield Case((one, scores, experts), grad=(1,))


WEIGHTS = Exercise(
    of=Router.weights,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=15,
    needs=("choose",),
    parts=(
        Part("normalised", 2, lambda draw: weight_cases(draw, route_scale=2.5)),
        Part("plain", 1, lambda draw: weight_cases(draw, norm_topk_prob=False, route_scale=1.5)),
    ),
    mistakes={
        "with_bias": Edit(
            "affinity = scores[", "affinity = (scores + self.e_score_correction_bias)["
        ),
        "not_normalised": Edit("affinity / affinity.sum()", "affinity"),
        "always_normalised": Edit("if self.config.norm_topk_prob:", "if True:"),
        "over_all_experts": Edit("affinity / affinity.sum()", "affinity / scores[token].sum()"),
        "softmax": Edit("affinity / affinity.sum()", "affinity.softmax(-1)"),
        "no_scale": Edit("affinity * self.config.route_scale", "affinity"),
        "detached": Edit("affinity = scores[", "affinity = scores.data["),
        "sum_without_gradient": Edit("affinity.sum()", "affinity.sum().item()"),
    },
)

EXERCISES = (CHOOSE, WEIGHTS)
