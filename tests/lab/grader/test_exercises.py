"""Every exercise of the course: its hole earns nothing, its solution everything."""

import ast
import inspect
import textwrap

import pytest

from minir1.lab.course import ROOT, solution_of, wrong_solutions
from minir1.lab.exercises import COURSE, NOTEBOOKS, get
from minir1.lab.grader.answer import body_of, cells_of, find
from minir1.lab.grader.exercise import Draw
from minir1.lab.grader.grade import draw_cases
from minir1.lab.grader.outcome import Status
from minir1.lab.source import fill
from minir1.lab.words import LANGUAGES, Words

EACH = pytest.mark.parametrize("exercise", COURSE, ids=lambda one: one.id)


def test_the_course_is_as_large_as_promised():
    assert len(COURSE) >= 30 and len({one.id for one in COURSE}) == len(COURSE)
    sources = {file.stem for file in (ROOT / "solutions" / "src").glob("*.py")}
    assert sources == set(NOTEBOOKS)
    for one in COURSE:
        assert 1 <= one.difficulty <= 5 and 1 <= one.importance <= 5 and one.minutes > 0
        names = [part.name for part in one.parts]
        assert len(set(names)) == len(names) and all(part.points > 0 for part in one.parts)
        for needed in one.needs:
            assert COURSE.index(get(needed)) < COURSE.index(one), f"{one.id} needs a later one"


def function_of(text, name):
    return [node for node in ast.parse(text).body if getattr(node, "name", "") == name][-1]


@EACH
def test_the_answer_cell_has_the_package_functions_name_signature_and_docstring(exercise):
    if exercise.of is None:
        return
    mine = function_of(solution_of(exercise), exercise.id)
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(exercise.of)))
    theirs = ast.parse(source).body[0]
    assert ast.unparse(mine.args) == ast.unparse(theirs.args)
    assert ast.unparse(mine.returns) == ast.unparse(theirs.returns)
    assert ast.get_docstring(mine) == ast.get_docstring(theirs)


@EACH
def test_the_solution_has_all_points(exercise, graded):
    outcome = graded(exercise.id, solution_of(exercise))
    assert outcome.points == outcome.max_points == exercise.max_points, outcome.first_fault
    assert outcome.mistake == ""


@EACH
def test_the_untouched_answer_is_not_done(exercise, graded):
    source = ROOT / "solutions" / "src" / f"{exercise.notebook}.py"
    cells = [fill(cell, solved=False) for cell in cells_of(source)]
    answer = find(cells, exercise.id)
    assert answer.state == "hole"
    outcome = graded(exercise.id, answer.text)
    assert outcome.points == 0 and outcome.status is Status.NOT_DONE
    assert {part.status for part in outcome.parts} == {Status.NOT_DONE}


@EACH
def test_there_are_enough_mistakes_and_each_can_be_made(exercise):
    wrong = wrong_solutions(exercise)
    assert len(wrong) >= 6
    right = solution_of(exercise)
    for name, text in wrong.items():
        assert text != right and body_of(function_of(text, exercise.id)), name


@EACH
def test_inputs_are_fresh_each_time_and_the_same_for_one_seed(exercise):
    def seen(seed):
        return [repr((case.args, dict(case.kwargs)))
                for part in draw_cases(exercise.parts, seed) for case in part]  # fmt: skip

    if not any(case.trial for part in draw_cases(exercise.parts, 1) for case in part) and (
        exercise.id != "diagnose"
    ):
        assert seen(1) != seen(2)
    from minir1.lab.grader.plain import plain

    def values(seed):
        return repr(
            [plain(case.args) for part in draw_cases(exercise.parts, seed) for case in part]
        )

    assert values(3) == values(3)


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exercise_has_its_words(exercise, language):
    words = Words(language)
    assert len(words.get(f"exercise.{exercise.id}.hints")) == 3
    assert set(words.get(f"exercise.{exercise.id}.parts")) == {part.name for part in exercise.parts}
    assert set(words.get(f"exercise.{exercise.id}.mistakes")) == set(exercise.mistakes)


def test_an_unknown_exercise_names_the_nearest():
    with pytest.raises(ValueError, match="nearest: group_advantages"):
        get("group_advantage")


def test_draws_of_different_parts_do_not_depend_on_each_other():
    one = get("group_advantages")
    both = draw_cases(one.parts, 5)
    alone = draw_cases(one.parts[1:], 5)
    assert repr(both[1][0].args) == repr(alone[0][0].args)
    assert Draw(1).normal(3).tolist() == Draw(1).normal(3).tolist()


def test_a_trainer_without_a_gradient_is_not_right(graded):
    """The values can all be right, and the policy still never learns."""
    body = """
import torch
def token_logprobs(model, batch, temperature=1.0, routing=None):
    with torch.set_grad_enabled({tracked}):
        logits = model.head(model.hidden(batch.inputs, routing=routing)) / temperature
    logp = logits.log_softmax(-1)
    chosen = logp.gather(-1, batch.targets[..., None])[..., 0]
    entropy = -(logp.exp() * logp).sum(-1)
    return chosen * batch.loss_mask, entropy * batch.loss_mask
"""
    right = graded("token_logprobs", body.format(tracked=True), True)
    assert right.points == right.max_points
    frozen = graded("token_logprobs", body.format(tracked=False), True)
    lost = [part.name for part in frozen.parts if part.status is not Status.RIGHT]
    assert lost == ["gradient"] and frozen.mistake == "detached"


def test_a_mask_after_the_exp_is_seen_in_the_gradient(graded):
    late = """
import torch
def k3(logprobs, ref_logprobs, batch):
    gap = ref_logprobs - logprobs
    return torch.where(batch.loss_mask, torch.expm1(gap) - gap, 0.0)
"""
    outcome = graded("k3", late, True)
    assert outcome.status is Status.WRONG_GRADIENT and outcome.mistake == "masked_late"


def test_a_count_may_be_a_whole_number(graded):
    text = solution_of(get("policy_loss"))
    for end in (".sum().float()", ".sum()"):
        whole = text.replace(".sum().float()", end)
        assert graded("policy_loss", whole).status is Status.RIGHT
