"""A run on a task of one's own: it keeps the task, goes on, can be moved, and refuses another."""

import json
import shutil
from itertools import islice
from pathlib import Path

import pytest

from minir1 import recipes
from minir1.cli.main import main
from minir1.config import TaskConfig
from minir1.lab.capstone.cell import task_file
from minir1.run.home import read_config
from minir1.stages.lineage.leaks import Decontamination
from minir1.stages.lineage.origin import Row
from minir1.stages.own import is_task, with_task
from minir1.stages.ready import check_task
from minir1.tasks import make_task

EXAMPLE = Path(__file__).parents[2] / "solutions" / "capstone" / "task.py"


@pytest.fixture
def file(tmp_path):
    return Path(shutil.copy(EXAMPLE, tmp_path / "mine.py"))


def run(file, out, *more):
    return main(["run", "claim_smoke", "--with", str(file), "--out", str(out), "--json", *more])


def test_a_run_on_a_file_is_evaluated_moved_and_refuses_another_file(file, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(file, out) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["base"]["pass@1"] and told["final"]["pass@1"]
    rows = json.loads((out / "eval" / "final.json").read_text())["rows"]
    assert all(row["question"].startswith("make ") and "amount" in row["gold"]["own"]
               for row in rows)  # fmt: skip
    assert run(file, out) == 0, "the same command finds that all is done"
    assert json.loads(capsys.readouterr().out) == told

    moved = tmp_path / "elsewhere"
    out.rename(moved)
    file.write_text(file.read_text() + "\n# another thought\n")
    assert main(["eval", str(moved), "--problems", "4"]) == 0, "it has a task of its own"
    capsys.readouterr()
    assert run(file, moved) == 2
    assert "task.digest was" in capsys.readouterr().err


def test_the_text_of_the_task_names_the_recipe_and_its_place_does_not(file, tmp_path):
    base = recipes.get("claim_smoke")
    one = with_task(base, file)
    other = with_task(base, shutil.copy(file, tmp_path / "copy.py"))
    assert one.hash() == other.hash() != base.hash()
    file.write_text(file.read_text() + "\nx = 1\n")
    assert with_task(base, file).hash() != one.hash()
    assert base.hash() == recipes.get("claim_smoke").hash()


def test_no_training_question_of_an_own_task_is_taken_for_a_held_out_one(file):
    config = with_task(recipes.get("claim_smoke"), file)
    look, task = Decontamination(config), make_task(config.task)
    train, held = (
        [p.question for p in islice(task.problems(side, 1), 50)] for side in ("train", "heldout")
    )
    assert not any(look.held_out_in(Row(question, "", "")) for question in train)
    assert not any(look.is_for_training(question, config.task) for question in held)
    drawn = next(task.problems("heldout", 0)).question
    assert look.held_out_in(Row(drawn, "", "")) == [drawn]


def test_a_config_finds_the_task_beside_it(file, tmp_path):
    config = with_task(recipes.get("claim_smoke"), file)
    (tmp_path / "config.json").write_text(json.dumps(config.to_json()))
    assert read_config(tmp_path).task.file == str(file)
    (tmp_path / "task.py").write_text(file.read_text())
    assert read_config(tmp_path).task.file == str(tmp_path / "task.py")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('question=f"make', 'question=f"pay', "vocabulary lacks 'pay'"),
        ('f"{left} - {coin}', 'f"{left} minus {coin}', "'minus' is not in the vocabulary"),
        ("len(paid) < 12", "len(paid) < 12 and not steps.extend(['1'] * 200)", "example of"),
        ('and len(words) == gold["fewest"]', "", "does not pass its audit: near misses"),
        ("    paid = sum", "    raise KeyError('coin')\n    paid = sum", "verify of"),
    ],
)
def test_a_task_that_would_waste_a_run_is_refused_before_it(file, old, new, says):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=says):
        check_task(with_task(recipes.get("claim_smoke"), file))


def test_a_task_in_a_notebook_is_its_last_such_cell(file, tmp_path):
    book = tmp_path / "mine.ipynb"
    texts = ["%matplotlib inline", "def draw(rng): ...\ndef verify(a, b): ...", file.read_text()]
    cells = [{"cell_type": "code", "source": text} for text in texts]
    book.write_text(json.dumps({"cells": cells}))
    found = task_file(book, tmp_path)
    assert found is not None and found.read_text() == file.read_text()
    assert task_file(file, tmp_path) == file
    book.write_text(json.dumps({"cells": cells[:1]}))
    assert task_file(book, tmp_path) is None, "answers to exercises, perhaps"
    with pytest.raises(ValueError, match="is no file"):
        task_file(tmp_path / "nowhere.py", tmp_path)
    assert not is_task("def draw(:") and not is_task("")
    assert TaskConfig().file == "" == TaskConfig().digest
