"""Kernel exercises: the less forgiving interpreter, a missing extra, an untouched kernel."""

from dataclasses import replace
from importlib.util import find_spec

import pytest

from minir1.lab.course import ROOT, solution_of
from minir1.lab.exercises import get
from minir1.lab.grader.answer import cells_of, find, judge
from minir1.lab.grader.grade import grade
from minir1.lab.grader.outcome import Status
from minir1.lab.grader.told import Told
from minir1.lab.race import TARGETS, race
from minir1.lab.source import fill
from minir1.lab.words import LANGUAGES, Words

NAMES = ("tile_counts", "places", "grouped_product", "collect")
needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="needs the extra kernels")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_extra_nothing_is_graded_and_that_is_no_pass(language, worker):
    exercise = replace(get("collect"), packages=("a_package_that_nobody_has",))
    outcome = grade(exercise, judge(solution_of(exercise), "collect"), worker)
    assert outcome.points == 0 and outcome.status is Status.NOT_HERE
    said = repr(Told(outcome, exercise, Words(language)))
    assert "a_package_that_nobody_has" in said and "minir1[kernels]" in said


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_kernel_is_not_done_though_its_launch_is_written(name):
    cells = cells_of(ROOT / "solutions" / "src" / "05_routing_kernels.py")
    assert find([fill(cell, solved=False) for cell in cells], name).state == "hole"
    assert find([fill(cell, solved=True) for cell in cells], name).state == "ready"


@needs_triton
def test_a_load_without_other_holds_poison(graded):
    text = solution_of(get("tile_counts"))
    assert graded("tile_counts", text).points == 3
    outcome = graded("tile_counts", text.replace(", other=-1)", ")"))
    assert outcome.points == 1 and outcome.status is Status.WRONG_VALUE


@needs_triton
def test_programs_run_in_an_order_in_which_overflow_stays(graded):
    """From first to last, the next expert's program would write over what was spilled."""
    text = solution_of(get("grouped_product")).replace(
        "y, mask=live[:, None] & ", "y, mask=(places < n_rows)[:, None] & "
    )
    assert graded("grouped_product", text).points < 4


def test_a_race_without_a_gpu_times_nothing_and_says_so():
    for name in TARGETS:

        def of_this_name():
            raise AssertionError("it is not called")

        of_this_name.__name__ = name
        assert "**Not run**" in race(of_this_name, device="cpu").text
    with pytest.raises(ValueError, match="has no target"):
        race(lambda: None)
