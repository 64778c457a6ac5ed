"""Tokens a second at batch 16: our sampler against transformers, on a real model and a tiny one.

The real model is SmolLM2, read by each side from the same GGUF file; the tiny one is the base of
the recipe laptop, a mixture of experts. Every row writes the same number of tokens, drawn at
temperature 1, and no prompt is shared: both sides do the same work.

On the tiny model, where the price of calls decides, both sides also run with their compiled step.
What compiling took stands beside it, from a folder without any program of an earlier run.
"""

import contextlib
import io
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from minir1 import recipes
from minir1.bench import sampler
from minir1.bench.base import base, train_prompts
from minir1.bench.clock import Side, alternate, cpu_seconds
from minir1.bench.rows import Row, row
from minir1.bench.twin import TOLERANCE, need, twin
from minir1.config import Config
from minir1.model import hub
from minir1.model.compiler import missing_tool
from minir1.model.transformer import Transformer
from minir1.rl.compiled import CompiledStep
from minir1.run.models import new_model, tokenizer_of
from minir1.tasks import make_task
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


def main(
    run: Path | None = None,
    batch: int = 16,
    new_tokens: int = 64,
    repeats: int = 5,
    threads: int = 0,
    only: str = "",
) -> list[Row]:
    """Our sampler against transformers' generate at batch 16: SmolLM2, and the tiny MoE.

    Args:
        run: take the tiny base of this finished run; without it, one is trained in runs/bench-...
        batch: prompts at a time
        new_tokens: the length of every completion
        repeats: measurements of each side
        threads: CPU threads of both sides; 0 leaves the choice to torch
        only: "real" or "tiny"; without it, both
    """
    need("transformers")
    if threads:
        torch.set_num_threads(threads)
    rows = []
    if only in ("", "real"):
        config = replace(recipes.get("smollm"), examples=())  # short prompts: steps are compared
        model, other = new_model(config, torch.device("cpu")), real_twin(config)
        same(model, other)
        tokenizer, problems = tokenizer_of(config), make_task(config.task).problems("train", 0)
        prompts = [prompt_ids(tokenizer, next(problems).question) for _ in range(batch)]
        sides = both(model, other, prompts, new_tokens, tokenizer)
        rows.append(measure(f"SmolLM2, batch {batch}", config, sides, batch, new_tokens, repeats))
    if only in ("", "tiny"):
        config, model = base("laptop", run)
        tokenizer = Tokenizer(config.model.vocab_size)
        prompts = train_prompts(config, batch)
        sides = both(model, twin(model, tokenizer), prompts, new_tokens, tokenizer)
        rows.append(measure(f"tiny MoE, batch {batch}", config, sides, batch, new_tokens, repeats))
        if not missing_tool():
            rows.append(compiled_row(config, model, prompts, new_tokens, tokenizer, repeats))
            rows.append(rollouts_row(config, model, tokenizer, repeats))
    return rows


def both(
    model: Transformer, other: Any, prompts: list[list[int]], new_tokens: int, tokenizer: Tokenizer
) -> dict[str, Side]:
    """Our sampler, and `generate` with each attention that works on a CPU."""
    sides = {"minir1": sampler.ours(model, prompts, new_tokens, sampler.NEVER)}
    for attention in ("sdpa", "eager"):
        sides[f"transformers generate, {attention}"] = sampler.generate(
            other, attention, prompts, new_tokens, sampler.NEVER, tokenizer.pad_id
        )
    return sides


def compiled_row(
    config: Config,
    model: Transformer,
    prompts: list[list[int]],
    new_tokens: int,
    tokenizer: Tokenizer,
    repeats: int,
) -> Row:
    """Both sides with their compiled step and without, and what compiling cost each."""
    from torch._inductor.utils import fresh_cache

    other, end = twin(model, tokenizer), sampler.NEVER
    theirs = (other, "sdpa", prompts, new_tokens, end, tokenizer.pad_id)
    step = CompiledStep(torch.device("cpu"))
    sides = {
        "minir1": sampler.ours(model, prompts, new_tokens, end, step),
        "transformers generate, compiled": sampler.generate(*theirs, compiled=True),
    }
    with fresh_cache():  # a program that an earlier process left on the disk would be found
        first = {name: first_call(side) for name, side in sides.items()}
        sides["minir1, not compiled"] = sampler.ours(model, prompts, new_tokens, end)
        sides["transformers generate, sdpa"] = sampler.generate(*theirs)
        case, batch = f"tiny MoE, batch {len(prompts)}, compiled", len(prompts)
        return measure(case, config, sides, batch, new_tokens, repeats, first)


def first_call(side: Side) -> dict[str, float]:
    """What a side's first call takes, with the compilers that it starts."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    side()
    return {"seconds": time.perf_counter() - wall, "cpu_seconds": cpu_seconds() - cpu}


def rollouts_row(config: Config, model: Transformer, tokenizer: Tokenizer, repeats: int) -> Row:
    """What RL asks of the sampler in one step: whole groups, whose rows end when they end."""
    settings = config.zero
    questions = train_prompts(config, settings.questions_per_step)
    prompts = [prompt for prompt in questions for _ in range(settings.group_size)]
    longest, step = settings.budget(0), CompiledStep(torch.device("cpu"))
    sides = {
        "minir1": sampler.ours(model, prompts, longest, tokenizer.eos_id, step),
        "minir1, not compiled": sampler.ours(model, prompts, longest, tokenizer.eos_id),
    }
    case = f"rollouts of one step, batch {len(prompts)}, compiled"
    return measure(case, config, sides, len(prompts), longest, repeats)


def measure(
    case: str,
    config: Config,
    sides: dict[str, Side],
    batch: int,
    new_tokens: int,
    repeats: int,
    first: dict[str, dict[str, float]] | None = None,
) -> Row:
    """The row of one model."""
    measured: dict[str, Any] = {
        name: {"repeats": turns} for name, turns in alternate(sides, repeats).items()
    }
    for name, call in (first or {}).items():
        measured[name]["first"] = call
    settings = {"batch": batch, "new_tokens": new_tokens, "temperature": 1.0}
    return row("sampler_real", case, config, settings=settings, sides=measured)


def real_twin(config: Config) -> Any:
    """The same file in transformers' own model."""
    from transformers import AutoModelForCausalLM, logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    path = hub.locate(config.base)
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        other = AutoModelForCausalLM.from_pretrained(
            str(path.parent), gguf_file=path.name, dtype=torch.float32
        )
    return other.eval()


@torch.inference_mode()
def same(model: Transformer, other: Any) -> None:
    """Raise a ValueError if the two do not compute the same function."""
    ids = torch.arange(5, 69)[None]
    theirs = other(ids).logits
    gap = float((model(ids) - theirs).abs().max() / theirs.abs().max())  # real logits are large
    if gap > TOLERANCE:
        raise ValueError(f"their logits differ by {gap:.1e} of the largest: no twins to compare")
