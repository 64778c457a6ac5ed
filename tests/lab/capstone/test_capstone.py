"""The capstone's rubric: the worked example has all points, an empty one none, and each fault costs
its own part and is called by its name."""

import json
import shutil
from pathlib import Path

import pytest

from minir1.cli.main import main
from minir1.lab.capstone import ask, check, desk
from minir1.lab.capstone.cell import task_file
from minir1.lab.capstone.check import grade_capstone
from minir1.lab.capstone.compare import figures, verdict
from minir1.lab.capstone.inside import run_facts
from minir1.lab.capstone.rubric import CAPSTONE, POINTS
from minir1.lab.grader.told import Told
from minir1.lab.grader.worker import Worker
from minir1.lab.words import Words

ROOT = Path(__file__).parents[3]
EXAMPLE, EMPTY = ROOT / "solutions" / "capstone", ROOT / "exercises" / "capstone"
MOST = 25


@pytest.fixture(scope="module")
def worker():
    one = Worker()
    yield one
    one.close()


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "capstone"
    skip = shutil.ignore_patterns("checkpoints")
    shutil.copytree(EXAMPLE, folder, ignore=skip)
    return folder


def edit(file, old, new):
    text = file.read_text("utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def change(file, act):
    values = json.loads(file.read_text("utf-8"))
    act(values)
    file.write_text(json.dumps(values), "utf-8")


def some(table):
    """The names of a table; those that are not quick run at night."""
    marks = {name: () if name in QUICK else pytest.mark.slow for name in table}
    return [pytest.param(name, marks=mark) for name, mark in marks.items()]


def graded(folder, worker):
    outcome = grade_capstone(folder, worker)
    lines = Told(outcome, CAPSTONE, Words("en")).lines()
    told = {part.name: line[3] for part, line in zip(outcome.parts, lines, strict=False)}
    return outcome, {part.name for part in outcome.parts if part.points < part.max_points}, told


def test_the_points_add_up():
    assert sum(POINTS.values()) == CAPSTONE.max_points == MOST


def test_the_worked_example_has_every_point(worker):
    outcome, lost, told = graded(EXAMPLE, worker)
    assert (outcome.points, lost) == (MOST, set()), told
    assert told["limits"].startswith("for a reader")


def test_an_untouched_capstone_scores_0_and_says_what_is_to_be_done(worker):
    outcome, lost, told = graded(EMPTY, worker)
    assert outcome.points == 0 and lost == {name for name, points in POINTS.items() if points}
    assert outcome.status == "not_done"
    assert told["task"] == "still to be done: task.py" and "run/" in told["base"]


RIGHT = 'right = paid == gold["amount"] and len(words) == gold["fewest"]'
HALT = "    while True:\n        pass\n"
QUICK = ("a verifier of sums", "a key by chance", "forged verdicts", "an old figure")
"""Faults that are tried each time; the others at night."""
WRITTEN = {"same_task"}
"""A task that is edited after the run is another task, whatever the edit."""

TASKS = {
    "a verifier of sums": (RIGHT, 'right = paid == gold["amount"]', "near", "near misses: '1 1"),
    "a verifier of lengths": (RIGHT, 'right = len(words) == gold["fewest"]', "changed", "changed"),
    "a verifier that pays all": (RIGHT, "right = True", "pays", "constants"),
    "a verifier that searches": ("words = parsed.answer.split()", "words = parsed.answer.split()"
        "[:gold[\"fewest\"]]", "changed", "the last word twice"),
    "a verifier that refuses": (RIGHT, 'right = paid == gold["amount"] + 1', "golds",
        "earn nothing"),
    "a verifier that crashes": ("    if not set(words) <= {str(coin) for coin in "
        "gold[\"coins\"]}:\n        return Verdict.MALFORMED\n", "", "hostile", "ValueError: task"),
    "a verifier that ends all": (RIGHT, "import os; os._exit(0)", "golds", ""),
    "a key by chance": ('key=f"{amount} {text}"', "key=str(rng.random())", "split",
        "one question, one key"),
    "chance of its own": ("amount = rng.randint(20, 40)", "amount = random.randint(20, 40)",
        "seeds", "take all chance from rng"),
    "no near misses": ('return [" ".join(best[1:]), " ".join([*best, "1"]), " ".join(["1"] * '
        'problem.gold["amount"])]', "return []", "near", "give 2 or more"),
    "perfect examples": ('return " , ".join(steps), " ".join(paid)',
        "return \"\", problem.solution", "task", "nothing to improve"),
}  # fmt: skip


@pytest.mark.parametrize("name", some(TASKS))
def test_a_faulty_task_loses_its_part(name, copy, worker):
    old, new, part, says = TASKS[name]
    edit(copy / "task.py", old, new)
    _, lost, told = graded(copy, worker)
    assert part in lost and lost >= WRITTEN and says in told[part], (lost, told[part])


@pytest.mark.slow
def test_a_task_that_never_ends_is_stopped(copy, worker, monkeypatch):
    monkeypatch.setattr(ask, "CPU_S", 2.0)
    monkeypatch.setattr(ask, "WALL_TIMES", 15)
    edit(copy / "task.py", "    while True:\n", HALT + "    while True:\n")
    outcome, lost, _ = graded(copy, worker)
    parts = {part.name: part.status for part in outcome.parts}
    assert parts["task"] == parts["changed"] == "too_slow"
    assert "finished" not in lost and outcome.points > 0


def damage(folder):
    (folder / "09_torn.ipynb").write_text('{"cells": [', "utf-8")


def test_a_damaged_notebook_is_told_where_no_other_file_holds_the_task(tmp_path, worker):
    (tmp_path / "task.py").write_bytes(b"x = 1")
    damage(tmp_path)
    outcome, _, told = graded(tmp_path, worker)
    assert (outcome.points, outcome.status) == (0, "not_done")
    for part in ("task", "changed"):
        assert told[part].startswith("ValueError: 09_torn.ipynb is no notebook: save it")


def test_figures_need_both_ends(copy):
    (copy / "run" / "eval" / "base.json").unlink()
    with pytest.raises(ValueError, match="has no evaluation of both ends"):
        desk.figures(copy)


def test_a_file_that_is_no_python_text(tmp_path):
    file = tmp_path / "task.py"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"task\.py can't be read as a task"):
        task_file(file, tmp_path)
    file.write_bytes(b"def draw(rng): ...\x00")
    assert task_file(file, tmp_path) is None


