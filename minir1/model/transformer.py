"""The whole model: token ids in, a score for every possible next token out.

    x = embed(ids);   for each block:  x += attention(norm(x));  x += mlp(norm(x))
    logits = head(norm(x))

The first `n_dense_layers` blocks have one MLP, the others a mixture of experts. Modules
carry Hugging Face's names for `deepseek_v3`, so weights move both ways by a rename.

In the prompt's journey: the sampler asks it for the next token, the trainer for the
log-probability of every token that was sampled.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from minir1.config import ModelConfig
from minir1.model.cache import KVCache, LayerCache
from minir1.model.dispatch import Backend, choose_backend
from minir1.model.gqa import GroupedQueryAttention
from minir1.model.mla import MultiHeadLatentAttention
from minir1.model.mlp import SwiGLU
from minir1.model.moe import Experts, MixtureOfExperts
from minir1.model.norm import RMSNorm
from minir1.model.rope import Rotation, rope_frequencies, rotation
from minir1.model.router import Router, Routing


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
        x: Float[Tensor, "B T D"],
        rotation: Rotation,
        cache: LayerCache | None,
        routing: Routing | None,
    ) -> Float[Tensor, "B T D"]:
        x = x + self.self_attn(self.input_layernorm(x), rotation, cache)
        normed = self.post_attention_layernorm(x)
        if isinstance(self.mlp, MixtureOfExperts):
            return x + self.mlp(normed, routing)
        return x + self.mlp(normed)


class Transformer(nn.Module):
    """A decoder-only transformer in the shape of DeepSeek-V3.

    Weights come from `generator` (seed 0 if none is given): the same seed gives the same
    bits. On the meta device the model has shapes but no weights.
    """

    def __init__(
        self,
        config: ModelConfig,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        device = torch.device(device or torch.get_default_device())
        self.config = config
        # First shapes, then memory, then values: torch's own initialisation, which would
        # draw from the global random state, never runs.
        with torch.device("meta"):
            self.embed_tokens = nn.Embedding(config.vocab_size, config.dim)
            self.layers = nn.ModuleList(Block(config, i) for i in range(config.n_layers))
            self.norm = RMSNorm(config.dim, config.norm_eps)
            if not config.tie_embeddings:
                self.lm_head = nn.Linear(config.dim, config.vocab_size, bias=False)
        self.backend: Backend | None = None
        if device.type != "meta":
            self.to_empty(device=device)
            self.init_weights(generator or torch.Generator(device).manual_seed(0))

    @torch.no_grad()
    def init_weights(self, generator: torch.Generator) -> None:
        """Draw all weights from a normal distribution of deviation 0.5 / sqrt(D).

        This is DeepSeek-V3's 0.006 at D = 7168 and GPT-2's 0.02 at D = 768: a sum over D
        features then keeps its size, whatever D is. The two matrices that write into the
        residual stream are smaller by sqrt(2 * n_layers), since that many of them add up.
        """
        std = 0.5 / math.sqrt(self.config.dim)
        writers = ("o_proj.weight", "down_proj.weight", "down_proj")
        for name, parameter in self.named_parameters():
            if "norm" in name:
                parameter.fill_(1.0)
            else:
                shrink = math.sqrt(2 * self.config.n_layers) if name.endswith(writers) else 1.0
                parameter.normal_(0.0, std / shrink, generator=generator)
        for router in self.routers():
            router.e_score_correction_bias.zero_()

    def routers(self) -> list[Router]:
        """The routers, one a MoE layer, in the order of `Routing`'s first axis."""
        return [module for module in self.modules() if isinstance(module, Router)]

    def use_backend(self, backend: Backend) -> None:
        """Let this backend run the experts of all layers."""
        self.backend = backend
        for module in self.modules():
            if isinstance(module, Experts):
                module.run = backend.run

    def hidden(
        self,
        token_ids: Int[Tensor, "B T"],
        *,
        cache: KVCache | None = None,
        routing: Routing | None = None,
    ) -> Float[Tensor, "B T D"]:
        """The residual stream after the last block, normalised: what the head reads."""
        if self.backend is None:
            self.use_backend(choose_backend(self.config.backend, token_ids.device))
        new = token_ids.shape[1]
        if cache is None:
            positions = torch.arange(new, device=token_ids.device)[None]
        else:
            positions = cache.open(new)
        angles = rotation(positions, self._frequencies(token_ids.device))
        x = self.embed_tokens(token_ids)
        for i, block in enumerate(self.layers):
            x = block(x, angles, None if cache is None else cache.layer(i), routing)
        if cache is not None:
            cache.close(new)
        return self.norm(x)

    def head(self, hidden: Float[Tensor, "... D"]) -> Float[Tensor, "... V"]:
        """Logits; with tied embeddings, the score of a token is its likeness to the stream."""
        tied = self.config.tie_embeddings
        return F.linear(hidden, self.embed_tokens.weight if tied else self.lm_head.weight)

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        *,
        cache: KVCache | None = None,
        routing: Routing | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits for the token after each position."""
        return self.head(self.hidden(token_ids, cache=cache, routing=routing))

    def _frequencies(self, device: torch.device) -> Float[Tensor, "half"]:
        config = self.config
        dim = config.qk_rope_head_dim if config.attention == "mla" else config.head_dim
        return rope_frequencies(dim, config.rope_theta, device)
