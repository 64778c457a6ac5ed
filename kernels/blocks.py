"""Write tables into kernels/README.md, between two marks, from the rows they are computed from.

<!-- aot -->
the table
<!-- end of aot -->
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

README = Path(__file__).with_name("README.md")
NOT_YET = "Not measured on a GPU yet: `python kernels/bench.py --save` on one fills this in."


def filled(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of `name`.

    >>> filled("a <!-- x --> old <!-- end of x --> b", "x", "new")
    'a <!-- x -->\\nnew\\n<!-- end of x --> b'
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no marks {start} and {end}")
    return pattern.sub(lambda _: f"{start}\n{text}\n{end}", page)


def compiled_table(rows: list[dict[str, Any]]) -> str:
    """What sm_90's kernels at a large model's widths came out as, one line a kernel."""
    versions = sorted({row["triton"] for row in rows})
    lines = [
        "| op | kernel | registers, Triton " + " / ".join(versions) + " | spilled bytes |"
        " shared kB | wgmma | TMA | warps specialised |",
        "|---|---|---|---|---|---|---|---|",
    ]
    chip = [r for r in rows if r["chip"] == "sm_90"]
    for op, kernel in dict.fromkeys((r["op"], r["kernel"]) for r in chip):
        found = [r for r in chip if (r["op"], r["kernel"]) == (op, kernel)]
        # A kernel that is the same at all widths is compiled once, and listed with the first.
        found = [r for r in found if r["shape"] == "wide"] or found
        most = [max(r["registers"] for r in found if r["triton"] == v) for v in versions]
        cells = [
            op,
            f"`{kernel}`",
            " / ".join(map(str, most)),
            str(max(r["spill"] for r in found)),
            f"{max(r['shared'] for r in found) / 1024:.0f}",
            *("yes" if all(r[what] for r in found) else "-" for what in ("wgmma", "tma")),
            "yes" if all(r["warp_specialized"] for r in found) else "-",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(name: str, text: str) -> None:
    README.write_text(filled(README.read_text(), name, text))
