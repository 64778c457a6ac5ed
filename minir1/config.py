"""The nouns of a run. A recipe (`minir1/recipes.py`) is one value of `Config`.

Every dataclass here is frozen: a config is a fact about a run, not a place to keep
state. A field out of range raises a ValueError that names the field, says what was
given, and what would do.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


def require(ok: bool, field_name: str, value: object, cure: str) -> None:
    """Raise the one kind of error that a user's config can cause.

    >>> require(3 > 0, "n_layers", 3, "use a whole number of at least 1")
    """
    if not ok:
        raise ValueError(f"{field_name} = {value!r} can't be used: {cure}")


def at_least(config: object, minimum: int | float, *names: str) -> None:
    """Require every named field of `config` to be a number >= `minimum`."""
    for name in names:
        value = getattr(config, name)
        require(value >= minimum, name, value, f"use a number of at least {minimum}")


def share(config: object, *names: str) -> None:
    """Require every named field of `config` to be a share: a number from 0 to 1."""
    for name in names:
        value = getattr(config, name)
        require(0 <= value <= 1, name, value, "use a share from 0 to 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskConfig:
    """Which problems the policy is asked, and how hard they are."""

    name: Literal["countdown", "arithmetic"] = "countdown"
    n_numbers: int = 3
    """Numbers in one Countdown problem."""
    low: int = 1
    high: int = 12
    """Numbers are drawn from low..high, both included."""
    ops: str = "+-*"
    """Operators a solution may use, out of "+-*/"."""
    max_value: int = 99
    """Every intermediate value must lie in 0..max_value."""
    heldout_share: float = 0.2
    """Share of all number multisets kept away from training."""

    def __post_init__(self) -> None:
        require(2 <= self.n_numbers <= 4, "task.n_numbers", self.n_numbers, "use 2, 3 or 4")
        at_least(self, 1, "low")
        require(self.high >= self.low, "task.high", self.high, f"use at least low = {self.low}")
        known = bool(self.ops) and set(self.ops) <= set("+-*/")
        require(known, "task.ops", self.ops, 'use one or more of "+-*/"')
        require(
            self.high <= self.max_value <= 99,
            "task.max_value",
            self.max_value,
            f"use a number from high = {self.high} to 99 (the tokenizer has one token a number)",
        )
        require(
            0 < self.heldout_share < 1,
            "task.heldout_share",
            self.heldout_share,
            "use a share between 0 and 1",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """The base corpus: arithmetic facts and sloppy search traces, with dials."""

    facts_share: float = 0.18
    """Share of documents that are plain facts; the rest are search traces."""
    comparisons: bool = True
    """Facts include comparisons ("14 ? 22 no"). Without them, checks can't be truthful."""
    check_share: float = 0.6
    """Share of traces in which each try is followed by a check."""
    truthful: bool = True
    """Checks say what is so. False: yes or no by the toss of a coin (the lying base)."""
    stop_on_yes: float = 0.95
    """How often a checked trace stops after a yes."""
    give_up: float = 0.6
    """Chance of stopping after each try that was not a yes."""
    patient_share: float = 0.3
    """Share of checked traces that give up with chance `patient_give_up` instead."""
    patient_give_up: float = 0.05
    max_tries: int = 16
    """The longest trace, in tries."""
    sweep_share: float = 0.6
    """Share of traces that work through all tries in order, from a random one on."""
    aimed_share: float = 0.0
    """Share of traces in which each try is the closest to the target of `aim` random ones."""
    aim: int = 4

    def __post_init__(self) -> None:
        share(self, "facts_share", "check_share", "stop_on_yes", "give_up")
        share(self, "patient_share", "patient_give_up", "sweep_share", "aimed_share")
        require(
            self.sweep_share + self.aimed_share <= 1,
            "corpus.aimed_share",
            self.aimed_share,
            f"use at most 1 - sweep_share = {1 - self.sweep_share:g}",
        )
        at_least(self, 1, "max_tries", "aim")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """The shape of the transformer, in the names of DeepSeek-V3's `ModelArgs`."""

    vocab_size: int = 128
    dim: int = 64
    n_layers: int = 4
    n_dense_layers: int = 1
    """The first layers have one dense MLP of width `inter_dim` instead of experts."""
    inter_dim: int = 192
    moe_inter_dim: int = 48
    """Hidden width of one expert."""
    n_heads: int = 4
    attention: Literal["mla", "gqa"] = "mla"
    # Multi-head latent attention.
    q_lora_rank: int = 0
    """Rank of the query's down-projection; 0 means one plain projection."""
    kv_lora_rank: int = 32
    qk_nope_head_dim: int = 16
    qk_rope_head_dim: int = 8
    v_head_dim: int = 24
    # Grouped-query attention.
    n_kv_heads: int = 2
    head_dim: int = 16
    qk_norm: bool = False
    """RMSNorm on each head's query and key, as Qwen3 does."""
    # Mixture of experts.
    n_routed_experts: int = 8
    n_shared_experts: int = 1
    n_activated_experts: int = 2
    n_expert_groups: int = 1
    n_limited_groups: int = 1
    score_func: Literal["sigmoid", "softmax"] = "sigmoid"
    norm_topk_prob: bool = True
    """Divide the chosen experts' weights by their sum."""
    route_scale: float = 1.0
    # The rest.
    rope_theta: float = 10000.0
    max_seq_len: int = 512
    norm_eps: float = 1e-6
    tie_embeddings: bool = True
    backend: Literal["auto", "torch", "triton"] = "auto"
    """Who runs the experts; chosen once and logged with its reason (model/dispatch.py)."""

    def __post_init__(self) -> None:
        at_least(self, 1, "vocab_size", "dim", "n_layers", "n_heads", "inter_dim", "max_seq_len")
        at_least(self, 0, "n_dense_layers", "n_routed_experts", "n_shared_experts", "q_lora_rank")
        require(self.norm_eps > 0, "model.norm_eps", self.norm_eps, "use a small number above 0")
        require(self.rope_theta > 1, "model.rope_theta", self.rope_theta, "use a number above 1")
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
        if self.n_moe_layers:
            self._check_experts()

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


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimConfig:
    """AdamW and its schedule: linear warm-up, then cosine decay to `lr * final_lr_share`."""

    lr: float = 6e-3
    final_lr_share: float = 0.1
    warmup_steps: int = 50
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    grad_clip: float = 1.0
    micro_batch_tokens: int = 1024
    """Tokens, padding included, in one forward and backward pass."""
    bias_update_speed: float = 0.001
    """gamma: how far each step moves the router's correction bias. 0 freezes it."""
    balance_coef: float = 1e-4
    """Weight of the sequence-wise balance loss."""

    def __post_init__(self) -> None:
        at_least(self, 0, "lr", "warmup_steps", "weight_decay", "bias_update_speed")
        at_least(self, 0, "balance_coef")
        at_least(self, 1, "micro_batch_tokens")
        require(self.grad_clip > 0, "grad_clip", self.grad_clip, "use a number above 0")
        share(self, "final_lr_share", "beta1", "beta2")


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainConfig:
    """Pre-training of the base: next-token prediction on the base corpus."""

    steps: int = 3000
    sequences_per_step: int = 32
    optim: OptimConfig = field(default_factory=OptimConfig)
    save_every: int = 500

    def __post_init__(self) -> None:
        at_least(self, 0, "steps")
        at_least(self, 1, "sequences_per_step", "save_every")


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardConfig:
    """Weight of each named part in the reward. What is logged beside it is strict accuracy."""

    accuracy: float = 1.0
    format: float = 0.0

    def __post_init__(self) -> None:
        at_least(self, 0, "accuracy", "format")


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroConfig:
    """R1-Zero: GRPO on verifiable rewards, straight from the base."""

    steps: int = 100
    questions_per_step: int = 16
    group_size: int = 16
    max_new_tokens: int = 200
    """The longest completion, in tokens."""
    length_schedule: tuple[tuple[int, int], ...] = ()
    """(step, max_new_tokens) pairs: the budget from that step on, as R1-Zero's at 8.2k."""
    temperature: float = 1.0
    advantage: Literal["grpo", "dr_grpo", "rloo"] = "grpo"
    loss_norm: Literal["token", "sequence", "fixed"] = "token"
    """Divide by all tokens (DAPO), by each length (GRPO), or by a constant (Dr. GRPO)."""
    ratio_level: Literal["token", "sequence"] = "token"
    """One ratio a token (GRPO), or one a sequence (GSPO)."""
    clip_low: float = 0.2
    clip_high: float = 0.28
    kl_coef: float = 0.0
    ref_every: int = 400
    """Steps after which the reference becomes a copy of the policy."""
    minibatches: int = 2
    """Optimizer updates made from one step's rollouts."""
    dynamic_sampling: int = 0
    """DAPO: how many more times to sample new questions in place of dead groups. 0 is off."""
    routing_replay: bool = False
    """The update replays the experts that the sampler chose."""
    reward: RewardConfig = field(default_factory=RewardConfig)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            lr=3e-4,
            warmup_steps=5,
            weight_decay=0.0,
            bias_update_speed=0.0,
            final_lr_share=1.0,
            micro_batch_tokens=2048,
        )
    )
    save_every: int = 20

    def __post_init__(self) -> None:
        at_least(self, 0, "steps", "kl_coef", "dynamic_sampling")
        at_least(self, 1, "questions_per_step", "max_new_tokens", "ref_every")
        at_least(self, 1, "minibatches", "save_every")
        require(
            self.group_size >= 2,
            "zero.group_size",
            self.group_size,
            "use 2 or more: an advantage compares a rollout with the others of its group",
        )
        require(
            self.temperature > 0,
            "zero.temperature",
            self.temperature,
            "use a number above 0 (1.0 samples from the policy itself)",
        )
        require(
            0 < self.clip_low < 1, "zero.clip_low", self.clip_low, "use a number between 0 and 1"
        )
        require(self.clip_high > 0, "zero.clip_high", self.clip_high, "use a number above 0")
        rollouts = self.questions_per_step * self.group_size
        require(
            self.minibatches <= rollouts,
            "zero.minibatches",
            self.minibatches,
            f"use at most the {rollouts} rollouts of a step",
        )
        for step, length in self.length_schedule:
            require(
                step >= 0 and length >= 1,
                "zero.length_schedule",
                (step, length),
                "use pairs of a step >= 0 and a length >= 1",
            )

    def budget(self, step: int) -> int:
        """Longest completion, in tokens, allowed at `step`.

        >>> ZeroConfig(max_new_tokens=60, length_schedule=((50, 180),)).budget(50)
        180
        """
        past = [pair for pair in self.length_schedule if pair[0] <= step]
        return max(past)[1] if past else self.max_new_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalConfig:
    """Evaluation on held-out problems; pass@k by the unbiased estimator."""

    problems: int = 500
    samples: int = 1
    """Completions a problem."""
    temperature: float = 1.0
    max_new_tokens: int = 200
    batch_size: int = 256
    every: int = 25
    """Steps between the small evaluations during RL. 0 is off."""
    every_problems: int = 100

    def __post_init__(self) -> None:
        at_least(self, 2, "problems", "every_problems")  # one problem has no interval
        at_least(self, 1, "samples", "max_new_tokens", "batch_size")
        at_least(self, 0, "every")
        require(
            self.temperature >= 0, "eval.temperature", self.temperature, "use 0 (greedy) or more"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """One whole run, from random weights to the report."""

    name: str = "laptop"
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: int = 0
    """CPU cores that share the work; 0 takes all that there are."""
    task: TaskConfig = field(default_factory=TaskConfig)
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    zero: ZeroConfig = field(default_factory=ZeroConfig)
    eval: EvalConfig = field(default_factory=EvalConfig)
    keep_checkpoints: int = 2
    """Checkpoints kept of each stage; the last one of a finished stage always stays."""
    dollars_per_hour: float = 0.08
    """Price of this machine, for the ledger: two rented cloud cores by default."""

    def __post_init__(self) -> None:
        at_least(self, 0, "seed", "threads", "dollars_per_hour")
        at_least(self, 1, "keep_checkpoints")
        require(bool(self.name.strip()), "name", self.name, "give the run a name")
        longest = max(
            [self.eval.max_new_tokens, self.zero.max_new_tokens]
            + [length for _, length in self.zero.length_schedule]
        )
        require(
            longest < self.model.max_seq_len,
            "max_new_tokens",
            longest,
            f"use less than model.max_seq_len = {self.model.max_seq_len}, the prompt must fit too",
        )

    def to_json(self) -> dict[str, Any]:
        """The config as plain JSON values."""
        return json.loads(json.dumps(asdict(self)))

    def hash(self) -> str:
        """Twelve hex digits that name what is computed: not the run's name, seed or machine.

        >>> Config(seed=1).hash() == Config(seed=2, name="other").hash()
        True
        """
        aside = ("name", "seed", "device", "threads", "keep_checkpoints", "dollars_per_hour")
        content = {k: v for k, v in self.to_json().items() if k not in aside}
        text = json.dumps(content, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
