"""A mixture of experts: many small MLPs, of which each token uses a few.

    y = shared(x) + sum over the K chosen of weight_k * expert_k(x)
                                         (DeepSeekMoE 2401.06066; V3 report, Eq. 12)

The model knows with all its parameters and pays, for each token, for a few: DeepSeek-V3
has 671B and uses 37B. The shared expert holds what every token needs, so that the routed
ones may specialise.

In the prompt's journey: the second half of every block but the first ones.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minir1.config import ModelConfig
from minir1.model.dispatch import ExpertsFunction, experts_torch
from minir1.model.mlp import SwiGLU
from minir1.model.router import Router, Routing


class Experts(nn.Module):
    """The weights of all routed experts, as two stacks; `run` computes with them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        n_experts, hidden = config.n_routed_experts, config.moe_inter_dim
        self.gate_up_proj = nn.Parameter(torch.empty(n_experts, 2 * hidden, config.dim))
        self.down_proj = nn.Parameter(torch.empty(n_experts, config.dim, hidden))
        self.run: ExpertsFunction = experts_torch

    def forward(self, x: Tensor, experts: Tensor, weights: Tensor) -> Float[Tensor, "N D"]:
        return self.run(x, experts, weights, self.gate_up_proj, self.down_proj)


class MixtureOfExperts(nn.Module):
    """Router, routed experts and shared expert of MoE layer number `index`."""

    def __init__(self, config: ModelConfig, index: int) -> None:
        super().__init__()
        self.index = index
        self.gate = Router(config)
        self.experts = Experts(config)
        shared = config.moe_inter_dim * config.n_shared_experts
        self.shared_experts = SwiGLU(config.dim, shared) if shared else None

    def forward(
        self, x: Float[Tensor, "B T D"], routing: Routing | None = None
    ) -> Float[Tensor, "B T D"]:
        flat, forced = x.flatten(0, 1), None if routing is None else routing.forced(self.index)
        weights, experts, scores = self.gate(flat, forced)
        if routing is not None:
            rows = x.shape[:2]
            routing.record(self.index, experts.unflatten(0, rows), scores.unflatten(0, rows))
        y = self.experts(flat, experts, weights)
        if self.shared_experts is not None:
            y = y + self.shared_experts(flat)
        return y.unflatten(0, x.shape[:2])
