"""The shape of the transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minir1.config.check import at_least, later, require


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """The shape of the transformer, in the names of DeepSeek-V3's `ModelArgs`."""

    vocab_size: int = 128
    """Tokens that it knows."""
    dim: int = 64
    """Width of the stream that every block reads and adds to."""
    n_layers: int = 4
    """Blocks, one after the other."""
    n_dense_layers: int = 1
    """The first layers have one dense MLP of width `inter_dim` instead of experts."""
    inter_dim: int = 192
    """Hidden width of a dense MLP."""
    moe_inter_dim: int = 48
    """Hidden width of one expert."""
    n_heads: int = 4
    """Attention heads."""
    attention: Literal["mla", "gqa"] = "mla"
    # Multi-head latent attention.
    q_lora_rank: int = 0
    """Rank of the query's down-projection; 0 means one plain projection."""
    kv_lora_rank: int = 32
    """Numbers that the cache keeps of a token, for all heads together."""
    qk_nope_head_dim: int = 16
    """Width of a head's query and key, the part without position."""
    qk_rope_head_dim: int = 8
    """Width of the part that is turned by position."""
    v_head_dim: int = 24
    """Width of a head's value."""
    # Grouped-query attention.
    n_kv_heads: int = 2
    head_dim: int = 16
    qk_norm: bool = False
    """RMSNorm on each head's query and key, as Qwen3 does."""
    # Mixture of experts.
    n_routed_experts: int = 8
    """Experts of a layer, of which each token uses a few."""
    n_shared_experts: int = 1
    """Experts that every token uses."""
    n_activated_experts: int = 2
    """Routed experts that a token uses."""
    n_expert_groups: int = 1
    n_limited_groups: int = 1
    score_func: Literal["sigmoid", "softmax"] = "sigmoid"
    norm_topk_prob: bool = True
    """Divide the chosen experts' weights by their sum."""
    route_scale: float = 1.0
    """What the weights of the chosen experts are multiplied by."""
    # The rest.
    rope_theta: float = 10000.0
    """How slowly the slowest pair turns: larger for longer contexts."""
    max_seq_len: int = 512
    """The longest sequence, prompt included, in tokens."""
    norm_eps: float = 1e-6
    """Keeps a norm from dividing by 0."""
    tie_embeddings: bool = True
    """One table both for reading tokens and for choosing the next."""
    backend: Literal["auto", "torch", "triton"] = "auto"
    """Who runs the experts; chosen once and logged with its reason (model/dispatch.py)."""
    # Contexts longer than those of pre-training: how rope's angles are stretched (model/yarn.py).
    rope_scaling: Literal["none", "yarn", "llama3"] = later("none")
    rope_factor: float = later(1.0)
    """How many times longer the context became."""
    rope_original_len: int = later(4096)
    """Tokens of context before it was stretched."""
    beta_fast: float = later(32.0)
    """YaRN: pairs that turn at least so often over the original context keep their speed."""
    beta_slow: float = later(1.0)
    """YaRN: pairs that turn at most so often are slowed down by the whole factor."""
    mscale: float = later(1.0)
    mscale_all_dim: float = later(0.0)
    """YaRN: how much sharper attention becomes, in its two places (model/yarn.py)."""
    low_freq_factor: float = later(1.0)
    high_freq_factor: float = later(4.0)
    """Llama 3's names for beta_slow and beta_fast."""
    qkv_bias: bool = later(False)
    """Grouped-query attention: a bias on queries, keys and values, as in Qwen2."""
    n_mtp_layers: int = later(0)
    """Multi-token prediction: extra layers that guess the tokens after the next one."""

    def __post_init__(self) -> None:
        at_least(self, 1, "vocab_size", "dim", "n_layers", "n_heads", "inter_dim", "max_seq_len")
        at_least(self, 0, "n_dense_layers", "n_routed_experts", "n_shared_experts", "q_lora_rank")
        at_least(self, 0, "n_mtp_layers", "mscale", "mscale_all_dim")
        at_least(self, 1, "rope_factor", "rope_original_len")
        require(self.norm_eps > 0, "model.norm_eps", self.norm_eps, "use a small number above 0")
        require(self.rope_theta > 1, "model.rope_theta", self.rope_theta, "use a number above 1")
        require(self.route_scale > 0, "model.route_scale", self.route_scale, "use more than 0")
        if self.attention == "mla":
            at_least(self, 1, "kv_lora_rank", "qk_nope_head_dim", "v_head_dim")
            even = self.qk_rope_head_dim >= 2 and self.qk_rope_head_dim % 2 == 0
            require(even, "model.qk_rope_head_dim", self.qk_rope_head_dim, "use an even number")
        else:
            even = self.head_dim >= 2 and self.head_dim % 2 == 0
            require(even, "model.head_dim", self.head_dim, "use an even number")
            require(
                self.n_kv_heads >= 1 and self.n_heads % self.n_kv_heads == 0,
                "model.n_kv_heads",
                self.n_kv_heads,
                f"use a divisor of n_heads = {self.n_heads}",
            )
        self._check_scaling()
        if self.n_moe_layers or self.n_mtp_layers:
            self._check_experts()

    def _check_scaling(self) -> None:
        slow, fast = self.beta_slow, self.beta_fast
        require(0 < slow <= fast, "model.beta_slow", slow, f"use at most beta_fast = {fast}")
        low, high = self.low_freq_factor, self.high_freq_factor
        require(
            0 < low < high, "model.low_freq_factor", low, f"use less than high_freq_factor = {high}"
        )

    def _check_experts(self) -> None:
        experts, groups = self.n_routed_experts, self.n_expert_groups
        at_least(self, 1, "n_routed_experts", "moe_inter_dim", "n_expert_groups")
        require(
            experts % groups == 0 and (groups == 1 or experts // groups >= 2),
            "model.n_expert_groups",
            groups,
            f"use a divisor of n_routed_experts = {experts} that leaves each group 2 or more",
        )
        require(
            1 <= self.n_limited_groups <= groups,
            "model.n_limited_groups",
            self.n_limited_groups,
            f"use 1 to n_expert_groups = {groups}",
        )
        most = experts // groups * self.n_limited_groups
        require(
            1 <= self.n_activated_experts <= most,
            "model.n_activated_experts",
            self.n_activated_experts,
            f"use 1 to {most}, the experts left after the group limit",
        )

    @property
    def n_moe_layers(self) -> int:
        """Layers whose feed-forward part is a mixture of experts."""
        return max(0, self.n_layers - self.n_dense_layers)
