"""Lesson 03: positions as angles, what the cache keeps, and attention on the latent itself."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from minir1.config import ModelConfig
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.cache import cache_width
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.rope import rope_frequencies, rotate_halves, rotate_pairs

NOTEBOOK = "03_attention_and_the_cache"


def frequency_cases(draw: Draw) -> Iterator[Case]:
    """Several widths and bases; one base is no power of ten."""
    for dim, theta in ((4, 100.0), (8, 10000.0), (2 * draw.randint(5, 30), draw.uniform(50, 5000))):
        yield Case((dim, theta))


ROPE_FREQUENCIES = Exercise(
    of=rope_frequencies,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=3,
    minutes=10,
    parts=(Part("values", 2, frequency_cases),),
    mistakes={
        "without_two": Edit("-2 * pair / dim", "-pair / dim"),
        "positive": Edit("-2 * pair / dim", "2 * pair / dim"),
        "from_one": Edit("-2 * pair / dim", "-2 * (pair + 1) / dim"),
        "over_half": Edit("-2 * pair / dim", "-2 * pair / (dim // 2)"),
        "every_feature": Edit("range(dim // 2)", "range(dim)"),
        "linear": Edit("theta ** (-2 * pair / dim)", "1 / (1 + pair * theta / dim)"),
    },
    same={
        "17:11: torch.tensor(frequencies, device=device) -> torch.tensor(frequencies)": "the "
        "grader has one device, the processor",
    },
    rtol=1e-5,
    atol=1e-8,
)


def rotation_cases(draw: Draw) -> Iterator[Case]:
    """One row of positions for all sequences, and one a sequence; the lengths all differ."""
    for agree in (True, False):
        rows, tokens, heads, half = draw.randint(2, 3), draw.randint(4, 6), 3, draw.randint(4, 5)
        x = draw.normal(rows, tokens, heads, 2 * half)
        angles = draw.normal(1 if agree else rows, tokens, half, scale=3)
        yield Case((x, torch.polar(torch.ones_like(angles), angles)), grad=(0,))


ROTATE_PAIRS = Exercise(
    of=rotate_pairs,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=3,
    minutes=15,
    needs=("rope_frequencies",),
    parts=(Part("values", 3, rotation_cases),),
    mistakes={
        "halves": Edit("first, second = 2 * j, 2 * j + 1", "first, second = j, j + width // 2"),
        "backwards": Edit("rotation.imag[:, :, None, j]", "-rotation.imag[:, :, None, j]"),
        "mirror": Edit("a * sin + b * cos", "a * sin - b * cos"),
        "first_only": Edit("a * sin + b * cos", "b"),
        "no_sine": Edit("a * cos - b * sin", "a * cos"),
        "same_place": Edit("a, b = x[..., first], x[..., second]",
                           "a, b = x[..., second], x[..., first]"),
    },
)  # fmt: skip


ROTATE_HALVES = Exercise(
    of=rotate_halves,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=2,
    minutes=10,
    needs=("rotate_pairs",),
    parts=(Part("values", 2, rotation_cases),),
    mistakes={
        "neighbours": Edit("return torch.cat((turned_a, turned_b), dim=-1)",
                           "return torch.stack((turned_a, turned_b), dim=-1).flatten(-2)"),
        "backwards": Edit("rotation.imag[:, :, None]", "-rotation.imag[:, :, None]"),
        "swapped": Edit("torch.cat((turned_a, turned_b)", "torch.cat((turned_b, turned_a)"),
        "mirror": Edit("a * sin + b * cos", "a * sin - b * cos"),
        "no_minus": Edit("a * cos - b * sin", "a * cos + b * sin"),
        "tokens_for_heads": Edit("rotation.real[:, :, None]", "rotation.real[:, None, :]"),
    },
)  # fmt: skip


def width_cases(kind: str, draw: Draw) -> Iterator[Case]:
    """Shapes in which no two products are equal by accident."""
    for _ in range(4):
        config = ModelConfig(
            attention="mla" if kind == "mla" else "gqa",
            n_heads=12,
            n_kv_heads=draw.choice((2, 3, 4)),
            head_dim=draw.choice((10, 14, 22)),
            kv_lora_rank=draw.choice((33, 57, 91)),
            qk_rope_head_dim=draw.choice((8, 16)),
            qk_nope_head_dim=17,
        )
        yield Case((config,))


CACHE_WIDTH = Exercise(
    of=cache_width,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=10,
    parts=(
        Part("gqa", 1, lambda draw: width_cases("gqa", draw)),
        Part("mla", 1, lambda draw: width_cases("mla", draw)),
    ),
    mistakes={
        "keys_only": Edit("2 * config.n_kv_heads", "config.n_kv_heads"),
        "query_heads": Edit("config.n_kv_heads", "config.n_heads"),
        "no_rope_key": Edit("config.kv_lora_rank + config.qk_rope_head_dim", "config.kv_lora_rank"),
        "rope_key_a_head": Edit("+ config.qk_rope_head_dim",
                                "+ config.n_heads * config.qk_rope_head_dim"),
        "latent_twice": Edit("config.kv_lora_rank +", "2 * config.kv_lora_rank +"),
        "all_layers": Edit("return 2 *", "return 2 * config.n_layers *"),
        "nope_too": Edit("+ config.qk_rope_head_dim",
                         "+ config.qk_rope_head_dim + config.qk_nope_head_dim"),
    },
)  # fmt: skip


def latent_attention(draw: Draw) -> SimpleNamespace:
    """What `absorbed` needs of its module, and no `naive` to fall back on."""
    heads, nope, rope, v_dim, rank = 3, draw.randint(4, 6), 4, draw.randint(7, 9), 10
    up = nn.Linear(rank, heads * (nope + v_dim), bias=False)
    up.weight = nn.Parameter(draw.normal(heads * (nope + v_dim), rank, scale=0.5))
    return SimpleNamespace(
        n_heads=heads, nope=nope, rope=rope, v_dim=v_dim, rank=rank, kv_b_proj=up,
        scale=(nope + rope) ** -0.5,
    )  # fmt: skip


def latent_cases(draw: Draw, cached: bool) -> Iterator[Case]:
    """Without a mask attention is causal; with a cache, each query sees what its mask says."""
    for _ in range(2):
        mla, rows, new = latent_attention(draw), 3, draw.randint(2, 4)
        seen = new + (draw.randint(3, 5) if cached else 0)
        visible: Tensor | None = None
        if cached:
            visible = draw.coins(rows, new, seen, chance=0.6)
            visible[..., 0] = True
        queries = (
            draw.normal(rows, new, mla.n_heads, mla.nope),
            draw.normal(rows, new, mla.n_heads, mla.rope),
        )
        latents = draw.normal(rows, seen, mla.rank + mla.rope)
        yield Case((mla, *queries, latents, visible), grad=(1, 2, 3))


ABSORBED = Exercise(
    of=MultiHeadLatentAttention.absorbed,
    notebook=NOTEBOOK,
    difficulty=5,
    importance=4,
    minutes=45,
    needs=("rotate_pairs", "cache_width"),
    parts=(
        Part("causal", 3, lambda draw: latent_cases(draw, cached=False)),
        Part("cached", 3, lambda draw: latent_cases(draw, cached=True)),
    ),
    mistakes={
        "no_scale": Edit("scores * self.scale", "scores"),
        "scale_without_rope": Edit("scores * self.scale", "scores * self.nope**-0.5"),
        "no_mask": Edit(".masked_fill(~visible, float('-inf'))", ""),
        "masked_with_zero": Edit("float('-inf')", "0.0"),
        "mask_turned": Edit("~visible", "visible"),
        "softmax_over_queries": Edit("scores.softmax(dim=-1)", "scores.softmax(dim=1)"),
        "no_rope": Edit(" + q_rope[:, :, head] @ k_rope.mT", ""),
        "one_head": Edit("q_nope[:, :, head]", "q_nope[:, :, 0]"),
        "not_causal": Edit(".tril()", ""),
        "values_of_keys": Edit("weights @ latent @ up_v.T",
                               "weights @ latent @ torch.roll(up_v, 1, dims=0).T"),
    },
)  # fmt: skip

EXERCISES = (ROPE_FREQUENCIES, ROTATE_PAIRS, ROTATE_HALVES, CACHE_WIDTH, ABSORBED)
