"""Six runs of the clinic without a name, for the learner to diagnose.

    show("A")                  the patient's curves over those of healthy runs

What is wrong with each stands in the clinic's cases; who looks there has the answers and none of
the fun.
"""

from __future__ import annotations

from minir1.bench.clinic.cases import CASES
from minir1.bench.clinic.runs import CALIBRATION_ROWS, JUDGED_ROWS, Run, read_runs
from minir1.lab.patients import diary_chart, pick
from minir1.lab.picture import Picture
from minir1.run.doctor.rules import RULES

PATIENTS = {
    "A": ("hot", 0),
    "B": ("upside_down", 200),
    "C": ("minibatches", 0),
    "D": ("healthy", 101),
    "E": ("length_punished", 0),
    "F": ("unbalanced", 1),
}
"""Case and seed of each: runs whose curves no lesson shows."""
NOTHING = "healthy"
WELL = ("healthy", "healthy_short")
SETS = {
    "money": ("reward", "rewards/accuracy/mean", "frac_reward_zero_std", "checks"),
    "writing": (
        "completions/mean_length", "completions/clipped_ratio", "rewards/format/mean", "entropy",
    ),
    "updates": ("grad_norm", "clip_ratio/low_mean", "router/drift", "router/load_max"),
    "machinery": ("sampling/sampling_logp_difference/mean", "loss", "router/load_min"),
}  # fmt: skip
"""Which curves are looked at together."""


def patient(letter: str) -> Run:
    """The run behind a letter."""
    if letter not in PATIENTS:
        raise ValueError(f"there is no patient {letter!r}: use one of {', '.join(PATIENTS)}")
    return pick(_runs(), *PATIENTS[letter])


def show(letter: str, curves: str = "money") -> Picture:
    """Some of a patient's curves, over those of the healthy runs."""
    if curves not in SETS:
        raise ValueError(f"curves = {curves!r} can't be used: use one of {', '.join(SETS)}")
    own = PATIENTS.get(letter)
    well = [one for one in _runs() if one["case"] in WELL and (one["case"], one["seed"]) != own]
    return diary_chart(patient(letter), well, SETS[curves], name=f"patient {letter}")


def illness(letter: str) -> str:
    """What was done to a patient, as the finding that must name it."""
    return CASES[PATIENTS[letter][0]].expects or NOTHING


def names() -> list[str]:
    """The findings to choose from."""
    return [NOTHING, *(rule.__name__ for rule in RULES)]


def _runs() -> list[Run]:
    return [*read_runs(JUDGED_ROWS), *read_runs(CALIBRATION_ROWS)]
