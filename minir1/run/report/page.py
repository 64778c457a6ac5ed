"""All sections of the report into one template, and the template into one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from minir1.run.report import words
from minir1.run.report.curves import health, three_curves
from minir1.run.report.doctor import visits
from minir1.run.report.ink import DARK, LIGHT
from minir1.run.report.patience import cap_chart, path_chart, split, verdict
from minir1.run.report.reading import Run, read_run
from minir1.run.report.sections import (
    Recipes,
    before_and_after,
    gain_in_words,
    headline,
    never_right,
    other_sets,
    price,
    reproduce,
)
from minir1.run.report.stages import stage_table
from minir1.run.report.transcripts import pairs
from minir1.run.whole import write_text

BEHAVIOUR = {
    "first_try": "First try right",
    "repeats": "Tries that repeat an earlier one",
    "tries": "Tries a response",
    "checks": "Checks a response",
    "retries": "Retries: tries after a \u201cno\u201d",
}
SHARES = ("pass@1", "first_try", "repeats")


def write_report(run_dir: Path, recipes: Recipes | None = None, out: Path | None = None) -> Path:
    """Write `index.html` and its charts into `out` (the run's `report/` if not given).

    `recipes` are those that the command to make the run again may start from.
    """
    run = read_run(Path(run_dir))
    folder = run.folder / "report" if out is None else Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    # Everything that isn't marked as safe is escaped: a model may write any text.
    environment = Environment(
        loader=PackageLoader("minir1.run.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(words, name)
        for name in (
            "count", "dollars", "duration", "percent", "percent_interval", "plain",
            "plain_interval", "points",
        )
    }  # fmt: skip
    environment.filters["gain_in_words"] = gain_in_words
    html = environment.get_template("page.html.jinja").render(content(run, folder, recipes or {}))
    page = folder / "index.html"
    write_text(page, html)
    return page


def content(run: Run, folder: Path, recipes: Recipes) -> dict[str, Any]:
    """What the template shows. The charts are written into `folder` on the way."""
    base, final = (run.evaluations.get(name) for name in ("base", "final"))
    insights = [one["insight"] if one and "insight" in one else None for one in (base, final)]
    before, after = insights
    return {
        "config": run.config,
        "light": LIGHT,
        "dark": DARK,
        "headline": headline(run),
        "stages": stage_table(run),
        "never_right": never_right(run),
        "base": base,
        "final": final,
        "rl_steps": run.last_step("zero"),
        "tiles": before_and_after(
            run, {"pass@1": "Right", "length": "Tokens a response", "checks": "Checks a response"}
        ),
        "shares": SHARES,
        "curves": three_curves(run, folder),
        "path": path_chart(run, folder),
        "cap": cap_chart(run, folder),
        "insights": insights,
        "split": split(before, after) if before and after else None,
        "verdict": verdict(after) if after else None,
        "behaviour": before_and_after(run, BEHAVIOUR),
        "pairs": pairs(base["rows"] if base else [], final["rows"] if final else []),
        "sets": other_sets(run),
        "health": health(run, folder),
        "doctor": visits(run),
        "price": price(run),
        "reproduce": reproduce(run, recipes),
    }
