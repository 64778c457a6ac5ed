"""The clinic: short RL runs, each broken in one known way, that the doctor must name.

    healthy run  +  one named change  ->  diary  ->  the doctor's findings

A doctor is only as good as the patients it was tried on. So the rules are tried on runs whose
illness is known (`cases.py`), and on healthy ones, on which they must stay silent. Limits may be
set on the runs of any seed but the judged ones: those are run once the rules stand, and no
limit has seen them. Runs that have judged and been looked at may set the next limits, and judge no
more.
"""

JUDGED = range(201, 203)
"""Seeds of each broken run that judge the rules (seed 200 judged those before them)."""
WELL = {
    "healthy": range(200, 203),
    "healthy_short": range(0),
    "healthy_unit": range(200, 204),
    "healthy_form": range(200, 203),
}
"""Seeds of the healthy runs that judge them: ten runs. The short ones judged the first rules."""
CALIBRATION = range(100, 102)
"""Seeds on which the limits are set."""


def judges(case: str) -> list[int]:
    """The seeds of a case that judge the rules."""
    return [*WELL.get(case, JUDGED)]
