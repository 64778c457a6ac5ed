"""The course's exercises: what each function must do, and the mistakes that people make.

One file a notebook. The words (titles, hints, names of mistakes) stand in `minir1/lab/words/`, the
texts of tasks and solutions in `solutions/src/`.
"""

from minir1.lab.exercises import (
    advantages,
    attention,
    budget,
    counts,
    diaries,
    distilling,
    evaluation,
    experts,
    journey,
    kernels,
    losses,
    packing,
    payment,
    positions,
    processes,
    programs,
    reading,
    real,
    rewards,
    risk,
    rollouts,
    routing,
    stages,
    streams,
    testing,
    traces,
    zero,
)
from minir1.lab.grader.exercise import Exercise

COURSE: tuple[Exercise, ...] = (
    *journey.EXERCISES,
    *reading.EXERCISES,
    *rewards.EXERCISES,
    *testing.EXERCISES,
    *payment.EXERCISES,
    *traces.EXERCISES,
    *counts.EXERCISES,
    *positions.EXERCISES,
    *attention.EXERCISES,
    *routing.EXERCISES,
    *experts.EXERCISES,
    *kernels.EXERCISES,
    *rollouts.EXERCISES,
    *packing.EXERCISES,
    *advantages.EXERCISES,
    *losses.EXERCISES,
    *zero.EXERCISES,
    *diaries.EXERCISES,
    *stages.EXERCISES,
    *distilling.EXERCISES,
    *evaluation.EXERCISES,
    *processes.EXERCISES,
    *budget.EXERCISES,
    *real.EXERCISES,
    *streams.EXERCISES,
    *risk.EXERCISES,
    *programs.EXERCISES,
)
"""Every exercise, in the order of the notebooks."""
BY_NAME = {exercise.id: exercise for exercise in COURSE}
NOTEBOOKS = tuple(dict.fromkeys(exercise.notebook for exercise in COURSE))


def get(name: str) -> Exercise:
    """The exercise whose function has this name."""
    if name not in BY_NAME:
        import difflib

        near = difflib.get_close_matches(name, BY_NAME, n=3, cutoff=0.5) or list(BY_NAME)[:8]
        raise ValueError(f"there is no exercise {name!r}; nearest: {', '.join(near)}")
    return BY_NAME[name]
