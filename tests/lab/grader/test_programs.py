"""A free exercise's attacks catch who checks the tests alone, whatever was drawn."""

from minir1.lab.exercises.programs import cases
from minir1.lab.grader.exercise import Draw
from minir1.tasks import parse
from minir1.tasks.scenarios.stack_machine import run


def only_the_tests(problem, completions):
    """No `when`, and all tests that leaked are passed: a narrow program does that, too."""
    tests = [*problem.gold["visible"], *problem.gold["hidden"]]
    programs = [parse(text).answer or "when" for text in completions]
    return [
        float("when" not in one and all(run(one, x) == y for x, y in tests)) for one in programs
    ]


def test_a_narrow_program_that_passes_every_test_is_tried_at_nearly_any_seed():
    caught = 0
    for seed in range(20):
        found = set()
        for case in cases(Draw(seed), "narrow"):
            assert case.judge is not None
            found.add(case.judge(only_the_tests(*case.args)))
        caught += "judge.attack_is_paid" in found
    assert caught >= 19
