"""Write the measured tables into README.md, between their markers.

    python -m minir1.bench.readme

A test compares the README with what this file computes, so the README can't go stale.
"""

import re
from pathlib import Path

from minir1.bench.seeds import read_results
from minir1.bench.thresholds import current, table, verdicts

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"(<!-- results: begin -->\n).*?(<!-- results: end -->)", re.DOTALL)


def results_block() -> str:
    """What stands between the markers."""
    rows = current(read_results())
    if not rows:
        return "No measured table is committed yet.\n"
    device = rows[0]["device"]
    minutes = [row["seconds"] / 60 for row in rows if row["recipe"] == "laptop"]
    took = f"{min(minutes):.1f} to {max(minutes):.1f} minutes a run" if minutes else ""
    return (
        f"{verdicts(rows)}\n\n{table(rows)}\n\n"
        f"Measured on {device['processor']}, {device['threads']} thread(s) a run, torch "
        f"{device['torch']}, {took}. The rows are in `minir1/results/seeds.jsonl`; "
        "`python -m minir1.bench.seeds` measures them again.\n"
    )


def with_results(text: str) -> str:
    """The README's text with the block computed anew."""
    return BLOCK.sub(lambda found: found[1] + results_block() + found[2], text)


if __name__ == "__main__":
    README.write_text(with_results(README.read_text(encoding="utf-8")), encoding="utf-8")
