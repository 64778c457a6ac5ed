"""reasoning-gym: its questions, our verifiers, and refusals by name."""

import ast
import math
import operator
import re
import sys
from itertools import islice
from types import SimpleNamespace

import pytest

from minir1.config import TaskConfig
from minir1.tasks import Verdict, make_task
from minir1.tasks.sources.gym import FAMILIES, REFUSED, verifier_of


def task_of(family: str):
    return make_task(TaskConfig(name="reasoning_gym", family=family))


def test_no_family_is_both_used_and_refused():
    assert not set(FAMILIES) & set(REFUSED)


@pytest.mark.parametrize("family", REFUSED)
def test_a_refusal_names_the_family_and_the_reason(family):
    with pytest.raises(ValueError, match=f"task.family = '{family}' can't be used: "):
        task_of(family)


def test_an_unknown_family_brings_the_nearest_ones():
    with pytest.raises(ValueError, match=r"did you mean 'chain_sum'"):
        verifier_of("chainsum")


def test_without_the_package_the_error_names_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    with pytest.raises(ValueError, match=r"pip install 'minir1\[tasks\]'"):
        next(task_of("gcd").problems("train", 0))


def test_an_item_whose_gold_our_verifier_can_not_read_is_passed_over(monkeypatch):
    golds = {f"question {n}?": [f"{n}", "(((", None][n % 3] for n in range(60)}
    items = [{"question": question, "answer": gold} for question, gold in golds.items()]
    brought = SimpleNamespace(create_dataset=lambda family, seed, size: items)
    monkeypatch.setitem(sys.modules, "reasoning_gym", brought)
    found = {one.question for one in islice(task_of("gcd").problems("train", 0), 60)}
    found |= {one.question for one in islice(task_of("gcd").problems("heldout", 0), 60)}
    # None is the word "none": a gold like any other.
    assert found == {question for question, gold in golds.items() if gold != "((("}


def test_a_family_without_a_readable_gold_ends_in_one_line(monkeypatch):
    items = [{"question": "a?", "answer": "((("}]
    brought = SimpleNamespace(create_dataset=lambda family, seed, size: items)
    monkeypatch.setitem(sys.modules, "reasoning_gym", brought)
    with pytest.raises(ValueError, match=r"task\.family = 'gcd' brings no more problems"):
        next(task_of("gcd").problems("train", 0))


@pytest.mark.parametrize("family", ["chain_sum", "spell_backward", "countdown"])
def test_golds_are_right_streams_are_seeded_and_splits_apart(family):
    pytest.importorskip("reasoning_gym", reason="needs the extra tasks")
    task = task_of(family)
    train = list(islice(task.problems("train", 3), 20))
    assert train == list(islice(task.problems("train", 3), 20))
    held = list(islice(task.problems("heldout", 3), 10))
    assert not {p.key for p in train} & {p.key for p in held}
    for problem in train + held:
        text = f"<answer> {problem.solution} </answer>"
        assert task.verify(problem.gold, text) is Verdict.CORRECT
        assert task.verify(problem.gold, "<answer> xyzzy </answer>") is not Verdict.CORRECT


def numbers(question: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", question)]


def worked_out(question: str) -> int:
    """A sum or product, read from its question by Python's own grammar."""
    (expression,) = re.findall(r": ([-+*\d ]+\d)", question)
    return sum_of(ast.parse(expression, mode="eval").body)


def sum_of(node: ast.expr) -> int:
    if isinstance(node, ast.Constant):
        return int(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        return -sum_of(node.operand)
    assert isinstance(node, ast.BinOp)
    signs = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
    return signs[type(node.op)](sum_of(node.left), sum_of(node.right))


OURS = {
    "chain_sum": worked_out,
    "products": worked_out,
    "gcd": lambda question: math.gcd(*numbers(question)),
    "lcm": lambda question: math.lcm(*numbers(question)),
    "count_bits": lambda question: numbers(question)[-1].bit_count(),
}


@pytest.mark.parametrize("family", OURS)
def test_golds_are_those_of_our_own_arithmetic(family):
    """An audit can't see a wrong gold, since the verifier accepts it; basic_arithmetic has some."""
    pytest.importorskip("reasoning_gym", reason="needs the extra tasks")
    for problem in islice(task_of(family).problems("train", 0), 200):
        assert int(problem.solution) == OURS[family](problem.question), problem.question


def test_dials_say_how_hard_and_a_wrong_one_is_named():
    pytest.importorskip("reasoning_gym", reason="needs the extra tasks")
    dials = (("min_terms", 2), ("max_terms", 2), ("max_digits", 1))
    config = TaskConfig(name="reasoning_gym", family="chain_sum", dials=dials)
    for problem in islice(make_task(config).problems("train", 0), 20):
        assert re.search(r": \d [+-] \d =$", problem.question)
    for wrong in (("max_term", 2), ("max_terms", 1)):
        config = TaskConfig(name="reasoning_gym", family="chain_sum", dials=(wrong,))
        with pytest.raises(ValueError, match=f"task.dials.*{wrong[0]}.*chain_sum"):
            next(make_task(config).problems("train", 0))


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family(family):
    pytest.importorskip("reasoning_gym", reason="needs the extra tasks")
    task = task_of(family)
    for problem in islice(task.problems("train", 0), 20):
        text = f"<answer> {problem.solution} </answer>"
        assert task.verify(problem.gold, text) is Verdict.CORRECT
