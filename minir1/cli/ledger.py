"""`minir1 ledger [FOLDER]`: what runs cost, and what the published ones must have cost."""

import json
from pathlib import Path
from typing import Annotated, Any

import tyro

from minir1.cli.options import Json
from minir1.cli.output import table
from minir1.run.bill import Rates, bill
from minir1.run.home import RUNS


def main(
    folder: Annotated[Path, tyro.conf.Positional] = RUNS,
    *,
    papers: bool = False,
    rates: Annotated[Rates, tyro.conf.arg(name="")] = Rates(),  # noqa: B008 (frozen)
    as_json: Json = False,
) -> int:
    """Sum what every run in a folder cost: time, tokens, FLOPs, energy and money.

    Runs that failed or were stopped are counted like those that succeeded: they were paid for.

    Args:
        folder: one run, or a folder of runs
        papers: in place of it, the bills of R1 and V3 from their hours, and R1-Zero's hours
            predicted from its samples
        rates: what turns hours into energy and dollars into rupiah
    """
    if papers:
        return show_papers(rates, as_json)
    lines = bill(folder, rates)
    if as_json:
        print(json.dumps({"rates": vars_of(rates), "rows": lines}))
        return 0
    head = ("run", "hours", "trained", "sampled", "FLOPs", "Wh", "$", "rupiah")
    table([head, *map(as_cells, lines)])
    print(
        f"Energy at {rates.watts_a_core:g} W a core; {rates.rupiah_a_dollar:,.0f} rupiah a dollar."
    )
    return 0


def as_cells(line: dict[str, Any]) -> tuple[str, ...]:
    """One line of the bill, short enough for a terminal."""
    return (
        line["run"],
        f"{line['seconds'] / 3600:.2f}",
        short(line["tokens_trained"]),
        short(line["tokens_sampled"]),
        f"{line['flops']:.1e}",
        f"{line['kilowatt_hours'] * 1000:.3g}",
        f"{line['dollars']:.3g}",
        f"{line['rupiah']:,.0f}",
    )


def short(number: int | float) -> str:
    """A large number in thousands, millions, billions or trillions.

    >>> short(999), short(9_320_000), short(2.81e10), short(999_600)
    ('999', '9.32M', '28.1B', '1M')
    """
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= 0.9995 * size:  # what rounds to a thousand of the smaller one
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def vars_of(rates: Rates) -> dict[str, float]:
    """A rate by its name."""
    return {name: getattr(rates, name) for name in rates.__slots__}


def show_papers(rates: Rates, as_json: bool) -> int:
    """The published bills, and what the formulas of `minir1/plan/` make of them."""
    from minir1.plan import published, r1_zero

    low, high = r1_zero.spread()
    zero = r1_zero.predict()
    result: dict[str, Any] = {
        "r1": {**published.R1_HOURS, "dollars": published.dollars(published.R1_HOURS)},
        "v3": {**published.V3_HOURS, "dollars": published.dollars(published.V3_HOURS)},
        "v3_step_seconds": published.v3_step_seconds(),
        "v3_mfu": published.fitted_mfu(),
        "runs": [
            {
                "name": run.name,
                "published_hours": run.hours,
                "predicted_hours": published.predicted_hours(run),
                "off": published.predicted_hours(run) / run.hours - 1,
                "source": run.source,
            }
            for run in published.RUNS
        ],
        "r1_zero": zero | {"published": r1_zero.PUBLISHED_HOURS, "low": low, "high": high},
    }
    if as_json:
        print(json.dumps(result))
        return 0
    for name, hours in (("DeepSeek-R1", published.R1_HOURS), ("DeepSeek-V3", published.V3_HOURS)):
        money = published.dollars(hours)
        rows = [(part, f"{h:,.0f}", f"{h * 2:,.0f}") for part, h in hours.items()]
        rupiah = f"{money * rates.rupiah_a_dollar / 1e9:,.2f} billion rupiah"
        last = ("total", f"{sum(hours.values()):,.0f}", f"{money:,.0f} ({rupiah})")
        table([(name, "H800-hours", "dollars at $2"), *rows, last])
    print(
        f"V3: {result['v3_step_seconds']:.2f} s a step, MFU {result['v3_mfu']:.1%} (fitted here)\n"
    )
    rows = [
        (
            r["name"],
            f"{r['published_hours']:,.0f}",
            f"{r['predicted_hours']:,.0f}",
            f"{r['off']:+.1%}",
        )
        for r in result["runs"]
    ]
    table([("pre-training, with V3's MFU", "published hours", "predicted", "off"), *rows])
    print(
        f"R1-Zero on 512 H800: predicted {zero['hours']:.0f} hours "
        f"({zero['waiting_hours']:.0f} of them waiting for the longest response), "
        f"published {r1_zero.PUBLISHED_HOURS:.0f}.\n"
        f"Reasonable assumptions give {low:.0f} to {high:.0f}; they are listed in "
        "minir1/plan/r1_zero.py. Failed runs, sweeps, people and data are in none of these bills."
    )
    return 0
