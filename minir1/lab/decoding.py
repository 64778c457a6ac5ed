"""How long one step takes, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence

from minir1 import recipes
from minir1.lab.charts import lines
from minir1.lab.picture import Picture
from minir1.lab.stacks import stacked
from minir1.model.count import active_parameters, cache_bytes, forward_flops, parameters
from minir1.plan.chips import chip
from minir1.plan.hours import sampling_seconds, step_seconds
from minir1.plan.memory import number_bytes
from minir1.plan.workload import Assumptions, workload


def decode_chart(recipe: str, rows: Sequence[int]) -> Picture:
    """Milliseconds of one decoding step, by rows: the slowest of three limits counts."""
    config, a = recipes.get(recipe), Assumptions()
    model, size, one = config.model, number_bytes(config), chip(config.gpu or "h800")
    context = config.zero.max_new_tokens / 2
    reading, compute = [], []
    for n in rows:
        read = size * min(parameters(model), n * active_parameters(model))
        read += n * context * cache_bytes(model, size)
        reading.append(1e3 * read / (one.memory_rate * a.memory_efficiency))
        flops = n * forward_flops(model, context, "absorbed")
        compute.append(1e3 * flops / (one.flops * a.training_mfu))
    series = {
        "starting the kernels": [1e3 * model.n_layers * a.layer_overhead_s] * len(rows),
        "reading weights and cache": reading,
        "arithmetic": compute,
    }
    return lines(
        f"{recipe}: one decoding step of one {one.name}", "milliseconds", rows, series,
        x_name="answers that one GPU writes side by side", log="xy",
        marks={"the recipe": float(config.zero.rollout_batch or rows[-1])},
        words="The highest line counts. Up to many rows it is not arithmetic",
    )  # fmt: skip


def mean_chart(recipe: str) -> Picture:
    """A plan that waits for the mean answer, beside one that waits for the longest."""
    config, a = recipes.get(recipe), Assumptions()
    one, work = (
        chip(config.gpu or "h800"),
        workload(recipes.get(recipe), config.gpus, Assumptions()),
    )
    real = step_seconds(config, one, config.gpus, a)
    mean = sampling_seconds(
        config, one, work.rollouts_at_once, work.rounds, int(work.mean_length), a
    )
    better = real["compute"] * a.training_mfu / 0.4
    parts = {"sampling": [mean, real["sampling"]], "training": [better, real["training"]]}
    times = (real["sampling"] + real["training"]) / (mean + better)
    return stacked(
        f"{recipe}: seconds of one step", "seconds", parts,
        ticks=["waits for the mean, MFU 40%", "waits for the longest, MFU 15%"], x_name="",
        words=f"The careful plan is {times:.1f} times the hopeful one", width=6.4,
    )  # fmt: skip
