"""Multi-head latent attention: all heads' keys and values from one small latent.

    c = norm(W_a x)                    the latent, C numbers: all that is cached, with
    k_rope = rope(W_r x)               ONE rope key, shared by all heads
    k_h = [W_k,h c ; k_rope]           head h's key: a part without and a part with position
    v_h = W_v,h c
    softmax(q_h k_h^T / sqrt(nope + rope)) v_h           (DeepSeek-V2 2405.04434, Eq. 9-19)

Two forms compute the same numbers:

* naive: expand the latent to the keys and values of every head. Best when many queries
  share the expansion: training, and prefill.
* absorbed: q_h . (W_k,h c) = (W_k,h^T q_h) . c, so move W_k to the query's side and never
  build a key. All heads then read one and the same latent. Best for decoding, where one
  query meets many cached tokens.

In the prompt's journey: the first half of each block.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from minir1.config import ModelConfig
from minir1.model.cache import LayerCache
from minir1.model.norm import RMSNorm, widened
from minir1.model.rope import Rotation, rotate_pairs
from minir1.model.yarn import softmax_sharpening

LATENT_EPS = 1e-6
"""DeepSeek's latent norms use this eps whatever the config says for the others."""


class MultiHeadLatentAttention(nn.Module):
    """DeepSeek's attention. `form` says which of the two equal forms computes it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.n_heads, self.rank = config.n_heads, config.kv_lora_rank
        self.nope, self.rope = config.qk_nope_head_dim, config.qk_rope_head_dim
        self.v_dim = config.v_head_dim
        self.scale = (self.nope + self.rope) ** -0.5 * softmax_sharpening(config)
        q_width = self.n_heads * (self.nope + self.rope)
        self.q_rank = config.q_lora_rank
        if self.q_rank:
            self.q_a_proj = nn.Linear(config.dim, self.q_rank, bias=False)
            self.q_a_layernorm = RMSNorm(self.q_rank, LATENT_EPS)
            self.q_b_proj = nn.Linear(self.q_rank, q_width, bias=False)
        else:
            self.q_proj = nn.Linear(config.dim, q_width, bias=False)
        self.kv_a_proj_with_mqa = nn.Linear(config.dim, self.rank + self.rope, bias=False)
        self.kv_a_layernorm = RMSNorm(self.rank, LATENT_EPS)
        kv_width = self.n_heads * (self.nope + self.v_dim)
        self.kv_b_proj = nn.Linear(self.rank, kv_width, bias=False)
        self.o_proj = nn.Linear(self.n_heads * self.v_dim, config.dim, bias=False)
        self.form: Literal["auto", "naive", "absorbed"] = "auto"

    def forward(
        self, x: Float[Tensor, "B T D"], rotation: Rotation, cache: LayerCache | None = None
    ) -> Float[Tensor, "B T D"]:
        q_nope, q_rope = self._queries(x, rotation)
        rows = self._cached_rows(x, rotation)
        visible = None
        if cache is not None:
            so_far, visible = cache.append(rows), cache.visible
            # An empty cache holds nothing but the new rows: keep those, they carry gradients.
            rows = rows if visible is None else so_far
        absorbed = visible is not None if self.form == "auto" else self.form == "absorbed"
        attend = self.absorbed if absorbed else self.naive
        return self.o_proj(attend(q_nope, q_rope, rows, visible).flatten(2))

    def _queries(self, x: Tensor, rotation: Rotation) -> tuple[Tensor, Tensor]:
        q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x))) if self.q_rank else self.q_proj(x)
        q_nope, q_rope = q.unflatten(-1, (self.n_heads, -1)).split((self.nope, self.rope), dim=-1)
        return q_nope, rotate_pairs(q_rope, rotation)

    def _cached_rows(self, x: Tensor, rotation: Rotation) -> Tensor:
        """What the cache keeps of each token: [latent | rope key]."""
        latent, k_rope = self.kv_a_proj_with_mqa(x).split((self.rank, self.rope), dim=-1)
        k_rope = rotate_pairs(k_rope[:, :, None], rotation)[:, :, 0]
        return torch.cat((self.kv_a_layernorm(latent), k_rope), dim=-1)

    def naive(
        self,
        q_nope: Float[Tensor, "B T H nope"],
        q_rope: Float[Tensor, "B T H rope"],
        rows: Float[Tensor, "B S W"],
        visible: Bool[Tensor, "B T S"] | None,
    ) -> Float[Tensor, "B T H v"]:
        """Expand the latent into the keys and values of all heads, then attend as usual."""
        latent, k_rope = rows.split((self.rank, self.rope), dim=-1)
        kv = self.kv_b_proj(latent).unflatten(-1, (self.n_heads, -1))
        k_nope, v = kv.split((self.nope, self.v_dim), dim=-1)
        shared = k_rope[:, :, None].expand(-1, -1, self.n_heads, -1)
        q, k = torch.cat((q_nope, q_rope), dim=-1), torch.cat((k_nope, shared), dim=-1)
        heads = F.scaled_dot_product_attention(
            *(tensor.transpose(1, 2) for tensor in (q, k, v)),
            attn_mask=None if visible is None else visible[:, None],
            is_causal=visible is None,
            scale=self.scale,
        )
        return heads.transpose(1, 2)

    def absorbed(
        self,
        q_nope: Float[Tensor, "B T H nope"],
        q_rope: Float[Tensor, "B T H rope"],
        rows: Float[Tensor, "B S W"],
        visible: Bool[Tensor, "B T S"] | None,
    ) -> Float[Tensor, "B T H v"]:
        """Attend on the latent itself: the up-projections move to the query and the output."""
        up = self.kv_b_proj.weight.unflatten(0, (self.n_heads, -1))
        up_k, up_v = up.split((self.nope, self.v_dim), dim=1)
        q_latent = torch.einsum("bthn,hnc->bthc", q_nope, up_k)
        q = torch.cat((q_latent, q_rope), dim=-1) * self.scale
        if visible is None:
            length = rows.shape[1]
            visible = rows.new_ones(length, length, dtype=torch.bool).tril()[None]
        # To the one latent, T queries of H heads are T * H queries of a single head.
        scores = (q.flatten(1, 2) @ rows.mT).unflatten(1, q.shape[1:3])
        scores = scores.masked_fill(~visible[:, :, None], float("-inf"))
        attention = widened(scores).softmax(dim=-1).to(rows.dtype)
        mixed = (attention.flatten(1, 2) @ rows[..., : self.rank]).unflatten(1, q.shape[1:3])
        return torch.einsum("bthc,hvc->bthv", mixed, up_v)
