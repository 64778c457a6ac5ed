"""One block: attention, then an MLP or experts, each beside the residual stream.

    x += attention(norm(x));   x += mlp(norm(x))

Every block reads the stream through a norm of its own and adds what it found; nothing is ever
overwritten. The first `n_dense_layers` blocks have one MLP, the others a mixture of experts.

In the prompt's journey: a model is a stack of these, and little else (`transformer.py`).
"""

from jaxtyping import Float
from torch import Tensor, nn

from minir1.config import ModelConfig
from minir1.model.cache import LayerCache
from minir1.model.gqa import GroupedQueryAttention
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.mlp import SwiGLU
from minir1.model.moe import MixtureOfExperts
from minir1.model.norm import RMSNorm
from minir1.model.rope import Rotation
from minir1.model.router import Routing


class Block(nn.Module):
    """Attention, then an MLP or experts, each on a normalised copy of the residual stream."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        mla = config.attention == "mla"
        self.self_attn = (MultiHeadLatentAttention if mla else GroupedQueryAttention)(config)
        dense = layer < config.n_dense_layers
        self.mlp = (
            SwiGLU(config.dim, config.inter_dim)
            if dense
            else MixtureOfExperts(config, layer - config.n_dense_layers)
        )
        self.input_layernorm = RMSNorm(config.dim, config.norm_eps)
        self.post_attention_layernorm = RMSNorm(config.dim, config.norm_eps)

    def forward(
        self,
        x: Float[Tensor, "_ N D"],
        rotation: Rotation,
        cache: LayerCache | None,
        routing: Routing | None,
    ) -> Float[Tensor, "_ N D"]:
        """`x` has rows, or is one packed row (packing.py); attention always works on rows."""
        normed, packing = self.input_layernorm(x), routing and routing.packing
        if packing is None:
            x = x + self.self_attn(normed, rotation, cache)
        else:
            x = x + packing.pack(self.self_attn(packing.unpack(normed), rotation, cache))
        normed = self.post_attention_layernorm(x)
        if isinstance(self.mlp, MixtureOfExperts):
            return x + self.mlp(normed, routing)
        return x + self.mlp(normed)
