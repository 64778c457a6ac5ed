"""What the doctor said of each run of the clinic, as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from minir1.bench.cells import heading, line
from minir1.bench.clinic.cases import CASES
from minir1.bench.clinic.runs import Run, rows_of
from minir1.run.doctor import examine


def findings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of what the doctor finds in a diary, in his order."""
    return [finding.name for finding in examine(rows)]


def findings_of(run: Run) -> list[str]:
    """The names of a run's findings."""
    return findings(rows_of(run))


def named_right(run: Run) -> bool:
    """The expected finding comes first; a healthy run has none at all."""
    found, expected = findings_of(run), CASES[run["case"]].expects
    return found[:1] == [expected] if expected else not found


def table(runs: Sequence[Run]) -> str:
    """One line a case: what was broken, what was expected, and what was said, by seed."""
    said_by_seed = "what the doctor said, by seed"
    lines = heading("case", "what was changed", "must be named first", said_by_seed, "right")
    for name in dict.fromkeys(run["case"] for run in runs):
        case, mine = CASES[name], [run for run in runs if run["case"] == name]
        said: dict[str, list[str]] = {}
        for run in mine:
            said.setdefault(", ".join(findings_of(run)) or "nothing", []).append(str(run["seed"]))
        words = "; ".join(f"{what} ({', '.join(seeds)})" for what, seeds in said.items())
        right = f"{sum(map(named_right, mine))} of {len(mine)}"
        lines.append(line(f"`{name}`", case.change, case.expects or "nothing", words, right))
    return "\n".join(lines)


def summary(runs: Sequence[Run]) -> str:
    """How many broken runs were named right, and how many healthy ones were left in peace."""
    broken = [run for run in runs if CASES[run["case"]].expects]
    well = [run for run in runs if not CASES[run["case"]].expects]
    return (
        f"{sum(map(named_right, broken))} of {len(broken)} broken runs named right "
        f"({len({run['case'] for run in broken})} ways to break one); "
        f"{sum(map(named_right, well))} of {len(well)} healthy runs without a finding."
    )
