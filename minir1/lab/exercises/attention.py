"""Lesson 03, second half: what the cache keeps, and attention on the latent itself."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

from torch import Tensor, nn

from minir1.config import ModelConfig
from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.cache import cache_width
from minir1.model.mla import MultiHeadLatentAttention

NOTEBOOK = "03_attention_and_the_cache"


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
        "both_twice": Edit("config.kv_lora_rank + config.qk_rope_head_dim",
                           "2 * (config.kv_lora_rank + config.qk_rope_head_dim)"),
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
        "all_keys_first": Edit("up_k, up_v = up[head, : self.nope], up[head, self.nope :]",
                               "flat, n = up.flatten(0, 1), self.n_heads * self.nope\n        "
                               "up_k = flat[:n].view(self.n_heads, self.nope, -1)[head]\n        "
                               "up_v = flat[n:].view(self.n_heads, self.v_dim, -1)[head]"),
        "values_of_keys": Edit("weights @ latent @ up_v.T",
                               "weights @ latent @ torch.roll(up_v, 1, dims=0).T"),
    },
)  # fmt: skip

EXERCISES = (CACHE_WIDTH, ABSORBED)
