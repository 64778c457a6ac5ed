"""Points, messages, names of mistakes, hidden parts."""

from dataclasses import replace

import pytest

from minir1.lab.course import solution_of, wrong_solutions
from minir1.lab.exercises import get
from minir1.lab.grader import hidden
from minir1.lab.grader.exercise import Case, Part
from minir1.lab.grader.outcome import Status
from minir1.lab.grader.told import Told
from minir1.lab.words import LANGUAGES, Words

NAME = "group_advantages"


def test_partial_points(graded):
    wrong = solution_of(get(NAME)).replace('elif kind == "dr_grpo"', 'elif kind == "nobody"')
    outcome = graded(NAME, wrong)
    assert [part.points for part in outcome.parts] == [2, 0, 1, 1]
    assert (outcome.points, outcome.max_points) == (4, 5)
    assert outcome.first_fault.name == "dr_grpo" and outcome.status is Status.WRONG_VALUE


@pytest.mark.parametrize("name", ["batch_mean", "sign", "only_first_group"])
def test_a_classic_mistake_is_named_and_explained(name, graded):
    outcome = graded(NAME, wrong_solutions(get(NAME))[name], named=True)
    assert outcome.mistake == name
    for language in LANGUAGES:
        words = Words(language)
        told = Told(outcome, get(NAME), words)
        assert words.get(f"exercise.{NAME}.mistakes.{name}") in repr(told)
        assert f"{outcome.points}/{outcome.max_points}" not in told.head()


def test_a_mistake_of_ones_own_has_no_name(graded):
    text = solution_of(get(NAME)).replace("centred / (std + STD_EPS)", "centred / (std + 1)")
    outcome = graded(NAME, text, named=True)
    assert outcome.points < 5 and outcome.mistake == ""
    assert "hint(group_advantages)" in repr(Told(outcome, get(NAME), Words("en")))


def test_one_line_names_the_part_and_the_call(graded):
    """Where only one part fails; a reason that all parts share is told once, without a name."""
    wrong = solution_of(get(NAME)).replace('elif kind == "dr_grpo"', 'elif kind == "nobody"')
    for text, told in ((wrong, "Dr. GRPO: "), ("import nothing_such\n" + wrong, "ModuleNotFound")):
        _, seen = Told(graded(NAME, text), get(NAME), Words("en")).first_fault()
        assert seen.startswith(told)
    first = solution_of(get("majority")).replace("return ", "return None and ")
    _, seen = Told(graded("majority", first), get("majority"), Words("en")).first_fault()
    assert "; called as majority([" in seen


def test_a_gradient_alone_can_be_wrong(graded):
    text = solution_of(get("policy_loss")).replace(
        "torch.exp(", "torch.exp(0.0 * logprobs.mean() + "
    )
    assert graded("policy_loss", text).points == 7
    outcome = graded("policy_loss", wrong_solutions(get("policy_loss"))["detached"], named=True)
    assert outcome.status is Status.WRONG_GRADIENT and outcome.mistake == "detached"
    assert "no gradient flows" in repr(Told(outcome, get("policy_loss"), Words("en")))


def test_an_answer_that_changes_its_input_is_told(graded):
    text = solution_of(get(NAME)).replace(
        "    rows = []", "    rows = []\n    rewards = rewards.mul_(1)"
    )
    assert graded(NAME, text).points == 5, "a change that changes nothing is none"
    text = solution_of(get(NAME)).replace(
        "    return torch.stack(rows)",
        "    result = torch.stack(rows)\n    rewards += 1\n    return result",
    )
    outcome = graded(NAME, text)
    assert outcome.status is Status.CHANGED_INPUT and outcome.points < 5


def test_the_same_seed_gives_the_same_message(graded):
    wrong = wrong_solutions(get(NAME))["sign"]
    one, two, other = (graded(NAME, wrong, seed=seed) for seed in (7, 7, 8))
    assert one.parts == two.parts and one.seed == 7
    assert one.parts != other.parts
    assert len({graded(NAME, wrong).seed for _ in range(3)}) == 3


def test_messages_in_every_state_and_language(graded):
    head = 'def group_advantages(rewards, kind="grpo"):\n    '
    bodies = (
        *("return rewards", "return rewards[0]", "return 1", "return x", "..."),
        *("import os; os._exit(3)", "x = (", "rewards += 1; return rewards"),
    )
    outcomes = [graded(NAME, head + body) for body in bodies]
    assert len({outcome.status for outcome in outcomes}) >= 6
    for language in LANGUAGES:
        words = Words(language)
        for outcome in outcomes:
            told = Told(outcome, get(NAME), words)
            assert words.say(f"status.{outcome.status}") in repr(told)
            assert told._repr_markdown_().startswith("**group_advantages: ")


PARTS = """
from minir1.lab.grader.exercise import Case, Part

PARTS = (Part("large", 3, lambda draw: [Case((draw.normal(40, 16), "grpo"))]),)
"""


def test_an_instructors_parts_count_and_keep_their_secret(tmp_path, graded):
    (tmp_path / f"{NAME}.py").write_text(PARTS)
    extra = hidden.read(tmp_path)[NAME]
    right = graded(NAME, solution_of(get(NAME)), hidden=extra)
    assert (right.points, right.max_points) == (8, 8)
    wrong = graded(NAME, wrong_solutions(get(NAME))["biased_std"], hidden=extra)
    assert wrong.points == 3 and wrong.parts[-1].hidden
    told = repr(Told(wrong, get(NAME), Words("en")))
    assert "hidden part" in told and "large" not in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "defines no PARTS"),
        ("PARTS = (1,)", "defines no PARTS"),
        (PARTS.replace("large", "grpo"), "exist already"),
    ],
)
def test_a_faulty_hidden_file_is_named(text, message, tmp_path):
    (tmp_path / f"{NAME}.py").write_text(text)
    with pytest.raises(ValueError, match=message):
        hidden.read(tmp_path)


def test_hidden_folders_and_names_are_checked(tmp_path):
    with pytest.raises(ValueError, match="is no folder"):
        hidden.read(tmp_path / "nowhere")
    (tmp_path / "group_advantage.py").write_text(PARTS)
    with pytest.raises(ValueError, match="nearest: group_advantages"):
        hidden.read(tmp_path)


def test_a_nursery_that_cant_start_is_not_the_answers_fault(monkeypatch):
    from minir1.lab.grader import worker as module
    from minir1.lab.grader.answer import judge
    from minir1.lab.grader.grade import grade

    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="did not start"):
        grade(get(NAME), judge(solution_of(get(NAME)), NAME), module.Worker())


def test_a_case_that_should_raise(graded):
    text = solution_of(get("pass_at_k")).replace("raise ValueError", "return len")
    outcome = graded("pass_at_k", text)
    assert [part.points for part in outcome.parts] == [2, 0]
    assert outcome.parts[1].status is Status.NO_ERROR
    other = solution_of(get("pass_at_k")).replace("raise ValueError", "raise KeyError")
    assert graded("pass_at_k", other).parts[1].status is Status.CRASHED


def test_take_looks_at_the_first_values_of_a_generator(worker):
    from minir1.lab.grader.answer import judge
    from minir1.lab.grader.grade import grade

    case = Case((3,), take=4, judge=lambda v: "" if v == [3, 4, 5, 6] else "judge.no_text")
    part = Part("first", 1, lambda draw: [case])
    endless = replace(get("majority"), of=None, name="count", mistakes={}, parts=(part,))
    text = "def count(n):\n    while True:\n        yield n\n        n += 1"
    assert grade(endless, judge(text, "count"), worker).points == 1