def drop(file):
    return lambda folder: (folder / file).unlink()


def cut(name, count):
    def act(values):
        values["rows"] = values["rows"][:count]

    return lambda folder: change(folder / "run" / "eval" / f"{name}.json", act)


def forge(folder):
    def act(values):
        for row in values["rows"]:
            row["verdict"] = "CORRECT"

    change(folder / "run" / "eval" / "final.json", act)


def strange(folder):
    change(folder / "run/eval/final.json", lambda v: v["rows"][0].update(question="make 1 from 1"))


def more_steps(folder):
    change(folder / "run" / "config.json", lambda values: values["zero"].update(steps=80))


def same_again(folder):
    shutil.rmtree(folder / "control")
    shutil.copytree(folder / "run", folder / "control")


def other_seed(folder):
    change(folder / "control" / "config.json", lambda values: values.update(seed=1))


def other_model(folder):
    change(folder / "control" / "config.json", lambda values: values["model"].update(dim=128))


def words(old, new):
    return lambda folder: edit(folder / "report.md", old, new)


def ruin(folder):
    (folder / "run" / "metrics.jsonl").write_text("{not JSON\n" * 3, "utf-8")


RUNS = {
    "no ledger": (drop("run/ledger.jsonl"), {"ledger", "cost"}, "ledger", "pretrain, zero"),
    "no final evaluation": (drop("run/eval/final.json"),
        {"evaluated", "verdicts", "figures", "gains", "cost", "doctor"}, "evaluated", "final"),
    "no transcripts": (cut("base", 0), {"base", "evaluated"}, "base", "holds 0 transcripts"),
    "one problem": (cut("base", 1), {"base", "evaluated", "gains"}, "base", "asked 1 problems"),
    "few problems": (cut("final", 60), {"evaluated"}, "evaluated", "asked 60 problems"),
    "forged verdicts": (forge, {"evaluated"}, "evaluated", "120 of 300 answers differently"),
    "another problem": (strange, {"evaluated"}, "evaluated", "make 1 from 1"),
    "not finished": (more_steps, {"finished", "same_task"}, "finished", "60 of 80 steps"),
    "a diary that can't be read": (ruin, {"base", "finished"}, "base", "ValueError"),
    "no control": (lambda folder: shutil.rmtree(folder / "control"),
        {"control", "verdicts", "figures", "gains"}, "control", "control/"),
    "the same run as its control": (same_again, {"control"}, "control", "the same run again"),
    "a control of another seed": (other_seed, {"control"}, "control", "training: seed"),
    "a control of another size": (other_model, {"control"}, "control", "model.dim"),
    "no report": (drop("report.md"), {"verdicts", "figures", "gains", "cost", "doctor"},
        "figures", "no line `base`"),
    "an old figure": (words("| base | 0.133", "| base | 0.166"), {"figures"}, "figures",
        "`base` says 0.166, and the run says 0.133"),
    "no interval": (words("0.467 [0.403, 0.530]", "0.467"), {"gains"}, "gains", "three numbers"),
    "a verdict too good": (words("| 0.437 [0.373, 0.500] | better |",
        "| 0.437 [0.373, 0.500] | worse |"), {"verdicts"}, "verdicts", "is called worse"),
    "no verdict": (words("0.530] | better |", "0.530] | great |"), {"verdicts"}, "verdicts",
        "better, worse, not shown"),
    "another bill": (words("0.0067", "0.67"), {"cost"}, "cost", "0.67"),
    "a doctor unheard": (words("`thinking_shrinks`", "It found something"), {"doctor"}, "doctor",
        "thinking_shrinks"),
}  # fmt: skip


