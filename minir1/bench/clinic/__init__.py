"""The clinic: short RL runs, each broken in one known way, that the doctor must name.

    healthy run  +  one named change  ->  diary  ->  the doctor's findings

A doctor is only as good as the patients it was tried on. So the rules are tried on runs whose
illness is known (`cases.py`), and on healthy ones, on which they must stay silent. Thresholds may
be set on the runs of the calibration seeds (`CALIBRATION`); what counts are the judged seeds
(`JUDGED`, `HEALTHY`), which no threshold has seen.
"""

CALIBRATION = range(100, 104)
"""Seeds on which the rules' thresholds may be set."""
JUDGED = range(2)
"""Seeds of the broken runs that judge the rules."""
HEALTHY = range(10)
"""Seeds of the healthy runs that judge the rules."""
