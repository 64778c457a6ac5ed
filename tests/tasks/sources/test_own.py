"""A task of the user's own: one Python file, and what is said when something in it is wrong."""

import random
from itertools import islice

import pytest

from minir1.config import TaskConfig
from minir1.tasks import Verdict, audit, make_task, near
from minir1.tasks.near import DRAWN, changes, misplaced, own_checks
from minir1.tasks.sources.own import digest_of

DRAW = 'return Problem("sum", f"compute {a} + {b}", a + b, f"{a} {b}", str(a + b))'
TASK = """
import random
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.completion import parse

def draw(rng):
    a, b = rng.randint(1, 40), rng.randint(1, 40)
    return Problem("sum", f"compute {a} + {b}", a + b, f"{a} {b}", str(a + b))

def verify(gold, completion):
    parsed = parse(completion)
    if parsed.answer is None:
        return parsed.verdict
    return Verdict.CORRECT if parsed.answer == str(gold) else Verdict.WRONG

def example(problem, rng):
    answer = str(problem.gold + rng.choice((0, 1)))
    return f"{problem.question} = {answer}", answer

def near_misses(problem):
    return [str(problem.gold + 1), str(problem.gold - 1)]
"""

LOOKS = {
    "gold": audit.golds,
    "structure": near.structure,
    "changed": near.changed,
    "near misses": near.near_misses,
    "examples": near.examples,
    "seeds": lambda task, rows: near.seeds(task),
    "split": lambda task, rows: near.split(task),
}


def task_of(folder, text=TASK, **dials):
    file = folder / "mine.py"
    file.write_text(text)
    return make_task(TaskConfig(name="own", file=str(file), digest=digest_of(text), **dials))


def looked(folder, old, new, check):
    assert TASK.count(old) == 1
    task = task_of(folder, TASK.replace(old, new))
    rows = list(islice(task.problems("train", 0), 40))
    return LOOKS[check](task, rows)


def test_the_same_seed_gives_the_same_problems_and_keys_stay_apart(tmp_path):
    task = task_of(tmp_path)
    sides = {s: list(islice(task.problems(s, 3), 200)) for s in ("train", "heldout")}
    again = list(islice(task.problems("train", 3), 200))
    assert sides["train"] == again != list(islice(task.problems("train", 4), 200))
    assert not {p.key for p in sides["train"]} & {p.key for p in sides["heldout"]}


def test_golds_are_judged_by_the_files_own_verifier(tmp_path):
    task = task_of(tmp_path)
    problem = next(task.problems("heldout", 1))
    assert problem.gold == {"own": int(problem.solution)}
    text = "<think> so </think> <answer> {} </answer>"
    assert task.verify(problem.gold, text.format(problem.solution)) is Verdict.CORRECT
    assert task.verify(problem.gold, text.format("99")) is Verdict.WRONG


def test_a_sound_task_passes_every_check(tmp_path):
    task = task_of(tmp_path)
    found = own_checks(task, list(islice(task.problems("train", 0), 40)))
    assert {check.name: check.status for check in found} == dict.fromkeys(
        ["gold", "constants", "no answers", "hostile texts", "echo", "rows", "structure", "changed",
         "near misses", "examples", "seeds", "split"], "ok"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "check", "says"),
    [
        ("parsed.answer == str(gold)", "str(gold) in parsed.answer", "changed", "twice"),
        ("parsed.answer == str(gold)", "parsed.answer.startswith(str(gold))", "changed", "100%"),
        ("    parsed = parse(completion)", "    if f'<answer> {gold}' in completion:\n"
         "        return Verdict.CORRECT\n    parsed = parse(completion)", "structure", "unclosed"),
        ("    if parsed.answer is None:\n        return parsed.verdict\n",
         "    if str(gold) in parsed.think: return Verdict.CORRECT\n"
         "    if parsed.answer is None: return parsed.verdict\n", "structure", "only thought of"),
        ("problem.gold - 1)]", "problem.gold)]", "near misses", "1 for"),
        ("str(problem.gold - 1)]", "f' {problem.gold} ']", "near misses", "is paid"),
        ("rng.choice((0, 1))", "1", "examples", "nothing to reward"),
        ("rng.choice((0, 1))", "0", "examples", "nothing to improve"),
        ("a, b = rng.randint(1, 40),", "a, b = random.randint(1, 40),", "seeds", "from rng"),
        (DRAW, 'return Problem("sum", "compute 3 + 4", 7, str(rng.random()), "7")', "seeds",
         "every problem is the same"),
        ('f"{a} {b}"', "str(rng.random())", "split", "on both sides"),
        ('str(a + b))', 'str(a - b))', "gold", "earn nothing"),
    ],
)  # fmt: skip
def test_a_faulty_task_fails_the_check_that_names_it(tmp_path, old, new, check, says):
    found = looked(tmp_path, old, new, check)
    assert found.name == check and found.status == "FAIL" and says in found.found, found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (DRAW, "return a + b", "draw gives .*: return a Problem"),
        ("a + b, f", "(a, b), f", "use lists, not tuples"),
        ("a + b, f", "{a, b}, f", "draw raises TypeError"),
        (' f"{a} {b}", str', ' "", str', "key is a text"),
        ("a, b = rng", "a, b = 1 / 0, rng", "mine.py: draw raises ZeroDivisionError"),
    ],
)
def test_a_draw_that_goes_wrong_is_named(tmp_path, old, new, says):
    with pytest.raises(ValueError, match=says):
        next(task_of(tmp_path, TASK.replace(old, new)).problems("train", 0))


