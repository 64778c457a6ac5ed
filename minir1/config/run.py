"""One whole run. A recipe (`minir1/recipes/`) is one value of `Config`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from minir1.config.check import at_least, content, later, machine, require
from minir1.config.corpus import CorpusConfig
from minir1.config.evaluation import EvalConfig
from minir1.config.model import ModelConfig
from minir1.config.parallel import ParallelConfig
from minir1.config.pipeline import PipelineConfig
from minir1.config.pretrain import PretrainConfig
from minir1.config.rollout import RolloutConfig
from minir1.config.task import TaskConfig
from minir1.config.zero import ZeroConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """One whole run, from random weights to the report."""

    name: str = "laptop"
    """What the run is called, and its folder."""
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where it computes; auto takes a GPU if there is one."""
    threads: int = machine(0)
    """CPU cores that share the work; 0 takes all that there are."""
    task: TaskConfig = field(default_factory=TaskConfig)
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    zero: ZeroConfig = field(default_factory=ZeroConfig)
    eval: EvalConfig = field(default_factory=EvalConfig)
    base: str = later("")
    """A real model in place of a base of our own: a folder, a GGUF file, an id on the hub such as
    Qwen/Qwen3-0.6B-Base, or smollm2. On the command line also --model."""
    system_prompt: str = later("")
    """What every prompt of such a model opens with."""
    examples: tuple[tuple[str, str], ...] = later(())
    """Questions and answers that every prompt of such a model shows first, as earlier turns."""
    keep_checkpoints: int = machine(2)
    """Checkpoints kept of each stage; the last one of a finished stage always stays."""
    dollars_per_hour: float = machine(0.08)
    """Price of this machine, for the ledger: two rented cloud cores by default."""
    parallel: ParallelConfig = later(make=ParallelConfig)
    rollout: RolloutConfig = later(make=RolloutConfig)
    pipeline: PipelineConfig = later(make=PipelineConfig)
    keep_best: bool = machine(False)
    """Keep the best checkpoint of each stage too, under checkpoints/best."""
    gpu: str = machine("")
    """The chip that the recipe is planned for (plan/chips.py); "" is the machine at hand."""
    gpus: int = machine(1)
    """How many of them it is planned for. How many there are, the launcher says."""
    max_dollars: float = machine(0.0)
    """Save and stop when the run has cost so much; 0 is no limit."""
    max_hours: float = machine(0.0)
    """Save and stop when the run has taken so long; 0 is no limit."""

    def __post_init__(self) -> None:
        at_least(self, 0, "seed", "threads", "dollars_per_hour")
        at_least(self, 0, "max_dollars", "max_hours")
        at_least(self, 1, "keep_checkpoints", "gpus")
        require(bool(self.name.strip()), "name", self.name, "give the run a name")
        require(
            not self.pretrain.mtp_coef or self.model.n_mtp_layers > 0,
            "pretrain.mtp_coef",
            self.pretrain.mtp_coef,
            "use 0, or give the model layers for it with model.n_mtp_layers = 1",
        )
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
        computed = {k: v for k, v in content(self).items() if k not in ("name", "seed", "device")}
        text = json.dumps(computed, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
