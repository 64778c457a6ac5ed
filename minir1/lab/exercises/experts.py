"""Lesson 04, second half: keep the experts busy, and send the tokens there and back."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.balance import balance_loss, expert_load, update_bias
from minir1.model.dispatch import experts_torch

NOTEBOOK = "04_mixture_of_experts"


def load_cases(draw: Draw, masked: bool) -> Iterator[Case]:
    """More experts than are ever chosen, so that idle ones must be counted too."""
    for _ in range(3):
        rows, tokens, n_experts = draw.randint(2, 4), draw.randint(3, 6), draw.randint(9, 12)
        experts = draw.integers(n_experts - 2, rows, tokens, 2)
        yield Case((experts, n_experts, draw.coins(rows, tokens) if masked else None))


EXPERT_LOAD = Exercise(
    of=expert_load,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=3,
    minutes=10,
    parts=(
        Part("all_tokens", 1, lambda draw: load_cases(draw, masked=False)),
        Part("mask", 1, lambda draw: load_cases(draw, masked=True)),
    ),
    mistakes={
        "mask_ignored": Edit("if token_mask is None or token_mask[row, token]:", "if True:"),
        "mask_turned": Edit("or token_mask[row, token]", "or not token_mask[row, token]"),
        "first_choice_only": Edit(
            "experts[row, token].tolist()", "experts[row, token].tolist()[:1]"
        ),
        "only_used_experts": Edit("[0] * n_experts", "[0] * (int(experts.max()) + 1)"),
        "shares": Edit("torch.tensor(load)", "torch.tensor(load) / sum(load)"),
        "first_row_only": Edit("range(experts.shape[0])", "range(1)"),
    },
)


def bias_cases(draw: Draw, layers: bool) -> Iterator[Case]:
    """Loads above, below and exactly at the mean, which differs from layer to layer."""
    for gamma in (0.001, 0.5):
        load = torch.tensor([-7, -1, 0, 0, 2, 6]) * draw.randint(1, 3)
        load = load[torch.randperm(6, generator=draw.generator)]
        load = torch.stack([load + 25, load + 400]) if layers else load + 25
        yield Case((draw.normal(*load.shape, scale=0.1), load, gamma), after=0)


UPDATE_BIAS = Exercise(
    of=update_bias,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=10,
    needs=("expert_load",),
    parts=(
        Part("one_layer", 2, lambda draw: bias_cases(draw, layers=False)),
        Part("all_layers", 1, lambda draw: bias_cases(draw, layers=True)),
    ),
    mistakes={
        "sign": Edit("bias.add_(gamma * step)", "bias.sub_(gamma * step)"),
        "proportional": Edit("torch.sign(mean - load)", "mean - load"),
        "not_in_place": Edit("bias.add_(gamma * step)", "bias = bias + gamma * step"),
        "mean_of_all_layers": Edit("load.mean(dim=-1, keepdim=True)", "load.mean()"),
        "half_the_range": Edit("load.mean(dim=-1, keepdim=True)",
                               "load.amax(dim=-1, keepdim=True) / 2"),
        "no_gamma": Edit("bias.add_(gamma * step)", "bias.add_(step)"),
        "busy_only": Edit("torch.sign(mean - load)", "torch.sign(mean - load).clamp_max(0)"),
    },
    atol=1e-7,
)  # fmt: skip


def balance_cases(draw: Draw, masked: bool) -> Iterator[Case]:
    """Sequences of different lengths; with a mask, one of them is empty."""
    for k in (1, 3):
        rows, tokens, n_experts = 4, draw.randint(5, 7), draw.randint(5, 7)
        scores = torch.sigmoid(draw.normal(rows, tokens, n_experts))
        experts = scores.topk(k, dim=-1).indices
        mask = None
        if masked:
            mask = draw.coins(rows, tokens, chance=0.6)
            mask[:, 0], mask[1] = True, False
            mask[2:] &= k == 1  # once, only one sequence has any token
        yield Case((scores, experts, mask), grad=(0,))


BALANCE_LOSS = Exercise(
    of=balance_loss,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=3,
    minutes=25,
    needs=("expert_load",),
    parts=(
        Part("whole", 2, lambda draw: balance_cases(draw, masked=False)),
        Part("masked", 2, lambda draw: balance_cases(draw, masked=True)),
    ),
    mistakes={
        "not_scaled": Edit("count * n_experts / (k * len(s))", "count / len(s)"),
        "k_forgotten": Edit("(k * len(s))", "len(s)"),
        "not_normalised": Edit("(s / s.sum(dim=-1, keepdim=True)).mean(dim=0)", "s.mean(dim=0)"),
        "mask_ignored": Edit("if token_mask is None", "if True"),
        "empty_rows_count": Edit("sum(losses) / max(1, len(losses))", "sum(losses) / len(scores)"),
        "sum_of_sequences": Edit("sum(losses) / max(1, len(losses))", "sum(losses)"),
        "no_gradient": Edit("s, chosen = scores[row][real]", "s, chosen = scores.data[row][real]"),
        "importance_only": Edit("(f * p).sum()", "(p * p).sum() * n_experts"),
    },
)


def expert_cases(draw: Draw, kind: str) -> Iterator[Case]:
    """Ragged loads; one expert without a token; all tokens to one expert."""
    n_tokens, k, n_experts, width, hidden = draw.randint(5, 9), 2, 5, 6, draw.choice((3, 4))
    scores = draw.normal(n_tokens, n_experts)
    if kind == "idle":
        scores[:, 2] = -99.0
    if kind == "crowd":
        k, scores[:, 3] = 1, 99.0
    yield Case(
        (
            draw.normal(n_tokens, width),
            scores.topk(k, dim=-1).indices,
            torch.rand(n_tokens, k, generator=draw.generator) + 0.1,
            draw.normal(n_experts, 2 * hidden, width, scale=0.6),
            draw.normal(n_experts, width, hidden, scale=0.6),
        ),
        grad=(0, 2, 3, 4),
    )


EXPERTS_TORCH = Exercise(
    of=experts_torch,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=5,
    minutes=35,
    needs=("weights",),
    parts=(
        Part("mixed", 3, lambda draw: [c for _ in range(2) for c in expert_cases(draw, "mixed")]),
        Part("idle_expert", 1, lambda draw: expert_cases(draw, "idle")),
        Part("crowd", 1, lambda draw: expert_cases(draw, "crowd")),
    ),
    mistakes={
        "overwritten": Edit("y.index_add(0, token, out)", "y.index_copy(0, token, out)"),
        "not_weighted": Edit(" * topk_weight[token, slot][:, None]", ""),
        "gate_and_up_swapped": Edit("gate, up = ", "up, gate = "),
        "no_gate": Edit("F.silu(gate) * up", "F.silu(up)"),
        "relu": Edit("F.silu(gate)", "F.relu(gate)"),
        "weighted_before": Edit(
            "x[token] @ gate_up[expert].T).chunk(2, dim=-1)\n        hidden = F.silu(gate) * up\n"
            "        out = (hidden @ down[expert].T) * topk_weight[token, slot][:, None]",
            "(x[token] * topk_weight[token, slot][:, None]) @ gate_up[expert].T).chunk(2, dim=-1)"
            "\n        out = (F.silu(gate) * up) @ down[expert].T",
        ),
        "first_choice_only": Edit("(topk_idx == expert)", "(topk_idx[:, :1] == expert)"),
        "wrong_way_back": Edit("index_add(0, token, out)", "index_add(0, token.flip(0), out)"),
        "last_expert_forgotten": Edit("range(len(gate_up))", "range(len(gate_up) - 1)"),
        "weights_detached": Edit("topk_weight[token, slot]", "topk_weight.data[token, slot]"),
        "weight_of_first": Edit("topk_weight[token, slot]", "topk_weight[token, 0]"),
    },
)

EXERCISES = (EXPERT_LOAD, UPDATE_BIAS, BALANCE_LOSS, EXPERTS_TORCH)
