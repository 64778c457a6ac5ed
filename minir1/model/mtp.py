"""Multi-token prediction: extra layers that guess the tokens after the next one.

    h_k = block(W [norm(embed(t at i + k)) ; norm(h_(k-1) at i)]),   then a norm
    logits for the token at i + k + 1 = head(h_k)
                                          (DeepSeek-V3 report, 2412.19437, Eq. 21-23)

h_0 is what the head of the model itself reads at position i. Layer k is told the token that came
k places later and guesses the one after it: each guess keeps the whole causal chain, unlike heads
that guess in parallel. Embedding and head are the model's own. The report writes the two halves
the other way round; DeepSeek's weights have the embedding first, and so does this code.

It densifies training: every position must also know where the text is going. DeepSeek-V3 has one
such layer, with weight 0.3, later 0.1. The answer needs none of them, so a model that is served or
trained by RL leaves them out; a server may also use them to draft tokens.

In the prompt's journey: only before it, while the base is trained.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minir1.config import ModelConfig
from minir1.model.block import Block
from minir1.model.norm import RMSNorm
from minir1.model.rope import Rotation
from minir1.model.router import Routing


class TokenPredictor(Block):
    """MTP layer number `k`, counted from 0: a block with experts, and its two entrances."""

    def __init__(self, config: ModelConfig, k: int) -> None:
        super().__init__(config, max(config.n_layers, config.n_dense_layers) + k)
        self.enorm = RMSNorm(config.dim, config.norm_eps)
        self.hnorm = RMSNorm(config.dim, config.norm_eps)
        self.eh_proj = nn.Linear(2 * config.dim, config.dim, bias=False)
        self.norm = RMSNorm(config.dim, config.norm_eps)

    def forward(
        self,
        embedded: Float[Tensor, "B T D"],
        hidden: Float[Tensor, "B T D"],
        rotation: Rotation,
        routing: Routing | None = None,
    ) -> Float[Tensor, "B T D"]:
        """What the head reads to guess one token further than `hidden` does."""
        both = torch.cat((self.enorm(embedded), self.hnorm(hidden)), dim=-1)
        return self.norm(super().forward(self.eh_proj(both), rotation, None, routing))
