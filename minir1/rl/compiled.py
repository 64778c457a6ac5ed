"""The decode step as one compiled program: few large calls in place of many small ones.

A step of a tiny model is some 600 operations on a few numbers each, and most of its time goes
into calling them. `torch.compile` reads the whole step once and writes a program for it: C++ on a
CPU, Triton kernels on a GPU, replayed as CUDA graphs where torch can. From then on one call does
it all: the blocks, the cache, the router, the head and the draw.

What changes while rows are written has to be a size of a tensor, which the program is told anew
at each call: how many rows are left, and how many places of the cache they may see. Weights are
looked up at each call too, so an update of the policy needs no new program.

Compiling the step of a tiny model takes as long as ten thousand steps, so short runs are faster
without. Sums are added in another order than by single calls: log-probabilities agree to 1e-5.

In the prompt's journey: one new token for each row (`rollout.py`).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minir1.model.cache import KVCache, LayerCache
from minir1.model.compiler import require_tools
from minir1.model.dispatch import compiler_options, experts_torch
from minir1.model.router import Routing
from minir1.model.traced import stand_in
from minir1.model.transformer import Transformer
from minir1.rl.sampling import draw, uniforms

ROOM = 32
"""The places of the cache that a step sees are a multiple of this."""
FEW = 2048
"""The most (token, expert) pairs: the program's experts all read all tokens (model/traced.py).

256 rows of a model with 8 experts were still faster in the program than by single calls.
"""

Written = tuple[Int[Tensor, "B"], Float[Tensor, "B"], Int[Tensor, "L B T K"] | None]
"""Tokens, their log-probabilities, and the experts that read the tokens before them."""


class CompiledStep:
    """The decode step, compiled at its first use; models of one shape share the program."""

    def __init__(self, device: torch.device) -> None:
        require_tools(compile=True)
        stand_in()
        self.program = torch.compile(write, fullgraph=True, options=compiler_options(device))

    def fits(self, model: Transformer, rows: int) -> bool:
        """Whether the program serves so many rows; to a compiler, a size of 1 is another case."""
        if model.backend is not None and model.backend.run is not experts_torch:
            raise ValueError(
                f"rollout.compile = True can't be used with experts on {model.backend.name}: "
                'set model.backend = "torch", or use False'
            )
        experts = model.config.n_routed_experts if model.config.n_moe_layers else 1
        return 1 < rows <= FEW // experts

    def __call__(
        self,
        model: Transformer,
        cache: KVCache,
        tokens: Int[Tensor, "B"],
        keys: Int[Tensor, "B"],
        step: int,
        temperature: float,
    ) -> Written:
        """Feed the tokens just drawn, keep what attention will need of them, draw the next ones."""
        if not cache.rows.is_contiguous():  # some rows have left it
            cache.rows = cache.rows.contiguous()
        room = -(-(cache.longest + 1) // ROOM) * ROOM
        places = torch.arange(room, device=tokens.device)
        steps = torch.full_like(keys, step)
        for tensor in (tokens, keys, steps, places, cache.lengths):
            torch._dynamo.mark_dynamic(tensor, 0)
        torch._dynamo.mark_dynamic(cache.rows, (1, 2))
        written = self.program(
            model, cache.rows, cache.lengths, places, tokens, keys, steps, temperature
        )
        cache.close(1)
        return written


def write(
    model: Transformer,
    rows: Float[Tensor, "layers B S W"],
    lengths: Int[Tensor, "B"],
    places: Int[Tensor, "S2"],
    tokens: Int[Tensor, "B"],
    keys: Int[Tensor, "B"],
    steps: Int[Tensor, "B"],
    temperature: float,
) -> Written:
    """What is compiled: the same model and the same draw as without."""
    routing = Routing()
    cache = StepCache(rows, lengths, places)
    hidden = model.hidden(tokens[:, None], cache=cache, routing=routing)[:, 0]
    tokens, logprobs = draw(model.head(hidden), uniforms(keys, steps), temperature)
    return tokens, logprobs, routing.experts if routing.chosen else None


class StepCache(KVCache):
    """The sampler's cache as the program sees it: tensors alone, for one new token a row."""

    def __init__(self, rows: Tensor, lengths: Tensor, places: Tensor) -> None:
        self.rows, self.lengths = rows, lengths
        self.longest = len(places)
        self.row_index = torch.arange(rows.shape[1], device=rows.device)[:, None]
        self.positions = lengths[:, None]
        self.visible = places <= self.positions[:, :, None]

    def open(self, new: int) -> Int[Tensor, "B T"]:
        """Where the new tokens stand: each behind its row."""
        return self.positions

    def close(self, new: int) -> None:
        """The sampler's own cache counts."""

    def layer(self, index: int) -> LayerCache:
        """One layer's part."""
        return StepLayer(self, index)


class StepLayer(LayerCache):
    """What one attention layer sees of it."""

    def append(self, new: Float[Tensor, "B T W"]) -> Float[Tensor, "B S W"]:
        """Write in place, into the tensor of all layers: a part of it would be copied out."""
        cache, rows = self.cache, self.cache.rows
        layer = torch.full_like(cache.positions, self.index)
        rows.index_put_((layer, cache.row_index, cache.positions), new.to(rows.dtype))
        return rows[self.index, :, : cache.longest]
