"""`minir1 report RUN`: write a run's report again."""

from pathlib import Path

from minir1.recipes import RECIPES
from minir1.run.home import find_run


def main(run: Path) -> int:
    """Write the report of a run: one HTML page and its pictures.

    Args:
        run: the run's folder, or its name in runs/
    """
    folder = find_run(run)
    from minir1.run.report import write_report

    print(f"The report: {write_report(folder, RECIPES).resolve()}")
    return 0