@pytest.mark.parametrize(
    ("new", "says"),
    [("parsed.answer == gold", "gives False: return a Verdict"),
     ("Verdict.CORRECT if int(parsed.answer) == gold else Verdict.WRONG", "raises ValueError")],
)  # fmt: skip
def test_a_verifier_that_goes_wrong_is_named(tmp_path, new, says):
    old = "Verdict.CORRECT if parsed.answer == str(gold) else Verdict.WRONG"
    task = task_of(tmp_path, TASK.replace(old, new))
    answer = "4" if "gives" in says else "four"
    with pytest.raises(ValueError, match=f"mine.py: verify of .*{says}"):
        task.verify({"own": 4}, f"<answer> {answer} </answer>")


@pytest.mark.parametrize(
    ("body", "says"), [('return {}["x"]', "fact raises KeyError"), ("return 7", "fact gives 7")]
)
def test_a_fact_that_goes_wrong_is_named(tmp_path, body, says):
    task = task_of(tmp_path, f"{TASK}\ndef fact(rng):\n    {body}\n")
    assert task.fact is not None
    with pytest.raises(ValueError, match=says):
        task.fact(random.Random(0))


def test_a_file_that_is_no_task_or_another_one_is_refused(tmp_path):
    with pytest.raises(ValueError, match="lacks verify, example, near_misses"):
        task_of(tmp_path, "def draw(rng): ...")
    with pytest.raises(ValueError, match="the file raises ZeroDivisionError"):
        task_of(tmp_path, "1 / 0")
    with pytest.raises(ValueError, match="the file raises SyntaxError"):
        task_of(tmp_path, "def draw(:")
    with pytest.raises(ValueError, match="the file raises SystemExit: 3"):
        task_of(tmp_path, "raise SystemExit(3)")
    task_of(tmp_path)
    file = tmp_path / "mine.py"
    config = TaskConfig(name="own", file=str(file), digest=digest_of("another text"))
    with pytest.raises(ValueError, match="is not the task that the run began with"):
        make_task(config)
    file.unlink()
    with pytest.raises(ValueError, match="can't be read as a task"):
        make_task(config)
    with pytest.raises(ValueError, match=r"task\.digest = '' can't be used: use --with FILE"):
        TaskConfig(name="own", file="x.py")
    with pytest.raises(ValueError, match=r"belongs to task\.name = 'own'"):
        TaskConfig(file="x.py")


def test_one_side_without_problems_is_an_error_and_no_endless_loop(tmp_path):
    task = task_of(tmp_path, TASK.replace('f"{a} {b}"', '"one key"'))
    with pytest.raises(ValueError, match="not of the split"):
        next(task.problems("heldout", 0))


def test_changes_and_misplacements_differ_from_the_answer():
    rng = random.Random(0)
    for _ in range(50):
        right = " ".join(str(rng.randint(0, 99)) for _ in range(rng.randint(1, 4)))
        assert right not in changes(right, "5 5").values()
        assert len(set(misplaced(right, "5 5").values())) == 5
    assert DRAWN > 100
