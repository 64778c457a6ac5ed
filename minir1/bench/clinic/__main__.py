"""`python -m minir1.bench.clinic`: break runs on purpose, and ask the doctor.

python -m minir1.bench.clinic --table                    the judged runs and what was said
python -m minir1.bench.clinic --calibration --table      those that set the thresholds
python -m minir1.bench.clinic                            run what is not kept yet
python -m minir1.bench.clinic --cases lr_10x --seeds 7   one of them
"""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from minir1.bench.clinic import CALIBRATION, judges
from minir1.bench.clinic.cases import CASES
from minir1.bench.clinic.runs import CALIBRATION_ROWS, JUDGED_ROWS, read_runs, run_all
from minir1.bench.clinic.table import summary, table


def main(
    cases: tuple[str, ...] = tuple(CASES),
    seeds: tuple[int, ...] = (),
    calibration: bool = False,
    only_table: Annotated[bool, tyro.conf.arg(name="table")] = False,
    out: Path = Path("runs/clinic"),
) -> int:
    """Run cases of the clinic, one after the other, and print what the doctor says.

    Args:
        cases: names of cases
        seeds: their seeds; without any, those of the protocol
        calibration: the seeds on which thresholds may be set, in place of those that judge
        only_table: run nothing, print the table of what is kept
        out: where the runs' folders go
    """
    path = CALIBRATION_ROWS if calibration else JUDGED_ROWS
    if not only_table:
        run_all([(name, seed) for name in cases for seed in seeds or own(name, calibration)], out)
    runs = read_runs(path)
    print(f"{table(runs)}\n\n{summary(runs)}")
    return 0


def own(name: str, calibration: bool) -> list[int]:
    """The seeds of a case."""
    return [*CALIBRATION] if calibration else judges(name)


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
