"""The course's exercises: what each function must do, and the mistakes that people make.

One file a notebook. The words (titles, hints, names of mistakes) stand in `minir1/lab/words/`, the
texts of tasks and solutions in `solutions/src/`.
"""

from minir1.lab.exercises.advantages import EXERCISES as ADVANTAGES
from minir1.lab.exercises.attention import EXERCISES as ATTENTION
from minir1.lab.exercises.experts import EXERCISES as EXPERTS
from minir1.lab.exercises.losses import EXERCISES as LOSSES
from minir1.lab.grader.exercise import Exercise

COURSE: tuple[Exercise, ...] = (*ATTENTION, *EXPERTS, *ADVANTAGES, *LOSSES)
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
