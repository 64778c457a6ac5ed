"""The scaling story goes on: recipes for rented GPUs (its first half is `cpu.py`).

    laptop_long -> gpu_24gb -> gpu_1 -> h800_8 -> paper

`minir1 plan h800_8` says what one needs and costs, before it costs anything. None of them has
been measured on a GPU yet.
"""

from __future__ import annotations

from dataclasses import replace

from minir1.config import Config
from minir1.config.shapes import DEEPSEEK_V3, MOONLIGHT
from minir1.recipes.cpu import laptop_long


def gpu_24gb() -> Config:
    """One card of 24 GB: a base of 0.1B weights of our own, four numbers. Not measured on a GPU.

    The laptop's path with a wider model: still nothing to download.
    """
    base = laptop_long()
    optim = replace(base.pretrain.optim, lr=1e-3, warmup_steps=200, micro_batch_tokens=32_768)
    optim = replace(optim, pack=True)
    return replace(
        base,
        name="gpu_24gb",
        gpu="4090",
        dollars_per_hour=0.4,
        model=replace(
            base.model,
            dim=512,
            n_layers=8,
            inter_dim=1536,
            moe_inter_dim=256,
            n_heads=8,
            kv_lora_rank=128,
            qk_nope_head_dim=64,
            qk_rope_head_dim=32,
            v_head_dim=64,
            n_routed_experts=32,
            n_activated_experts=4,
            max_seq_len=1024,
        ),
        task=replace(base.task, n_numbers=4),
        pretrain=replace(base.pretrain, steps=10_000, sequences_per_step=256, optim=optim),
        zero=replace(
            base.zero,
            questions_per_step=32,
            max_new_tokens=480,
            optim=replace(base.zero.optim, lr=5e-5, micro_batch_tokens=32_768, pack=True),
        ),
        eval=replace(base.eval, max_new_tokens=480),
        parallel=replace(base.parallel, dtype="bfloat16"),
        keep_best=True,
    )


def gpu_1() -> Config:
    """One GPU of 80 GB: a MoE of about 1B weights of our own. Not measured on a GPU.

    `--model Qwen/Qwen3-0.6B-Base` puts a real model in its place.
    """
    base = gpu_24gb()
    zero = replace(base.zero.optim, lr=2e-5)
    return replace(
        base,
        name="gpu_1",
        gpu="h100",
        dollars_per_hour=2.95,
        model=replace(
            base.model,
            dim=1024,
            n_layers=16,
            inter_dim=4096,
            moe_inter_dim=384,
            n_heads=16,
            kv_lora_rank=256,
            n_routed_experts=48,
            n_activated_experts=6,
        ),
        pretrain=replace(base.pretrain, optim=replace(base.pretrain.optim, lr=4e-4)),
        zero=replace(base.zero, questions_per_step=64, optim=zero),
    )


def h800_8() -> Config:
    """A node of 8 x H800: Moonlight-16B-A3B, a base of DeepSeek-V3's shape. Not measured on a GPU.

    Benchmark: MATH, the held-out fifth of its training file, pass@1 at temperature 1. Put the
    file at data/math/train.jsonl, or name another with --task.path (GSM8K's own file works too).
    Expect: its authors report 45.3% on MATH with examples in the prompt (arXiv 2502.16982). The
    first hundred steps should bring the base there without examples, by teaching it to end and
    to box its answer; 5 to 15 points more would be a good run. That is an expectation.
    Stop spending when: after 50 steps the reward has not risen; or in three evaluations in a row
    (75 steps) the held-out interval has not moved; or at max_dollars, where the run saves and
    stops by itself.
    """
    base = gpu_1()
    zero = replace(base.zero.optim, lr=1e-6, warmup_steps=10, micro_batch_tokens=16_384)
    return replace(
        base,
        name="h800_8",
        gpu="h800",
        gpus=8,
        dollars_per_hour=16.0,
        max_dollars=400.0,
        base="moonshotai/Moonlight-16B-A3B",
        model=MOONLIGHT,
        task=replace(base.task, name="jsonl", path="data/math/train.jsonl"),
        pretrain=replace(base.pretrain, steps=0),
        zero=replace(
            base.zero,
            steps=300,
            max_new_tokens=3072,
            routing_replay=True,
            rollout_batch=64,
            optim=zero,
        ),
        eval=replace(base.eval, every=25, every_problems=200, max_new_tokens=3072, batch_size=128),
        parallel=replace(base.parallel, expert_parallel=8, activation_checkpointing=True),
    )


def paper() -> Config:
    """R1-Zero's own numbers on DeepSeek-V3: to be planned, never to be run from here.

    arXiv 2501.12948v2: 512 H800; 8,192 outputs a rollout in 16 mini-batches, so 10,400 updates
    are 650 of our steps; the budget of tokens doubles at update 8,200 and the reference follows
    the policy every 400. The clip is R1's (10); R1-Zero's and its data are not published. Nor is
    what a token of a long output counts for: the paper's Eq. 1 is a mean over outputs. Here all
    tokens count the same, as in the recipes above; it changes no number of the plan.
    """
    base = h800_8()
    return replace(
        base,
        name="paper",
        gpus=512,
        dollars_per_hour=1024.0,
        max_dollars=0.0,
        base="deepseek-ai/DeepSeek-V3-Base",
        model=DEEPSEEK_V3,
        task=replace(base.task, path="data/reasoning.jsonl"),
        zero=replace(
            base.zero,
            steps=650,
            questions_per_step=512,
            max_new_tokens=32_768,
            length_schedule=((512, 65_536),),
            clip_low=0.99,
            clip_high=10.0,
            kl_coef=0.001,
            ref_every=25,
            minibatches=16,
            rollout_batch=16,
            optim=replace(base.zero.optim, lr=3e-6, micro_batch_tokens=65_536),
        ),
        parallel=replace(base.parallel, expert_parallel=64),
    )
