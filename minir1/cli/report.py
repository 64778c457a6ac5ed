"""`minir1 report RUN`: write a run's report again."""

from pathlib import Path

from minir1.recipes import RECIPES
from minir1.run.home import RESULTS, RUNS, find_run


def main(run: Path, *, out: Path | None = None) -> int:
    """Write the report of a run: one HTML page and its pictures.

    Args:
        run: the run's folder, or its name in runs/
        out: where to write; the run's own report/ if not given, runs/NAME-report for a run that
            came with the package
    """
    folder = find_run(run)
    from minir1.run.report import write_report

    if out is None and folder.is_relative_to(RESULTS):
        out = RUNS / f"{folder.name}-report"
    print(f"The report: {write_report(folder, RECIPES, out).resolve()}")
    return 0
