"""The clinic: short RL runs, each broken in one known way, that the doctor must name.

    healthy run  +  one named change  ->  diary  ->  the doctor's findings

A doctor is only as good as the patients it was tried on. So the rules are tried on runs whose
illness is known (`cases.py`), and on healthy ones, on which they must stay silent. Thresholds may
be set on the runs of the calibration seeds (`CALIBRATION`); what counts are the judged seeds
(`JUDGED`, `HEALTHY`), which no threshold has seen.
"""

CALIBRATION = range(100, 104)
"""Seeds on which the rules' thresholds may be set."""
JUDGED = range(1)
"""The seed of each broken run that judges the rules."""
HEALTHY = range(10)
"""Seeds of the healthy runs that judge the rules."""
RULES_SET_BY = ("format_only", "neighbour", "unbalanced", "late_sampler", "minibatches")
SEEN = {(case, 0) for case in RULES_SET_BY}
"""Runs that were to judge and were named wrong: in the list of rules, symptoms stood before causes,
and three limits had never been set. The rules were mended, so these runs have set them and judge
no more: another seed does."""


def judges(case: str, healthy: bool) -> list[int]:
    """The seeds of a case that judge the rules."""
    if healthy:
        return [*HEALTHY]
    return [seed + 1 if (case, seed) in SEEN else seed for seed in JUDGED]
