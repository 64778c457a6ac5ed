"""Lesson 06, first half: draw a token, and judge it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from minir1.config import ModelConfig
from minir1.lab.exercises.inputs import batch_and_logprobs
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import token_logprobs
from minir1.rl.sampling import draw as draw_token

NOTEBOOK = "06_rollouts_and_logprobs"


def draw_cases(draw: Draw, temperatures: Sequence[float]) -> Iterator[Case]:
    """Logits with a clear best token, and random numbers that reach all tokens."""
    for temperature in temperatures:
        rows, words = draw.randint(20, 30), draw.randint(6, 9)
        logits = draw.normal(rows, words, scale=1.5)
        yield Case((logits, torch.rand(rows, generator=draw.generator), temperature))


DRAW = Exercise(
    of=draw_token,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=4,
    minutes=25,
    parts=(
        Part("policy", 2, lambda draw: draw_cases(draw, (1.0,))),
        Part("temperature", 2, lambda draw: draw_cases(draw, (0.7, 1.6))),
        Part("greedy", 1, lambda draw: draw_cases(draw, (0.0,))),
    ),
    mistakes={
        "multiplied": Edit("row / temperature", "row * temperature"),
        "judged_at_one": Edit("logprobs.append(logp[token])",
                              "logprobs.append(row.log_softmax(0)[token])"),
        "always_greedy": Edit("if temperature == 0:", "if True:"),
        "no_log": Edit("logprobs.append(logp[token])", "logprobs.append(logp[token].exp())"),
        "one_too_far": Edit("token = int(above[0])",
                            "token = min(int(above[0]) + 1, len(row) - 1)"),
        "not_cumulative": Edit("logp.exp().cumsum(0)", "logp.exp()"),
        "u_turned": Edit("height > number", "height > 1 - number"),
        "greedy_is_sure": Edit("logprobs.append(logp[token])",
                               "logprobs.append(logp[token] * bool(temperature))"),
        "same_number": Edit("zip(logits, u, strict=True)",
                            "zip(logits, u[:1].expand_as(u), strict=True)"),
    },
    same={
        "21:21: height > number * height[-1] -> height >= number * height[-1]": "no number meets "
        "a sum exactly: rounding would decide, and a right answer may round otherwise",
        "21:30: number * height[-1] -> number / height[-1]": "the last sum is 1 up to rounding",
    },
)  # fmt: skip


def tiny_policy(draw: Draw, experts: int = 0, sharp: bool = True) -> Transformer:
    """A transformer of one layer, with weights from the case's own seed, made sharp or left."""
    config = ModelConfig(
        vocab_size=40,
        dim=16,
        n_layers=1,
        n_dense_layers=0 if experts else 1,
        inter_dim=24,
        moe_inter_dim=24,
        n_routed_experts=max(4, experts),
        n_heads=2,
        attention="gqa",
        n_kv_heads=1,
        head_dim=8,
        tie_embeddings=False,
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(draw.randint(0, 2**31))
        policy = Transformer(config)
        for weight in policy.parameters():
            weight.mul_(3.0 if sharp else 1.0)
        policy.lm_head.weight.mul_(10.0 if sharp else 1.0)
    return policy


def logprob_cases(draw: Draw, temperature: float) -> Iterator[Case]:
    """Ragged batches under a random policy."""
    for rows, width in ((4, 9), (3, draw.randint(10, 13))):
        _, batch = batch_and_logprobs(draw, rows, width)
        yield Case((tiny_policy(draw), batch, temperature))


def gradient_cases(draw: Draw) -> Iterator[Case]:
    """What the trainer is for: the gradient of the log-probabilities, at every weight."""
    _, batch = batch_and_logprobs(draw)
    policy = tiny_policy(draw, sharp=False)
    yield Case((policy, batch, 0.8), grad=(0,), of=0)


def replay_cases(draw: Draw) -> Iterator[Case]:
    """A policy with experts, which the routing dictates."""
    _, batch = batch_and_logprobs(draw)
    first = draw.integers(4, 1, *batch.inputs.shape, 1)
    forced = torch.cat((first, (first + 1) % 4), dim=-1)
    yield Case((tiny_policy(draw, experts=4), batch, 1.0, Routing(forced_experts=forced)))


TOKEN_LOGPROBS = Exercise(
    of=token_logprobs,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=5,
    minutes=25,
    needs=("draw",),
    parts=(
        Part("policy", 2, lambda draw: logprob_cases(draw, 1.0)),
        Part("temperature", 2, lambda draw: logprob_cases(draw, 0.6)),
        Part("replay", 1, replay_cases),
        Part("gradient", 1, gradient_cases),
    ),
    mistakes={
        "inputs_for_targets": Edit("batch.targets[..., None]", "batch.inputs[..., None]"),
        "no_temperature": Edit("/ temperature", "/ 1.0"),
        "multiplied": Edit("/ temperature", "* temperature"),
        "not_masked": Edit("chosen * batch.loss_mask", "chosen"),
        "wrong_mask": Edit("chosen * batch.loss_mask", "chosen * batch.token_mask"),
        "no_log": Edit("logits.log_softmax(dim=-1)", "logits.softmax(dim=-1)"),
        "entropy_sign": Edit("-(log_probs.exp()", "(log_probs.exp()"),
        "raw_logits": Edit("logits.log_softmax(dim=-1)", "logits"),
        "one_step_early": Edit("log_probs.gather(", "log_probs.roll(1, dims=1).gather("),
        "detached": Edit("return chosen *", "return chosen.detach() *"),
        "routing_lost": Edit("batch.inputs, routing=routing", "batch.inputs"),
        "head_alone": Edit("model.head(hidden)", "model.head(hidden.detach())"),
    },
)


EXERCISES = (DRAW, TOKEN_LOGPROBS)
