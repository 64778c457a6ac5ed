"""The router: which K of the E experts each token goes to, and with what weight.

    s = sigmoid(W x)                     affinity of the token to each expert
    c = s + b                            b: the correction bias, see `balance.py`
    experts = the top K of c, out of the best groups
    weight_i = s_i / (sum over the chosen of s) * route_scale       from s, never from c
                                         (DeepSeek-V3 report, 2412.19437, Eq. 12-16)

The groups are the machines of a cluster: a token may use the experts of a few machines
only (node-limited routing). A group's score is the sum of its best two c.

In the prompt's journey: in every MoE layer, between attention and the experts. All of it
is in float32, since a rounded score sends a token to another expert.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from minir1.config import ModelConfig
from minir1.model.balance import balance_loss, expert_load
from minir1.model.dispatch import RouteFunction
from minir1.model.norm import widened
from minir1.model.packing import Packing


class Routing:
    """What is asked of the routers in one forward, and what they did. `L` is MoE layers.

    Before: `forced_experts` dictates the experts (-1 leaves a token its free choice);
    `token_mask` says which tokens count for load and loss; `packing` leaves the others out of
    the forward. After: `experts`, `load` and `balance_loss`.

    It is no dataclass on purpose: FSDP copies those on their way into a module, and what a copy
    writes down is lost.
    """

    def __init__(
        self,
        forced_experts: Int[Tensor, "L B T K"] | None = None,
        token_mask: Bool[Tensor, "B T"] | None = None,
        packing: Packing | None = None,
    ) -> None:
        self.forced_experts, self.token_mask = forced_experts, token_mask
        self.packing = packing
        self.chosen: dict[int, Tensor] = {}
        """Experts of each MoE layer, [B T K]. A dict, so that a recomputed layer counts once."""
        self.scores: dict[int, Tensor] = {}
        """Affinities s of each MoE layer, [B T E]."""
        self.ahead: list[Routing] = []
        """The records of multi-token prediction, if it ran: its layers see fewer tokens each."""

    @property
    def experts(self) -> Int[Tensor, "L B T K"]:
        """The experts that were used."""
        return torch.stack([self.chosen[i] for i in self._layers()])

    @property
    def load(self) -> Int[Tensor, "L E"]:
        """How many tokens of the mask each expert served."""
        loads = [expert_load(e, s.shape[-1], mask) for s, e, mask in self._seen()]
        return torch.stack(loads)

    @property
    def balance_loss(self) -> Float[Tensor, ""]:
        """The sequence-wise balance loss, mean over the MoE layers; its gradient is live."""
        return torch.stack([balance_loss(*layer) for layer in self._seen()]).mean()

    def forced(self, layer: int) -> Int[Tensor, "N K"] | None:
        """The experts that MoE layer `layer` must use, token by token."""
        if self.forced_experts is None:
            return None
        rows = self.forced_experts[layer]
        return (rows if self.packing is None else self.packing.pack(rows)).flatten(0, 1).long()

    def record(self, layer: int, experts: Tensor, scores: Tensor) -> None:
        """Write down what MoE layer `layer` chose, in rows."""
        if self.packing is not None:
            experts, scores = self.packing.unpack(experts), self.packing.unpack(scores)
        self.chosen[layer], self.scores[layer] = experts, scores

    def shifted(self, k: int) -> "Routing":
        """A record for layer k of multi-token prediction, which starts k tokens later."""
        mask = None if self.token_mask is None else self.token_mask[:, k:]
        self.ahead.append(Routing(token_mask=mask))
        return self.ahead[-1]

    def _seen(self) -> list[tuple[Tensor, Tensor, Tensor | None]]:
        """(scores, experts, mask) of each layer, those of multi-token prediction last."""
        own = [] if self.ahead and not self.chosen else self._layers()
        layers = [(self.scores[i], self.chosen[i], self.token_mask) for i in own]
        return layers + [layer for record in self.ahead for layer in record._seen()]

    def _layers(self) -> list[int]:
        if not self.chosen:
            raise ValueError("the record is empty: no MoE layer has run with it yet")
        return sorted(self.chosen)


class Router(nn.Module):
    """Scores the experts for each token and chooses among them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.run: RouteFunction | None = None
        """A kernel for all that follows the logits; the methods below are what it must equal."""
        self.weight = nn.Parameter(torch.empty(config.n_routed_experts, config.dim))
        bias = torch.zeros(config.n_routed_experts, dtype=torch.float32)
        self.e_score_correction_bias: Tensor
        self.register_buffer("e_score_correction_bias", bias)

    def _apply(self, fn, recurse: bool = True):
        """Let `.to()` move the bias but never round it: steps of 0.001 vanish in bfloat16."""
        exact = self.e_score_correction_bias
        super()._apply(fn, recurse)
        moved = self.e_score_correction_bias
        if moved.dtype != exact.dtype:
            self.e_score_correction_bias = exact.to(moved.device)
        return self

    def logits(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N E"]:
        """W x, in float32."""
        return F.linear(widened(x), widened(self.weight))

    def scores(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N E"]:
        """The affinities s, in float32."""
        logits = self.logits(x)
        return logits.sigmoid() if self.config.score_func == "sigmoid" else logits.softmax(dim=-1)

    def choose(self, scores: Float[Tensor, "N E"]) -> Int[Tensor, "N K"]:
        """The top K of s + b, inside the best groups."""
        config = self.config
        biased = scores.detach() + self.e_score_correction_bias
        if config.n_expert_groups > 1:
            grouped = biased.unflatten(-1, (config.n_expert_groups, -1))
            group_score = grouped.topk(2, dim=-1).values.sum(dim=-1)
            best = group_score.topk(config.n_limited_groups, dim=-1).indices
            closed = torch.ones_like(group_score, dtype=torch.bool).scatter(-1, best, False)
            # Not zero: with a negative bias, an expert of a closed group would win with 0.
            biased = grouped.masked_fill(closed[..., None], float("-inf")).flatten(-2)
        return biased.topk(config.n_activated_experts, dim=-1, sorted=False).indices

    def weights(
        self, scores: Float[Tensor, "N E"], experts: Int[Tensor, "N K"]
    ) -> Float[Tensor, "N K"]:
        """The weight of each chosen expert: from the scores, so that gradients flow."""
        weights = scores.gather(-1, experts)
        if self.config.norm_topk_prob:
            weights = weights / (weights.sum(dim=-1, keepdim=True) + 1e-20)
        return weights * self.config.route_scale

    def forward(
        self, x: Float[Tensor, "N D"], forced: Int[Tensor, "N K"] | None = None
    ) -> tuple[Float[Tensor, "N K"], Int[Tensor, "N K"], Float[Tensor, "N E"]]:
        """Weights, experts and scores; `forced` experts replace the choice where >= 0."""
        if self.run is not None:
            return self.run(self.logits(x), self.e_score_correction_bias, forced, self.config)
        scores = self.scores(x)
        experts = self.choose(scores)
        if forced is not None:
            experts = torch.where(forced >= 0, forced, experts)
        return self.weights(scores, experts), experts, scores
