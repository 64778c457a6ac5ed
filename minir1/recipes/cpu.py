"""The scaling story begins: R1-Zero on the machine you have.

    smoke -> laptop -> laptop_long -> gpu_24gb -> gpu_1 -> h800_8 -> paper (a plan only)
             laptop -> laptop_lying (a control)

Each recipe is the one before it with a few sizes changed. `gpu.py` goes on with it.
"""

from __future__ import annotations

from dataclasses import replace

from minir1.config import Config


def smoke() -> Config:
    """The whole path in less than a minute: it learns little, and proves that everything works."""
    base = Config(name="smoke")
    return replace(
        base,
        pretrain=replace(base.pretrain, steps=40, sequences_per_step=16, save_every=20),
        zero=replace(
            base.zero, steps=4, questions_per_step=4, group_size=4, max_new_tokens=80, save_every=2
        ),
        eval=replace(base.eval, problems=40, max_new_tokens=80, every=2, every_problems=20),
    )


def laptop() -> Config:
    """R1-Zero from random weights to the report, in ten minutes on two CPU cores."""
    base = smoke()
    return replace(
        base,
        name="laptop",
        pretrain=replace(base.pretrain, steps=4500, sequences_per_step=32, save_every=500),
        zero=replace(
            base.zero,
            steps=80,
            questions_per_step=16,
            group_size=16,
            max_new_tokens=240,
            save_every=10,
        ),
        eval=replace(base.eval, problems=500, max_new_tokens=240, every=10, every_problems=100),
    )


def laptop_lying() -> Config:
    """The control: a base whose checks say yes or no by the toss of a coin.

    Checking can't pay here, so RL must not make it grow.
    """
    base = laptop()
    corpus = replace(base.corpus, truthful=False, comparisons=False)
    return replace(base, name="laptop_lying", corpus=corpus)


def laptop_long() -> Config:
    """An hour on two cores: a base that has read four times as much, and longer RL."""
    base = laptop()
    return replace(
        base,
        name="laptop_long",
        pretrain=replace(base.pretrain, steps=18_000, save_every=1000),
        zero=replace(base.zero, steps=400, save_every=20),
        eval=replace(base.eval, every=50),
    )
