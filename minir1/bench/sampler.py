"""Tokens a second: our sampler against transformers, on the same weights and prompts.

Two cases. "fixed length": the end token never stops a row, so both sides write the same number
of tokens; this compares the steps themselves. "natural stop": rows end when they have
written the end token, as in RL; this compares what a rollout costs. Here tokens are those
up to the end token, not the padding that a side goes on writing.

The other sides are `generate` with its cache, with each attention that works on a CPU, and
continuous batching (`generate_batch`), which frees the place of a finished row at once.
"""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from minir1.bench.base import base, train_prompts
from minir1.bench.clock import Side, alternate
from minir1.bench.rows import Row, row
from minir1.bench.twin import need, twin
from minir1.model.transformer import Transformer
from minir1.rl.compiled import CompiledStep
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.text.tokenizer import Tokenizer

NEVER = -1
"""As the end token: an id that no row ever writes."""


def main(
    recipe: str = "laptop",
    run: Path | None = None,
    batch: int = 128,
    new_tokens: int = 0,
    repeats: int = 5,
    threads: int = 0,
) -> list[Row]:
    """Our sampler against transformers' generate and its continuous batching.

    Args:
        recipe: whose model, task and base
        run: take the base of this finished run; without it, one is trained in runs/bench-RECIPE
        batch: prompts at a time
        new_tokens: the longest completion; 0 means the recipe's
        repeats: measurements of each side
        threads: CPU threads of both sides; 0 leaves the choice to torch
    """
    need("transformers")
    if threads:
        torch.set_num_threads(threads)
    config, model = base(recipe, run)
    tokenizer = Tokenizer(config.model.vocab_size)
    other = twin(model, tokenizer)
    prompts = train_prompts(config, batch)
    new_tokens = new_tokens or config.zero.budget(0)
    settings = {"batch": batch, "new_tokens": new_tokens, "temperature": 1.0}
    rows = []
    for case, eos in (("fixed length", NEVER), ("natural stop", tokenizer.eos_id)):
        sides: dict[str, Side] = {"minir1": ours(model, prompts, new_tokens, eos)}
        for attention in ("sdpa", "eager"):
            name = f"transformers generate, {attention}"
            sides[name] = generate(other, attention, prompts, new_tokens, eos, tokenizer.pad_id)
        paged = generate_batch(other, prompts, new_tokens, eos, tokenizer)
        failed = error_of(paged)
        if failed is None:
            sides["transformers continuous batching"] = paged
        measured: dict[str, Any] = {
            name: {"repeats": turns} for name, turns in alternate(sides, repeats).items()
        }
        if failed is not None:
            measured["transformers continuous batching"] = {"error": failed}
        rows.append(row("sampler", case, config, settings=settings, sides=measured))
    return rows


def ours(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    new_tokens: int,
    eos: int,
    compiled: CompiledStep | None = None,
) -> Side:
    """Our sampler as RL uses it: log-probabilities, and experts where there are any."""
    turns = itertools.count()

    def side() -> dict[str, float]:
        turn = next(turns)  # other random numbers each time, as the other sides have them
        rollouts = sample(
            model,
            prompts,
            [row_key(0, turn, row, 0) for row in range(len(prompts))],
            max_new_tokens=new_tokens,
            eos_id=eos,
            record_experts=model.config.n_moe_layers > 0,
            compiled=compiled,
        )
        return counts([len(rollout.completion_ids) for rollout in rollouts])

    return side


def counts(lengths: Sequence[int]) -> dict[str, float]:
    """What a side says that it did."""
    return {"tokens": float(sum(lengths)), "longest": float(max(lengths))}


def settings_of(new_tokens: int, eos: int, pad_id: int, compiled: bool = False) -> Any:
    """Plain sampling at temperature 1 from the whole vocabulary."""
    from transformers import CompileConfig, GenerationConfig

    static: dict[str, Any] = {}
    if compiled:
        how: Any = CompileConfig(options={"cpp_wrapper": True})  # as ours on a CPU
        how.mode = None  # torch takes either a mode or options
        how._compile_all_devices = True  # otherwise it compiles on a GPU only
        static = {"cache_implementation": "static", "compile_config": how}
    return GenerationConfig(
        **static,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=new_tokens,
        eos_token_id=eos,
        pad_token_id=pad_id,
        use_cache=True,
    )


def generate(
    other: Any,
    attention: str,
    prompts: Sequence[Sequence[int]],
    new_tokens: int,
    eos: int,
    pad_id: int,
    compiled: bool = False,
) -> Side:
    """transformers' `generate` on left-padded prompts, as it is or with its compiled step."""
    longest = max(map(len, prompts))
    padded = torch.tensor([[pad_id] * (longest - len(p)) + list(p) for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    settings = settings_of(new_tokens, eos, pad_id, compiled)

    def side() -> dict[str, float]:
        other.set_attn_implementation(attention)
        out = other.generate(padded, attention_mask=mask, generation_config=settings)
        written = out[:, longest:]
        ended = written == eos
        lengths = torch.where(ended.any(-1), ended.int().argmax(-1) + 1, written.shape[1])
        return counts(lengths.tolist())

    return side


def generate_batch(
    other: Any, prompts: Sequence[Sequence[int]], new_tokens: int, eos: int, tokenizer: Tokenizer
) -> Side:
    """transformers' continuous batching, with one page of its cache for each row."""
    from transformers import ContinuousBatchingConfig

    settings = settings_of(new_tokens, eos, tokenizer.pad_id)
    # It sizes its pages by `head_dim`, which in this family holds the rope part alone; without
    # this line every request fails. It helps where keys and values are equally wide.
    other.config.head_dim = other.config.qk_head_dim
    batching = ContinuousBatchingConfig(
        page_size=max(map(len, prompts)) + new_tokens,
        num_blocks=len(prompts),
        max_batch_tokens=sum(map(len, prompts)),
        max_requests_per_batch=len(prompts),
    )

    def side() -> dict[str, float]:
        other.set_attn_implementation("sdpa")
        done = other.generate_batch(
            inputs=[list(prompt) for prompt in prompts],
            generation_config=settings,
            continuous_batching_config=batching,
            progress_bar=False,
        )
        failed = [one.error for one in done.values() if one.error]
        if failed or len(done) < len(prompts):
            raise RuntimeError(failed[0] if failed else "some requests never came back")
        return counts([len(one.generated_tokens) for one in done.values()])

    return side


def error_of(side: Callable[[], Any]) -> str | None:
    """The error that a side ends in when it is tried once, in one line."""
    try:
        side()
    except (RuntimeError, ValueError, NotImplementedError, ImportError) as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return None
