"""What the processes of a crew do: small pieces of real runs, each given a world."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from minir1.config import (
    Config,
    CorpusConfig,
    EvalConfig,
    ModelConfig,
    OptimConfig,
    ParallelConfig,
    PretrainConfig,
    TaskConfig,
    ZeroConfig,
)
from minir1.model.transformer import Transformer
from minir1.rl import groups as groups_module
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.rl.types import Batch, Group
from minir1.rl.update import update
from minir1.run.distributed import World, join
from minir1.run.distributed.simulate import measure
from minir1.run.models import new_model
from minir1.run.optim import build_optimizer
from minir1.stages import pretrain as pretrain_module
from minir1.stages.loop import Interrupted
from minir1.stages.pretrain import corpus_task, document_batch, pretrain
from minir1.stages.zero import problem_seed, zero
from minir1.tasks import make_task
from minir1.tasks.base import Verdict
from minir1.tasks.reward import Reward
from minir1.text.corpus import documents
from minir1.text.tokenizer import Tokenizer

CONFIG = Config(
    name="tiny",
    seed=3,
    device="cpu",
    threads=1,
    task=TaskConfig(n_numbers=2, high=6),
    corpus=CorpusConfig(facts_share=0.1, max_tries=2),
    model=ModelConfig(
        dim=16, n_layers=3, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
        qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=8,
        n_expert_groups=2, max_seq_len=96,
    ),
    pretrain=PretrainConfig(
        steps=3, sequences_per_step=12, save_every=1,
        optim=OptimConfig(lr=0.01, warmup_steps=2, final_lr_share=1.0, micro_batch_tokens=64),
    ),
    zero=ZeroConfig(
        steps=4, questions_per_step=3, group_size=4, max_new_tokens=10, save_every=1,
        kl_coef=0.05, ref_every=2, minibatches=2,
        optim=OptimConfig(
            lr=1e-3, warmup_steps=2, bias_update_speed=0.001, weight_decay=0.0,
            final_lr_share=1.0, micro_batch_tokens=64,
        ),
    ),
    eval=EvalConfig(problems=4, max_new_tokens=10, batch_size=2, every=0, every_problems=4),
)  # fmt: skip
TOKENIZER = Tokenizer(CONFIG.model.vocab_size)
CPU = torch.device("cpu")


def in_world(task: Callable[..., Any], owners: int, options: dict[str, Any]) -> Any:
    """Call `task` in the world that the environment describes."""
    torch.set_num_threads(1)
    parallel = options.pop("parallel", ParallelConfig(timeout_s=60))
    config = replace(CONFIG, parallel=replace(parallel, expert_parallel=owners))
    groups_module.judge = judge
    with join(config) as world:
        return task(world, config, **options)


def judge(task: Any, tokenizer: Any, problem: Any, rollouts: Any, config: Any, limit: int = 0):
    """In place of the verifier: a tiny model solves nothing, and dead groups move no weight."""
    totals = [float(sum(one.completion_ids) % 3) for one in rollouts]
    rewards = [Reward({"accuracy": total, "format": 0.0}, total) for total in totals]
    return Group(problem, rollouts, [Verdict.WRONG] * len(rollouts), rewards)


def placed(world: World, config: Config) -> tuple[Transformer, torch.optim.Optimizer]:
    """The seed's random model, spread over the world, and its optimizer."""
    model = world.place(lambda: new_model(config, CPU), config, CPU)
    return model, build_optimizer(model, config.pretrain.optim)


def document(step: int, count: int = 12) -> Batch:
    """The documents of one step, as a batch."""
    pieces = documents(CONFIG.corpus, corpus_task(CONFIG.task), f"3/{step}")
    return document_batch(list(islice(pieces, count)), TOKENIZER)


