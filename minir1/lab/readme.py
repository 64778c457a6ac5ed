"""Write the measured tables into README.md, between their markers, and draw its pictures.

    python -m minir1.lab.readme

A test compares the README with what this file computes, so the README can't go stale. The
pictures lie beside the rows that they show, in `minir1/results/`.
"""

import re
from pathlib import Path
from statistics import median

from minir1.bench import plots, rows
from minir1.bench.claims import table as claims
from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.bench.thresholds import table, verdicts
from minir1.lab.seeds import seed_curves
from minir1.run.home import RESULTS

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"(<!-- (\w+): begin -->\n).*?(<!-- \2: end -->)", re.DOTALL)


def results_block() -> str:
    """What stands between the markers."""
    measured = current(read_results())
    if not measured:
        return "No measured table is committed yet.\n"
    device = measured[0]["device"]
    minutes = [row["seconds"] / 60 for row in measured if row["recipe"] == "laptop"]
    took = f"{median(minutes):.0f} minutes a run of `laptop` (median)" if minutes else ""
    return (
        f"{verdicts(measured)}\n\n{table(measured)}\n\n"
        f"Measured on {device['processor']}, {device['threads']} thread(s) a run, torch "
        f"{device['torch']}, {took}. The rows are in `minir1/results/seeds.jsonl`; "
        "`python -m minir1.bench.seeds` measures them again.\n"
    )


def claims_block() -> str:
    """The verdicts, row by row; folded up under it each sentence with its number."""
    found = claims.lines()
    return (
        f"{claims.summary(found)}\n\n<details><summary>Every sentence, with its control, its "
        f"interval and its threshold</summary>\n\n{claims.markdown(found)}\n\n</details>\n\n"
        "Intervals over seeds are Student's, with Bonferroni's correction: with 95% confidence, "
        "all of them are right together, at both looks. The rows are in "
        "`minir1/results/claims.jsonl`; `minir1 claims --run` measures them again.\n"
    )


def with_results(text: str) -> str:
    """The README's text with each of its blocks computed anew."""
    blocks = {"results": results_block, "claims": claims_block}
    return BLOCK.sub(lambda found: found[1] + blocks[found[2]]() + found[3], text)


def write_pictures(folder: Path) -> list[Path]:
    """Every seed's three curves beside the control, and reward against time beside TRL."""
    written = plots.write_svg(
        seed_curves(current(read_results()), ("laptop", "laptop_lying")).figure, folder / "curves"
    )
    races = [row for row in rows.latest(rows.read()) if row["bench"] == "race"]
    return [written] + [plots.write_svg(plots.race_figure(row), folder / "race") for row in races]


if __name__ == "__main__":
    write_pictures(RESULTS)
    README.write_text(with_results(README.read_text(encoding="utf-8")), encoding="utf-8")
