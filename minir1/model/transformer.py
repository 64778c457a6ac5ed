"""The whole model: token ids in, a score for every possible next token out.

    x = embed(ids);   for each block:  x += attention(norm(x));  x += mlp(norm(x))
    logits = head(norm(x))

A block (`block.py`) is attention, then an MLP or experts. Modules carry Hugging Face's names
for `deepseek_v3`, so weights move both ways by a rename (`hub/`). By config alone, the same
class is a Qwen2, a Qwen3, a Qwen3-MoE or a Llama.

In the prompt's journey: the sampler asks it for the next token, the trainer for the
log-probability of every token that was sampled.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from minir1.config import ModelConfig
from minir1.model.block import Block
from minir1.model.cache import KVCache
from minir1.model.dispatch import Backend, choose_backend
from minir1.model.moe import Experts
from minir1.model.mtp import TokenPredictor
from minir1.model.norm import RMSNorm
from minir1.model.rope import Rotation, rotation
from minir1.model.router import Router, Routing
from minir1.model.yarn import frequencies, rotation_length


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
            self.mtp = nn.ModuleList(TokenPredictor(config, k) for k in range(config.n_mtp_layers))
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
            elif name.endswith(".bias"):
                parameter.zero_()
            else:
                shrink = math.sqrt(2 * self.config.n_layers) if name.endswith(writers) else 1.0
                parameter.normal_(0.0, std / shrink, generator=generator)
        for router in self.routers():
            router.e_score_correction_bias.zero_()

    def routers(self) -> list[Router]:
        """The routers, one a MoE layer, in the order of `Routing`'s first axis; MTP's come last."""
        return [module for module in self.modules() if isinstance(module, Router)]

    def use_backend(self, backend: Backend) -> None:
        """Let this backend choose and run the experts of all layers."""
        self.backend = backend
        for router in self.routers():
            router.run = backend.route
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
        angles = self._rotation(positions)
        packing = routing and routing.packing
        x = self.embed_tokens(token_ids if packing is None else packing.pack(token_ids))
        for i, block in enumerate(self.layers):
            x = block(x, angles, None if cache is None else cache.layer(i), routing)
        if cache is not None:
            cache.close(new)
        x = self.norm(x)
        return x if packing is None else packing.unpack(x)

    @property
    def vocabulary(self) -> Float[Tensor, "V D"]:
        """One row a word; with tied embeddings, its score is its likeness to the stream."""
        return self.embed_tokens.weight if self.config.tie_embeddings else self.lm_head.weight

    def head(self, hidden: Float[Tensor, "... D"]) -> Float[Tensor, "... V"]:
        """Logits."""
        return F.linear(hidden, self.vocabulary)

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        *,
        cache: KVCache | None = None,
        routing: Routing | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits for the token after each position."""
        return self.head(self.hidden(token_ids, cache=cache, routing=routing))

    def look_ahead(
        self,
        token_ids: Int[Tensor, "B T"],
        hidden: Float[Tensor, "B T D"],
        routing: Routing | None = None,
    ) -> list[Float[Tensor, "B Tk D"]]:
        """Multi-token prediction: from it, the head reads the token k + 1 places ahead.

        Item k - 1 has T - k positions, as far as the tokens that it must be given are known.
        """
        found = []
        for k, layer in enumerate(self.mtp, 1):
            if k >= token_ids.shape[1]:
                break
            known, hidden = self.embed_tokens(token_ids[:, k:]), hidden[:, :-1]
            angles = self._rotation(torch.arange(hidden.shape[1], device=token_ids.device)[None])
            record = None if routing is None else routing.shifted(k)
            hidden = layer(known, hidden, angles, record)
            found.append(hidden)
        return found

    def _rotation(self, positions: Int[Tensor, "B T"]) -> Rotation:
        """The turns of these positions, the same for all layers."""
        speeds = frequencies(self.config, positions.device)
        return rotation(positions, speeds, rotation_length(self.config))
