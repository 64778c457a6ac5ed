"""`minir1 plan RECIPE`: memory, traffic, hours and dollars, before a cent is spent."""

import json
from dataclasses import asdict
from math import inf
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from minir1.cli.options import Json, Recipe
from minir1.cli.output import table, words

if TYPE_CHECKING:
    from minir1.plan.recipe import Plan

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
ASSUMED_CHIP = "h800"


def main(
    config: Recipe, *, price: float | None = None, dry_run: Flag = False, as_json: Json = False
) -> int:
    """What a recipe needs and costs: by formulas at once, or by its own code on simulated GPUs.

    --gpu h100 and --gpus 16 plan it for other chips (h800, h100, h200, a100, 4090).

    Args:
        config: what to plan
        price: dollars of one GPU and hour (the chip's usual price if not given)
        dry_run: run the real code on tensors without data, and compare it with the formulas
    """
    from minir1.config import require
    from minir1.plan.chips import chip
    from minir1.plan.recipe import headline, plan

    require(price is None or 0 <= price < inf, "--price", price, "use a number of at least 0")
    found = plan(config, chip(config.gpu or ASSUMED_CHIP), price=price)
    simulated = None
    if dry_run:
        from minir1.plan.dry_run import dry_run as simulate

        simulated = simulate(config, found.gpus)
    if as_json:
        result = found.to_json()
        print(json.dumps(result | ({"dry_run": simulated} if simulated else {})))
        return 0
    if not config.gpu:
        print(f"This recipe names no chip; planned for {ASSUMED_CHIP} (--gpu).")
    print(headline(found))
    for rows in (sizes(found), memory(found), traffic(found), disk(found), costs(found)):
        table(rows)
    print(advice(found, config.name))
    if simulated is not None:
        table(comparison(simulated))
    print(assumptions(found))
    return 0


def gigabytes(size: float) -> str:
    """Bytes as GB; small ones with the digits that they need.

    >>> gigabytes(64.1e9), gigabytes(2.5e6)
    ('64.1', '0.0025')
    """
    return f"{size / 1e9:.1f}" if size >= 1e8 else f"{size / 1e9:.2g}"


def sizes(found: "Plan") -> list[tuple[str, ...]]:
    """The model and a step's work."""
    from minir1.cli.ledger import short

    work = found.work
    return [
        ("", ""),
        ("parameters", short(found.parameters)),
        ("of which a token uses", short(found.active_parameters)),
        ("rollouts a step", f"{work.rollouts:,} ({work.rollouts_at_once} at once on a GPU)"),
        ("tokens a step", short(work.tokens)),
        ("passes a GPU and step", f"{work.micro_batches} of {work.micro_batch_tokens:,} tokens"),
        ("training FLOPs a step", f"{found.flops:.2e}"),
    ]


def memory(found: "Plan") -> list[tuple[str, ...]]:
    """Of one GPU, at its two peaks."""
    sample, train = found.memory["sampling"], found.memory["training"]
    kinds = list(dict.fromkeys([*train, *sample]))
    rows = [
        (kind, *(gigabytes(peak[kind]) if kind in peak else "" for peak in (sample, train)))
        for kind in kinds
    ]
    total = ("total", *(gigabytes(sum(peak.values())) for peak in (sample, train)))
    return [("GB on a GPU", "sampling", "training"), *rows, total]


def traffic(found: "Plan") -> list[tuple[str, ...]]:
    """What one GPU receives."""
    names = {"nvlink": "whole step, over NVLink", "network": "whole step, over the network"}
    rows = [(names.get(kind, kind), gigabytes(size)) for kind, size in found.traffic.items()]
    return [("GB to a GPU", ""), *rows]


def disk(found: "Plan") -> list[tuple[str, ...]]:
    """What checkpoints take."""
    one = found.disk
    return [
        ("GB on the disk", ""),
        ("a checkpoint", gigabytes(one.checkpoint)),
        ("all that is kept", gigabytes(one.kept)),
    ]


def costs(found: "Plan") -> list[tuple[str, ...]]:
    """Time and money."""
    each = found.gpus * found.price
    rows = [(part, f"{h:.2f}", f"{h * each:,.2f}") for part, h in found.hours.items()]
    return [
        ("", "hours", "$"),
        *rows,
        ("total", f"{found.total_hours:.2f}", f"{found.dollars:,.2f}"),
    ]


def advice(found: "Plan", recipe: str) -> str:
    """What would make it fit."""
    if not found.too_much:
        return "It fits."
    over = ", ".join(f"{peak} by {gigabytes(size)} GB" for peak, size in found.too_much.items())
    if found.cure is None:
        return (
            f"It does not fit: {over}. No option of one more try helps: each GPU samples from a "
            "whole copy of the model. A server that spreads it over several GPUs must sample."
        )
    return f"It does not fit: {over}. The nearest change that would:\n  minir1 plan {recipe} " + (
        " ".join(found.cure)
    )


def comparison(simulated: dict[str, Any]) -> list[tuple[str, ...]]:
    """The dry run beside the formulas."""
    rows = []
    for name, (formula, run) in simulated["compared"].items():
        off = f"{formula / run - 1:+.1%}" if run else "-"
        rows.append((name, gigabytes(formula), gigabytes(run), off))
    return [("GB, one pass", "formula", "dry run", "off"), *rows]


def assumptions(found: "Plan") -> str:
    """What the hours rest on."""
    from minir1.plan.disk import DISK_RATE

    minutes = found.disk.save_seconds / 60
    listed = ", ".join(f"{name} {words(value)}" for name, value in asdict(found.assumed).items())
    rates = ", ".join(f"{part} {rate:,.0f}" for part, rate in found.tokens_a_second.items())
    return (
        f"Tokens a second, all GPUs: {rates}.\nAssumed, not measured: {listed}. "
        "`minir1 preflight` measures them on the machine itself.\n"
        f"Not in the hours: {found.disk.saves} saves (--zero.save-every), of {minutes:,.1f} "
        f"minutes each on a disk of {DISK_RATE / 1e6:g} MB/s; the base's download.\n"
        f"The chip: {found.chip.source}."
    )
