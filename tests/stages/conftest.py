"""A whole run that takes seconds: every stage, every evaluation, every kind of state."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from minir1.config import (
    Config,
    CorpusConfig,
    EvalConfig,
    ModelConfig,
    OptimConfig,
    PretrainConfig,
    TaskConfig,
    ZeroConfig,
)
from minir1.rl import groups
from minir1.rl.types import Group, Rollout
from minir1.run import checkpoint, insight, stats
from minir1.run.metrics import read_metrics, without_clocks
from minir1.stages import job
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward

TINY = Config(
    name="tiny",
    seed=3,
    device="cpu",
    threads=2,
    task=TaskConfig(n_numbers=2, high=6),
    corpus=CorpusConfig(facts_share=0.1, max_tries=2),
    model=ModelConfig(
        dim=16, n_layers=2, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
        qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=96,
    ),
    pretrain=PretrainConfig(
        steps=3, sequences_per_step=8, save_every=2, optim=OptimConfig(lr=0.01, warmup_steps=2)
    ),
    zero=ZeroConfig(
        steps=5, questions_per_step=2, group_size=3, max_new_tokens=8, save_every=2,
        length_schedule=((3, 12),), kl_coef=0.01, ref_every=2, minibatches=2,
        optim=OptimConfig(lr=1e-3, warmup_steps=2, bias_update_speed=0.001),
    ),
    eval=EvalConfig(
        problems=4, samples=2, max_new_tokens=10, batch_size=8, every=3, every_problems=2
    ),
)  # fmt: skip


def judge(
    task: Any,
    tokenizer: Any,
    problem: Problem,
    rollouts: Sequence[Rollout],
    config: Any,
    limit: int | None = None,
):
    """In place of the verifier: a tiny model solves nothing, and dead groups move no weight."""
    totals = [float(sum(one.completion_ids) % 3) for one in rollouts]
    rewards = [Reward({"accuracy": total, "format": 0.0}, total) for total in totals]
    return Group(problem, rollouts, [Verdict.WRONG] * len(rollouts), rewards)


def run_tiny(out: str) -> None:
    """What a process of its own does in the tests that kill it."""
    groups.judge = judge
    job.run(TINY, Path(out))


@pytest.fixture(scope="session")
def tiny() -> Config:
    return TINY


@pytest.fixture(scope="module", autouse=True)
def pay_for_something():
    """By module: a session's fixture would outlive this folder, and patch the tests after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "judge", judge)
        patch.setattr(stats, "RESAMPLES", 50)
        patch.setattr(insight, "DRAWS", 20)
        yield


def raw(value: Any) -> Any:
    """A tree with every tensor as its type, its shape and its bytes."""
    if isinstance(value, torch.Tensor):
        data = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        return str(value.dtype), tuple(value.shape), data
    if isinstance(value, dict):
        return {key: raw(item) for key, item in value.items()}
    return [raw(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.fixture(scope="session")
def left_behind():
    """Everything that a run left behind, but the clock: two runs that are equal in it are equal."""

    def read(out: Path) -> dict[str, Any]:
        found: dict[str, Any] = {"metrics": [without_clocks(row) for row in read_metrics(out)]}
        for stage in ("pretrain", "zero"):
            last = checkpoint.latest(out / "checkpoints", stage)
            assert last is not None
            found[stage] = raw([last.step, last.model, last.optimizer, last.extra_tensors])
        for file in sorted((out / "eval").glob("*")):
            found[file.name] = file.read_text()
        return found

    return read
