"""The whole of R1: what follows R1-Zero, stage by stage (arXiv 2501.12948, 2.3 and 2.4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from minir1.config.check import at_least, require
from minir1.config.model import ModelConfig
from minir1.config.optim import OptimConfig
from minir1.config.pretrain import PretrainConfig
from minir1.config.zero import ZeroConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplesConfig:
    """Completions that are written to be judged, and of which some are kept to learn from."""

    prompts: int = 256
    samples: int = 8
    """Completions a prompt."""
    keep: int = 2
    """At most so many of one prompt are kept: else the easy prompts would crowd out the hard."""
    temperature: float = 1.0

    def __post_init__(self) -> None:
        at_least(self, 1, "prompts", "samples", "keep")
        require(self.temperature > 0, "temperature", self.temperature, "use a number above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class SftConfig:
    """Supervised fine-tuning on a file of examples, over and over until the steps are done."""

    steps: int = 100
    sequences_per_step: int = 32
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            lr=1e-3, warmup_steps=5, weight_decay=0.0, bias_update_speed=0.0
        )
    )
    save_every: int = 50

    def __post_init__(self) -> None:
        at_least(self, 0, "steps")
        at_least(self, 1, "sequences_per_step", "save_every")


@dataclass(frozen=True, kw_only=True, slots=True)
class PreferenceConfig:
    """The reward model of the readers' taste, learned from pairs of texts that they compared."""

    prompts: int = 512
    """Pairs that are written and labelled."""
    heldout: int = 128
    """Pairs more, on which the reward model is tested."""
    steps: int = 100
    pairs_per_step: int = 32
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(lr=1e-3, warmup_steps=5, weight_decay=0.01)
    )
    save_every: int = 50

    def __post_init__(self) -> None:
        at_least(self, 0, "steps")
        at_least(self, 1, "prompts", "pairs_per_step", "save_every")
        at_least(self, 2, "heldout")


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineConfig:
    """What follows R1-Zero. R1-Zero itself is `Config.zero`."""

    preference: PreferenceConfig = field(default_factory=PreferenceConfig)
    cold_samples: SamplesConfig = field(default_factory=SamplesConfig)
    cold: SftConfig = field(default_factory=SftConfig)
    """Dev1: the base, fine-tuned on a few of R1-Zero's samples."""
    reason: ZeroConfig = field(default_factory=ZeroConfig)
    """Dev2: RL on reasoning."""
    language: float = 0.5
    """Weight of language consistency in the reward, from Dev2 on."""
    samples: SamplesConfig = field(default_factory=lambda: SamplesConfig(prompts=512))
    """Dev2's samples, judged."""
    sft: SftConfig = field(default_factory=SftConfig)
    """Dev3: the base anew, fine-tuned on what was kept of Dev2's samples."""
    final: ZeroConfig = field(default_factory=lambda: replace(ZeroConfig(), temperature=0.7))
    """R1: RL on all scenarios."""
    taste: float = 1.0
    """Weight of the reward model's score."""
    taste_steps: int = 25
    """The last steps of R1, in which the reward model's score is paid; before, it isn't."""
    student: ModelConfig = field(
        default_factory=lambda: ModelConfig(
            vocab_size=256, n_layers=3, n_dense_layers=3, n_routed_experts=0, n_shared_experts=0
        )
    )
    student_base: PretrainConfig = field(default_factory=PretrainConfig)
    distill_samples: SamplesConfig = field(default_factory=lambda: SamplesConfig(prompts=512))
    """R1's own samples, which the student learns from."""
    distill: SftConfig = field(default_factory=SftConfig)

    def __post_init__(self) -> None:
        at_least(self, 0, "language", "taste", "taste_steps")
