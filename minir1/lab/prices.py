"""Published bills as pictures: where the money went, and what the formulas make of it."""

from __future__ import annotations

from dataclasses import replace

from minir1.lab.charts import bars, columns, lines
from minir1.lab.picture import Picture
from minir1.lab.stacks import stacked
from minir1.plan.published import (
    DOLLARS_PER_H800_HOUR,
    R1_HOURS,
    RUNS,
    V3_HOURS,
    dollars,
    predicted_hours,
)
from minir1.plan.r1_zero import PUBLISHED_HOURS, Assumptions, budget_at, length_at, predict


def bill_chart() -> Picture:
    """R1's bill, stage by stage, at the rent that its paper assumes."""
    rent = DOLLARS_PER_H800_HOUR
    values = {name: hours * rent / 1e3 for name, hours in R1_HOURS.items()}
    whole = sum(values.values())
    share = values["R1-Zero"] / whole
    return bars(
        "R1's bill (its table 7)", "thousand dollars", values, fmt="${:.0f}K", marked=["R1-Zero"],
        words=f"Together ${whole:.0f}K; R1-Zero alone is {share:.0%} of it",
    )  # fmt: skip


def behind_chart() -> Picture:
    """What stands behind R1's bill: the bill of its base, on one scale."""
    rent = DOLLARS_PER_H800_HOUR / 1e3
    values = {f"V3 {name}": hours * rent for name, hours in V3_HOURS.items()}
    values["all of R1"] = sum(R1_HOURS.values()) * rent
    times = dollars(V3_HOURS) / dollars(R1_HOURS)
    return bars(
        "And the base under it (DeepSeek-V3's table 1)", "thousand dollars", values,
        fmt="${:,.0f}K", marked=["all of R1"],
        words=f"The base cost {times:.0f} times as much as R1's RL; neither bill holds research, "
        "failed runs, data or salaries",
    )  # fmt: skip


def check_chart() -> Picture:
    """Predicted GPU-hours of published runs, as a share of what their makers say."""
    ratio = [predicted_hours(run) / run.hours for run in RUNS]
    names = [run.name.replace(", a trillion tokens", "") for run in RUNS]
    said = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, ratio, strict=True))
    return columns(
        "Hours predicted with one utilisation, fitted on V3", "predicted / published",
        {"ratio": ratio}, x_name="", ticks=names, line=1.0, words=f"1 is exact: {said}",
    )  # fmt: skip


def length_chart() -> Picture:
    """Mean and longest response of R1-Zero over its run."""
    a = Assumptions()
    steps = list(range(0, a.steps + 1, 200))
    series = {
        "longest allowed": [float(budget_at(a.max_length, step)) for step in steps],
        "mean (read off the paper's curve)": [length_at(a.mean_length, step) for step in steps],
    }
    last = series["longest allowed"][-1] / series["mean (read off the paper's curve)"][-1]
    first = series["longest allowed"][0] / series["mean (read off the paper's curve)"][0]
    return lines(
        "Lengths of R1-Zero", "tokens", steps, series, x_name="update", log="y",
        words=f"The longest may be {first:.0f} times the mean at the start, {last:.1f} at the end",
    )  # fmt: skip


def waiting_chart() -> Picture:
    """The published hours of R1-Zero, and what a prediction without them consists of."""
    found = predict()
    parts = {
        "waiting for the longest": [0.0, found["waiting_hours"]],
        "training": [0.0, found["training_hours"]],
        "published": [PUBLISHED_HOURS, 0.0],
    }
    share = found["waiting_hours"] / found["hours"]
    return stacked(
        "R1-Zero on 512 H800", "hours", parts, ticks=["its paper", "predicted"], x_name="",
        words=f"Predicted {found['hours']:.0f} hours, published {PUBLISHED_HOURS:.0f}; "
        f"{share:.0%} of it is waiting for the longest response",
        width=5.4, height=2.7,
    )  # fmt: skip


CHANGES = {
    "as assumed": {},
    "no speculation": {"speculation": 1.0},
    "longest: half of what is allowed": {"longest_share": 0.5},
    "longest: a quarter": {"longest_share": 0.25},
    "40 tokens a second, then speculation": {"tokens_a_second": 40.0},
    "training at 10% MFU": {"training_mfu": 0.10},
    "half of the responses": {"samples_a_rollout": 4096},
}
"""What is changed in the prediction, one thing at a time."""


def levers_chart() -> Picture:
    """R1-Zero's hours when one assumption is another."""
    hours = {
        name: predict(replace(Assumptions(), **change))["hours"] for name, change in CHANGES.items()
    }
    return bars(
        "R1-Zero's hours, one assumption changed", "hours on 512 GPUs", hours, fmt="{:.0f}",
        marked=["as assumed"],
    )  # fmt: skip
