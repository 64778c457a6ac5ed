"""The choice between adding and taking away: what is told apart, and the committed rows."""

import pytest

from minir1.bench.smollm_choice import ONE, THREE, TWO, told_apart, verdicts
from minir1.bench.smollm_kinds import APART, form, questions
from minir1.bench.smollm_order import BASE, CONTROL, runs_by_name
from minir1.bench.smollm_signs import terms

Run = dict[int, list[dict[str, str]]]


def size(question: str, *, adds: bool) -> int:
    """Sizes added, or one taken from the other, with the first sign before."""
    first, second = map(abs, terms(question))
    sign = -1 if terms(question)[0] < 0 else 1
    return sign * (first + second if adds else abs(first - second))


def small(question: str) -> bool:
    """Sizes of 1 to 3: nine questions of each form."""
    return form(question) != "" and max(map(abs, terms(question))) <= 3


def policy(where: str) -> Run:
    """One that adds sizes where told: always, never, if the operation is plus, or rightly."""
    rows = []
    for question in filter(small, questions()):
        adds = {
            "always": True,
            "never": False,
            "plus": " + " in form(question),
            "rightly": form(question).count("-") % 2 == 0,
        }[where]
        rows.append({
            "question": question,
            "gold": str(sum(terms(question))),
            "completion": f"<answer>{size(question, adds=adds)}</answer>",
        })  # fmt: skip
    return {0: rows}


@pytest.mark.parametrize("kind", APART)
def test_only_a_policy_that_chooses_tells_forms_apart(kind: str) -> None:
    for shortcut in ("always", "never"):
        found = told_apart(policy(shortcut), kind)
        assert found.value == pytest.approx(0) and found.low <= 1e-9
    assert told_apart(policy("rightly"), kind).value == pytest.approx(1)


def test_who_looks_at_the_operation_alone_is_told_by_the_second_sign() -> None:
    assert told_apart(policy("plus"), "plain").value == pytest.approx(1)
    assert told_apart(policy("plus"), "second negative").value == pytest.approx(-1)
    assert told_apart(policy("plus"), "first negative").value == pytest.approx(0)


def held(**named: str) -> dict[str, bool]:
    courses = {"base": BASE, "control": CONTROL, "one": ONE, "two": TWO, "three": THREE}
    found = {courses[name]: policy(where) for name, where in named.items()}
    return {name: holds for name, holds, _ in verdicts(found)}


def test_the_thresholds_tell_a_choice_from_a_shortcut() -> None:
    start = {"base": "never", "control": "always"}
    names = ["one sign", "two signs", "three signs"]
    assert held(**start, one="plus", two="plus") == {"one sign": True, "two signs": False}
    lost = held(**start, one="rightly", two="rightly", three="always")
    assert [lost[name] for name in names] == [True, True, False] and not lost["whole"]
    whole = held(**start, one="rightly", two="rightly", three="rightly")
    assert whole["whole"] and all(whole[name] for name in names)


# What was committed.


def test_the_committed_runs_keep_the_choice_by_one_sign_and_lose_it_with_the_second() -> None:
    found = runs_by_name()
    assert found[CONTROL].keys() == found[ONE].keys() == found[TWO].keys() == found[THREE].keys()
    held = {name: holds for name, holds, _ in verdicts(found)}
    assert held["one sign"] and not held["two signs"] and not held["three signs"]
    assert not held["whole"]
    base, lost, kept, gone = (
        told_apart(found[name], "plain").value for name in (BASE, CONTROL, ONE, TWO)
    )
    assert min(base, kept) > 0.7 and max(lost, gone) < 0.3
    assert told_apart(found[BASE], "second negative").value < -0.7