@pytest.mark.parametrize("name", some(RUNS))
def test_a_fault_in_the_runs_or_the_report_loses_its_part(name, copy, worker):
    act, parts, part, says = RUNS[name]
    act(copy)
    _, lost, told = graded(copy, worker)
    assert parts <= lost and says in told[part], (lost, told[part])
    task = {"task", "seeds", "split", "golds", "pays", "hostile", "near", "changed"}
    assert not lost & task
    if part in ("figures", "gains", "verdicts", "cost", "doctor") and len(parts) == 1:
        assert lost == parts


def in_a_notebook(folder):
    text = (folder / "task.py").read_text("utf-8")
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n"]},
             {"cell_type": "code", "source": text.splitlines(keepends=True)}]  # fmt: skip
    (folder / "17_capstone.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    (folder / "task.py").unlink()


def beside_a_damaged_notebook(folder):
    in_a_notebook(folder)
    damage(folder)


def other_line_ends(folder):
    text = (folder / "task.py").read_text("utf-8")
    (folder / "task.py").write_bytes(text.replace("\n", "\r\n").encode())


def another_hand(folder):
    """Other digits, other marks, other order."""
    text = (folder / "report.md").read_text("utf-8")
    head, *sections = text.split("\n## ")
    text = "\n## ".join([head, *reversed(sections)])
    for old, new in {
        "| base | 0.133 | |": "|**base**|0.13|",
        "0.467 [0.403, 0.530] | better": "+0.47 (0.40 to 0.53) | **Better**",
        "| dollars | 0.0067": "| Dollars | $0.0067",
        "## The doctor": "## What the doctor said, and what I think",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "report.md").write_text(text, "utf-8")


def no_gain(folder):
    """A run that taught nothing, and a report that says so."""
    base = json.loads((folder / "run/eval/base.json").read_text("utf-8"))
    (folder / "run/eval/final.json").write_text(json.dumps(base | {"name": "final"}), "utf-8")
    run, control = (run_facts(str(folder / name)) for name in ("run", "control"))
    edit(folder / "report.md", "after RL | 0.600", "after RL | 0.133")
    numbers = figures(run, control)
    for name, old in {"gain": "0.467 [0.403, 0.530] | better", "over the control":
                      "0.437 [0.373, 0.500] | better"}.items():  # fmt: skip
        edit(folder / "report.md", old, f"{numbers[name]} | {verdict(numbers[name])}")
    assert verdict(numbers["gain"]) == "not shown"


@pytest.mark.parametrize("act", [beside_a_damaged_notebook, other_line_ends, another_hand, no_gain])
def test_what_is_right_in_another_way_has_every_point(act, copy, worker):
    act(copy)
    outcome, lost, told = graded(copy, worker)
    assert (outcome.points, lost) == (MOST, set()), told


def test_the_command_grades_a_capstone_alone_in_a_folder_and_in_a_class(copy, tmp_path, capsys):
    assert main(["grade", str(copy), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["exercise"], row["points"], row["max_points"]) == ("capstone", MOST, MOST)
    lone = tmp_path / "class" / "ada" / "capstone"
    shutil.copytree(EMPTY, lone)
    book = tmp_path / "book.csv"
    assert main(["grade", str(tmp_path / "class"), "--gradebook", str(book)]) == 1
    assert book.read_text() == "learner,capstone,points,max_points\nada,0,0,25\n"
    assert "still to be done" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", ["capstone", "ada's coins"])
def test_a_notebook_alone_is_a_capstone(name, tmp_path, capsys, monkeypatch):
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(EXAMPLE / "task.py", folder)
    in_a_notebook(folder)
    monkeypatch.chdir(folder)
    places = [".", str(folder)] + [str(tmp_path)] * (name == "capstone")
    for place in places:
        assert main(["grade", place, "--json"]) == 1
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["exercise"], row["points"] > 0) == ("capstone", True), place
        assert row["message"] == "the base can be trained: still to be done: run/"


def test_a_damaged_notebook_alone_costs_its_own_capstone(tmp_path, capsys):
    for learner in ("ani", "budi"):
        (tmp_path / learner / "capstone").mkdir(parents=True)
    damage(tmp_path / "ani" / "capstone")
    shutil.copy(EMPTY / "task.py", tmp_path / "budi" / "capstone")
    assert main(["grade", str(tmp_path), "--json"]) == 1
    rows = {row["learner"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == {"ani", "budi"} and rows["ani"]["points"] == 0
    told = "the task loads: ValueError: 09_torn.ipynb is no notebook"
    assert rows["ani"]["message"].startswith(told)


def test_a_notebook_without_a_task_is_no_capstone(tmp_path):
    assert not check.is_capstone(tmp_path)
    damage(tmp_path)
    cells = [{"cell_type": "code", "source": "def draw(rng): ..."}]
    (tmp_path / "notes.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    assert not check.is_capstone(tmp_path)


def test_what_is_no_capstone_is_told(tmp_path):
    assert not check.is_capstone(tmp_path)
    assert main(["grade", str(tmp_path)]) == 2
