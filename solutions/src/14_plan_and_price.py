# %% [markdown]
# # Exercises 14: plan and price
#
# Three formulas that a bill is made of (hours, bytes, seconds of a decoding step), and then the real task: somebody gives you
# money, and you plan a run. The functions are those of [minir1/plan/](../minir1/plan/__init__.py).
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
from minir1 import recipes
from minir1.lab.desk import check, hint, peek, progress, solution

progress("14_plan_and_price")

# %% [markdown]
# ## 1. `gpu_hours`
#
# Tokens, FLOPs a token, a peak in FLOP a second, and the share of it that is reached. How many hours of one GPU? The package's
# `flops_a_token(model, sequence)` counts forward and backward, and causal attention once.

# %%
from minir1.config import ModelConfig
from minir1.plan.training_time import flops_a_token


def gpu_hours(
    model: ModelConfig, sequence: int, tokens: float, peak: float, utilisation: float
) -> float:
    """Hours of one chip for these tokens."""
    # BEGIN SOLUTION
    flops = tokens * flops_a_token(model, sequence)
    seconds = flops / (peak * utilisation)
    return seconds / 3600
    # END SOLUTION


# %%
peek(gpu_hours, recipes.get("h800_8").model, 4096, 1e9, 989e12, 0.15)

# %%
check(gpu_hours)

# %% [markdown]
# ## 2. `held`
#
# What one process holds at all times, and the gradients that it holds while it trains, in bytes: a float for each of `"weights, float32"`,
# `"gradients"` and `"Adam"` (its two moments), all in float32. `layout(config.model, config.parallel, processes)` lists the units that FSDP
# gathers; of each, `unit.copies` are alike, `unit.whole` numbers are in a whole one and `unit.local` lie here.
#
# If the KL term has a weight (`config.zero.kl_coef`), there is also a `"reference"`, weights only. With
# `config.parallel.offload_optimizer`, all of it lies in the host's memory: then every entry is 0.

# %%
from minir1.config import Config
from minir1.plan.units import layout


def held(config: Config, processes: int) -> dict[str, float]:
    """What a process holds at all times, and the gradients that it holds while it trains."""
    # BEGIN SOLUTION
    local = 0
    for unit in layout(config.model, config.parallel, processes):
        local += unit.copies * unit.local
    if config.parallel.offload_optimizer:
        local = 0
    sizes = {"weights, float32": 4, "gradients": 4, "Adam": 8}
    if config.zero.kl_coef > 0:
        sizes["reference"] = 4
    return {name: float(size * local) for name, size in sizes.items()}
    # END SOLUTION


# %%
peek(held, recipes.get("h800_8"), 8)

# %%
check(held)

# %% [markdown]
# ## 3. `decode_step`
#
# The seconds in which each of `rows` answers gets one more token. The **slowest** of three:
#
# - *starting*: `a.layer_overhead_s` a layer;
# - *reading*: the weights that are used, and `context` cached tokens a row, at `chip.memory_rate` times `a.memory_efficiency`. One
#   row uses `active_parameters(model)` weights; n rows use n times as many, but never more than `parameters(model)`;
# - *arithmetic*: `forward_flops(model, context, "absorbed")` a row, at `chip.flops` times `a.training_mfu`.
#
# A number has `number_bytes(config)` bytes; `cache_bytes(model, size)` is what one cached token takes in all layers.

# %%
from minir1.config import Config
from minir1.model.count import active_parameters, cache_bytes, forward_flops, parameters
from minir1.plan.chips import Chip
from minir1.plan.memory import number_bytes
from minir1.plan.workload import Assumptions


def decode_step(config: Config, chip: Chip, rows: int, context: float, a: Assumptions) -> float:
    """Seconds in which each of `rows` rows writes one token."""
    # BEGIN SOLUTION
    model, size = config.model, number_bytes(config)
    weights = min(rows * active_parameters(model), parameters(model))
    cache = rows * context * cache_bytes(model, size)
    reading = (size * weights + cache) / (chip.memory_rate * a.memory_efficiency)
    arithmetic = rows * forward_flops(model, context, "absorbed")
    arithmetic = arithmetic / (chip.flops * a.training_mfu)
    starting = model.n_layers * a.layer_overhead_s
    return max(reading, arithmetic, starting)
    # END SOLUTION


# %%
check(decode_step)

# %% [markdown]
# ## 4. `plan_budget`, a free one
#
# You get `dollars`. Choose for the recipe `h800_8` a chip (`gpu`), how many (`gpus`), the number of `steps` and
# `max_new_tokens`, and say how many `hours` it will take. Return these five as a dict. The rubric, computed by the grader with
# `minir1.plan`:
#
# | points | |
# |---|---|
# | 2 | it fits into the memory of the chip |
# | 2 | the planned price, at the chip's usual rent, is within the budget |
# | 1 | your `hours` are those of the plan, within a tenth |
# | 2 | it is worth running: 100 steps or more, answers of 512 tokens or more, and half of the money or more is used |
#
# The budget is not known before; it is between $60 and $1,500. You may call everything in `minir1.plan`: `plan(config, chip("h800"), 8)`
# has `.dollars`, `.total_hours` and `.too_much` (empty where it fits), and `replace` makes a config with other fields in
# `config.zero`. Experts need as many owners as there are GPUs, but no more than 8: the grader sets `parallel.expert_parallel` so.

# %%
from dataclasses import replace
from typing import Any

from minir1 import recipes
from minir1.plan.chips import chip
from minir1.plan.recipe import plan


def plan_budget(dollars: float) -> dict[str, Any]:
    """gpu, gpus, steps, max_new_tokens and hours of a run of h800_8 for this money."""
    # BEGIN SOLUTION
    gpu, gpus, longest = "h800", 8, 1024
    config = recipes.get("h800_8")

    def planned(steps):
        zero = replace(config.zero, steps=steps, max_new_tokens=longest)
        return plan(replace(config, zero=zero), chip(gpu), gpus)

    # The price grows in a straight line with the steps; some dollars stay for what does not.
    steps = int(95 * dollars / planned(100).dollars)
    return {
        "gpu": gpu,
        "gpus": gpus,
        "steps": steps,
        "max_new_tokens": longest,
        "hours": planned(steps).total_hours,
    }
    # END SOLUTION


# %%
check(plan_budget)

# %%
progress("14_plan_and_price")
