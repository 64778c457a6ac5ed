"""The whole pipeline of R1 on a laptop: its recipes (the scaling story is `cpu.py`).

    pipeline_smoke -> pipeline_laptop

`minir1 pipeline RECIPE` runs one: two languages, texts for readers, and what to refuse.
"""

from __future__ import annotations

from dataclasses import replace

from minir1.config import Config, ModelConfig
from minir1.config.pipeline import SamplesConfig, SftConfig
from minir1.recipes.cpu import laptop, smoke


def pipeline_smoke() -> Config:
    """Every stage of R1 in less than a minute: it learns little, and proves that all of it works.

    Two numbers from 1 to 5: a base of a few seconds solves some of these problems, and without a
    right sample there would be nothing for the cold start.
    """
    base = smoke()
    model = replace(base.model, vocab_size=256, dim=48, n_layers=2, inter_dim=96, moe_inter_dim=32)
    student = ModelConfig(
        vocab_size=256, dim=48, n_layers=2, n_dense_layers=2, inter_dim=96, n_heads=4
    )
    pretrain = replace(base.pretrain, steps=120, sequences_per_step=24, save_every=60)
    zero = replace(base.zero, steps=3, questions_per_step=4, group_size=4, max_new_tokens=48)
    tune = SftConfig(steps=6, sequences_per_step=8)
    some = SamplesConfig(prompts=24, samples=4)
    pipeline = replace(
        base.pipeline,
        preference=replace(
            base.pipeline.preference, prompts=48, heldout=16, steps=8, pairs_per_step=16
        ),
        cold_samples=some,
        cold=tune,
        reason=zero,
        samples=some,
        sft=tune,
        final=replace(zero, temperature=0.7),
        taste_steps=1,
        student=student,
        student_base=replace(pretrain, steps=60),
        distill_samples=some,
        distill=tune,
    )
    return replace(
        base,
        name="pipeline_smoke",
        task=replace(base.task, name="scenarios", n_numbers=2, high=5),
        corpus=replace(base.corpus, max_tries=3),
        model=model,
        pretrain=pretrain,
        zero=zero,
        pipeline=pipeline,
        eval=replace(base.eval, problems=40, max_new_tokens=48, every=0),
    )


def pipeline_laptop() -> Config:
    """The whole pipeline in about half an hour on one CPU core.

    By the seconds that a step takes in the published run of `laptop`: pre-training 10 minutes,
    RL 9, the student's base 2, and samples, fine-tuning and evaluation 6.
    """
    base, small = laptop(), pipeline_smoke()
    scenarios = replace(base.task.scenarios, bilingual=0.7, manners=0.15, refusal=0.15)
    model = replace(base.model, vocab_size=256)
    student = replace(small.pipeline.student, dim=64, n_layers=3, n_dense_layers=3, inter_dim=192)
    zero = replace(base.zero, steps=60, save_every=10)
    tune = SftConfig(steps=120, sequences_per_step=32)
    pipeline = replace(
        small.pipeline,
        preference=replace(
            small.pipeline.preference, prompts=1024, heldout=256, steps=150, pairs_per_step=32
        ),
        cold_samples=SamplesConfig(prompts=192, samples=8, keep=2),
        cold=replace(tune, steps=40),
        reason=replace(zero, steps=40),
        samples=SamplesConfig(prompts=512, samples=8, keep=2),
        sft=tune,
        final=replace(zero, steps=50, temperature=0.7),
        taste_steps=20,
        student=student,
        student_base=replace(base.pretrain, steps=2000, save_every=500),
        distill_samples=SamplesConfig(prompts=512, samples=8, keep=2),
        distill=tune,
    )
    return replace(
        base,
        name="pipeline_laptop",
        task=replace(base.task, name="scenarios", scenarios=scenarios),
        model=model,
        pretrain=replace(base.pretrain, steps=6000),
        zero=zero,
        pipeline=pipeline,
        eval=replace(base.eval, problems=1000, every=0),
    )
