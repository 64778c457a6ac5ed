"""The chips that recipes are planned for: what they can do, and what an hour of one costs.

Rates are the vendor's dense numbers for bfloat16; a plan multiplies them by a utilisation that
is measured or published, never by 1. Links are per direction and as achieved, not as printed.
The price is a default to be overridden: it changes by the month and the provider.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chip:
    """One accelerator. Bytes are decimal, as on data sheets."""

    name: str
    flops: float
    """bfloat16 FLOP a second, dense."""
    memory: float
    """Bytes on the device."""
    memory_rate: float
    """Bytes a second between the device's memory and its cores."""
    link: float
    """Bytes a second to another chip of the same machine, one direction."""
    network: float
    """Bytes a second to another machine, one direction, a chip."""
    watts: int | float
    """The board's limit."""
    dollars_per_hour: float
    source: str


CHIPS = (
    Chip(
        "h800",
        989e12,
        80e9,
        3.35e12,
        160e9,
        40e9,
        700,
        2.0,
        "H100 SXM data sheet; links as achieved: arXiv 2505.09343, 4.3; $2: arXiv 2412.19437",
    ),
    Chip(
        "h100",
        989e12,
        80e9,
        3.35e12,
        360e9,
        40e9,
        700,
        2.95,
        "H100 SXM data sheet; NVLink 450 GB/s a direction, 80% of it",
    ),
    Chip(
        "h200",
        989e12,
        141e9,
        4.8e12,
        360e9,
        40e9,
        700,
        3.5,
        "H200 SXM data sheet; links as H100",
    ),
    Chip(
        "a100",
        312e12,
        80e9,
        2.04e12,
        240e9,
        20e9,
        400,
        1.5,
        "A100 SXM data sheet; NVLink 300 GB/s a direction, 80% of it; 200 Gb/s a chip",
    ),
    Chip(
        "4090",
        165e12,
        24e9,
        1.01e12,
        20e9,
        1e9,
        450,
        0.4,
        "Ada whitepaper, bfloat16 with fp32 accumulation; PCIe 4 x16; 10 Gb/s Ethernet",
    ),
)


def chip(name: str) -> Chip:
    """The chip called `name`.

    >>> chip("H800").flops
    989000000000000.0
    """
    known = {entry.name: entry for entry in CHIPS}
    if name.lower() not in known:
        near = difflib.get_close_matches(name.lower(), known, cutoff=0.4) or known
        raise ValueError(f"--gpu = {name!r} is not known: use one of {', '.join(near)}")
    return known[name.lower()]
