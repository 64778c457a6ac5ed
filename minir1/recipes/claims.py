"""The unit of `minir1 claims`: R1-Zero so small that seeds, arms and controls are affordable.

    claim_smoke -> claim

Three numbers from 1 to 12, + and -, values up to 36: few enough facts for a base of a minute, about
11 tries a problem, of which a random one hits in a third. Numbers from 1 to 6 were too few: the
base learned the 42 sets of training numbers by heart and could not copy others.
`minir1 run claim` runs the unit alone.
"""

from __future__ import annotations

from dataclasses import replace

from minir1.config import Config, ModelConfig
from minir1.config.pipeline import SftConfig
from minir1.recipes.cpu import smoke


def claim() -> Config:
    """Two minutes on one core: a weak base, and RL that makes it search."""
    base = smoke()
    model = ModelConfig(
        attention="gqa",
        dim=64,
        n_layers=2,
        n_dense_layers=1,
        inter_dim=192,
        moe_inter_dim=64,
        n_routed_experts=4,
        n_heads=4,
        n_kv_heads=4,
        head_dim=16,
        max_seq_len=192,
    )
    student = replace(
        model, dim=32, inter_dim=96, n_dense_layers=2, n_routed_experts=0, n_shared_experts=0
    )
    parts = {"micro_batch_tokens": 1280}  # little padding: texts differ much in length
    return replace(
        base,
        name="claim",
        threads=1,
        task=replace(base.task, ops="+-", max_value=36),
        corpus=replace(base.corpus, facts_share=0.2, check_share=0.7, max_tries=8),
        model=model,
        pretrain=replace(
            base.pretrain,
            steps=1000,
            sequences_per_step=32,
            save_every=1000,
            optim=replace(base.pretrain.optim, lr=8e-3, **parts),
        ),
        zero=replace(
            base.zero,
            steps=40,
            questions_per_step=8,
            group_size=16,
            max_new_tokens=120,
            save_every=40,
            optim=replace(base.zero.optim, lr=3e-4, **parts),
        ),
        pipeline=replace(
            base.pipeline,
            student=student,
            distill=SftConfig(steps=200, sequences_per_step=32),
        ),
        eval=replace(base.eval, problems=300, max_new_tokens=120, batch_size=512, every=0),
    )


def claim_smoke() -> Config:
    """Every arm of every claim in seconds: it learns nothing, and proves that all of it works."""
    base = claim()
    model = replace(base.model, dim=32, inter_dim=48, moe_inter_dim=16, head_dim=8)
    zero = replace(
        base.zero, steps=2, questions_per_step=2, group_size=4, max_new_tokens=32, save_every=2
    )
    return replace(
        base,
        name="claim_smoke",
        task=replace(base.task, n_numbers=2, high=5),
        model=model,
        pretrain=replace(base.pretrain, steps=12, sequences_per_step=8, save_every=12),
        zero=zero,
        pipeline=replace(base.pipeline, distill=SftConfig(steps=2, sequences_per_step=4)),
        eval=replace(base.eval, problems=8, max_new_tokens=32),
    )