def whole(tensor: Tensor) -> Tensor:
    """A tensor in one piece."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor.clone()


def train(
    world: World, config: Config, steps: int = 3, count: int = 12, pack: bool = False
) -> dict[str, Any]:
    """Updates on documents: loss, gradient norm and loads of each, and the first gradient."""
    model, optimizer = placed(world, config)
    losses, norms, loads, gradient = [], [], [], {}
    for step in range(steps):
        optim = replace(config.pretrain.optim, grad_clip=0.9, pack=pack)
        seen = update(model, optimizer, document(step, count), optim, peers=world)
        losses.append(seen.loss)
        norms.append(seen.grad_norm)
        loads.append(seen.load.tolist())
        gradient = gradient or {n: whole(p.grad) for n, p in model.named_parameters()}
    biases = [router.e_score_correction_bias.tolist() for router in model.routers()]
    return {"loss": losses, "norm": norms, "load": loads, "gradient": gradient, "bias": biases}


def sampled(world: World, config: Config, step: int = 0) -> list[Group]:
    """One step's groups, sampled from the seed's random model."""
    model, _ = placed(world, config)
    task = make_task(config.task)
    problems = task.problems("train", problem_seed(config.seed, step))
    options = {"seed": config.seed, "step": step, "peers": world}
    with world.replica(model) as sampler:
        return sample_groups(sampler, TOKENIZER, task, problems, config.zero, **options)[0]


def sampled_in_threes(world: World, config: Config) -> list[Group]:
    """The same, three rollouts at a time."""
    return sampled(world, replace(config, zero=replace(config.zero, rollout_batch=3)))


def types(world: World, config: Config) -> dict[str, Any]:
    """The number types that a step uses, where they matter."""
    model, optimizer = placed(world, config)
    scores, streams = set(), []
    for router in model.routers():
        router.register_forward_hook(lambda _, __, out: scores.update(t.dtype for t in out[::2]))
    model.norm.register_forward_hook(lambda _, __, out: streams.append(out.dtype))
    seen = update(model, optimizer, document(0), config.pretrain.optim, peers=world)
    moments = [value for state in optimizer.state.values() for value in state.values()]
    with world.replica(model) as copy:
        routers = {router.weight.dtype for router in copy.routers()}
        replica = {"router": routers.pop(), "other": copy.embed_tokens.weight.dtype}
    assert {tensor.device.type for tensor in copy.state_dict().values()} == {"meta"}  # given back
    return {
        "masters": {p.dtype for p in model.parameters()},
        "gradients": {p.grad.dtype for p in model.parameters()},
        "moments": {tensor.dtype for tensor in moments},
        "scores": scores,
        "stream": streams[0],
        "replica": replica,
        "loss": [seen.loss],
    }


def replay(world: World, config: Config, recorded: list[list[Group]]) -> list[dict[str, float]]:
    """Whole GRPO steps on recorded rollouts, with a reference; the metrics of each."""
    model, optimizer = placed(world, config)
    reference, _ = placed(world, config)
    metrics = []
    for step, groups in enumerate(recorded):
        options = {"reference": reference, "seed": f"3/{step}", "pad_id": TOKENIZER.pad_id}
        found = grpo_step(model, optimizer, groups, config.zero, peers=world, **options)
        metrics.append(found)
    return metrics


def stage(world: World, config: Config, out: Path, name: str, steps: int) -> str:
    """Let a stage run, or go on, until it has done `steps` steps in all."""
    if name == "pretrain":
        pretrain(replace(config, pretrain=replace(config.pretrain, steps=steps)), out, world)
    else:
        # Where two experts are nearly tied, the last bit decides between them. So rollouts are
        # sampled in the same batches everywhere, and the update replays the sampler's choice.
        settings = replace(config.zero, steps=steps, routing_replay=True, rollout_batch=3)
        zero(replace(config, zero=settings), out, world)
    return "done"


def at_step(step: int, rank: int, what: Callable[[], Any]) -> Callable[..., Any]:
    """`update`, but in one process and one step something happens first."""
    calls = iter(range(100))

    def call(*args: Any, peers: World, **options: Any) -> Any:
        if next(calls) == step and peers.rank == rank:
            what()
        return update(*args, peers=peers, **options)

    return call


def stage_with(
    world: World, config: Config, out: Path, step: int, rank: int, what: str, steps: int = 3
) -> str:
    """Pre-training in which something happens to one process, in the middle of a step."""
    happenings = {
        "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "asked to stop": lambda: os.kill(os.getpid(), signal.SIGTERM),
        "asked by the scheduler": lambda: os.kill(os.getpid(), signal.SIGUSR1),
        "hung": lambda: time.sleep(3600),
    }
    pretrain_module.update = at_step(step, rank, happenings[what])
    try:
        return stage(world, config, out, "pretrain", steps)
    except Interrupted as interrupted:
        return str(interrupted)
    finally:
        pretrain_module.update = update


def full_disk(world: World, config: Config, out: Path, rank: int) -> str:
    """Save once, and a second time while the disk of one process is full."""
    model, optimizer = placed(world, config)
    contents = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    world.save(out, "pretrain", 1, **contents)
    real = os.fsync

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    os.fsync = full if world.rank == rank else real
    try:
        world.save(out, "pretrain", 2, **contents)
    except OSError as error:
        return str(error) + " ".join(getattr(error, "__notes__", []))
    finally:
        os.fsync = real
    return "saved"


def measured(world: World, config: Config, tokens: int, length: int) -> dict[str, Any]:
    """Memory and traffic of a training pass, counted on real tensors and real collectives."""
    model, _ = placed(world, config)
    return measure(model, tokens, length)


def links(world: World, config: Config, slow: int = -1) -> dict[str, float]:
    """Bytes a second of each collective; one process may come late to every all-to-all."""
    quick = dist.all_to_all_single

    def late(*args: Any, **options: Any) -> Any:
        time.sleep(0.05)
        return quick(*args, **options)

    if world.rank == slow:
        dist.all_to_all_single = late
    try:
        return world.links()
    finally:
        dist.all_to_all_single = quick
