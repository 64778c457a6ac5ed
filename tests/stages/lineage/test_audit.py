"""The lineage of a run: what is clean passes, and each thing that is planted is named."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minir1.cli.main import main
from minir1.run.home import RESULTS, find_run, read_config
from minir1.stages.lineage import made
from minir1.stages.lineage.audit import audit_run
from minir1.stages.lineage.leaks import Decontamination
from minir1.stages.lineage.made import courses, texts_of_step
from minir1.stages.lineage.origin import Row
from minir1.tasks import make_task

FEW = 64
"""Rows of each set that are made again: a published run has thousands."""


def copy_of(name: str, target: Path) -> Path:
    """What an audit reads of a published run, and no weights."""
    left_out = shutil.ignore_patterns("checkpoints", "*_far.json", "*_range.json", "step-*")
    return Path(shutil.copytree(RESULTS / name, target / name, ignore=left_out))


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    run = copy_of("pipeline", tmp_path)
    for path in (run / "eval").glob("*.json"):
        if path.stem != "r1":
            path.unlink()
    diary = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    last = {json.loads(line)["stage"]: line for line in diary}
    (run / "metrics.jsonl").write_text("".join(last.values()))
    return run


def change(path: Path, number: int, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    lines = path.read_text().splitlines()
    lines[number] = json.dumps(edit(json.loads(lines[number])))
    path.write_text("\n".join(lines) + "\n")


def sets_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{one['set']} {one['kind']}": one for one in found["sets"]}


def test_a_published_pipeline_is_clean(pipeline):
    found = audit_run(pipeline, FEW)
    assert found["passed"]
    own = sets_of(found)
    assert set(own) == {
        *("pretrain documents", "student_base documents", "preference pairs"),
        *("zero questions", "dev2 questions", "r1 questions"),
        *("dev1 samples", "dev3 samples", "student samples"),
    }
    manifest = json.loads((pipeline / "pipeline.json").read_text())
    for stage in manifest["stages"]:
        if "data" in stage:
            line = next(line for key, line in own.items() if key.split()[0] == stage["stage"])
            assert line["rows"] == stage["data"]["rows"] and line["read"] == 200
    assert [line["leaks"] for line in found["evaluations"]] == [[]]


def test_what_is_planted_is_named(pipeline):
    config = read_config(pipeline)
    secret = next(make_task(config.task).problems("heldout", 7))
    data = pipeline / "data"

    def held_out(row):
        return row | {"prompt": f"<user> {secret.question} <assistant>", "key": row["key"]}

    change(data / "student.jsonl", 3, held_out)
    change(data / "dev1.jsonl", 5, lambda row: row | {"seed": row["seed"] + 1})
    change(data / "dev3.jsonl", 0, lambda row: {k: v for k, v in row.items() if k != "key"})
    change(data / "preference.jsonl", 9, lambda row: row | {"stage": "gpt"})
    found = audit_run(pipeline, FEW)
    own = sets_of(found)
    assert not found["passed"]
    assert own["student samples"]["leaks"] == [secret.question]
    without = {name: line["without"] for name, line in own.items()}
    assert {name: count for name, count in without.items() if count} == {
        **{"student samples": 1, "dev1 samples": 1},
        **{"dev3 samples": 1, "preference pairs": 1},
    }


def test_a_foreign_row_is_found_even_when_it_names_the_right_teacher(pipeline):
    """The question is for training, and all names are right; this seed never asked it."""
    config = read_config(pipeline)
    lines = (pipeline / "data/dev1.jsonl").read_text().splitlines()
    asked = {json.loads(line)["prompt"] for line in lines}
    stranger = next(
        problem
        for problem in make_task(config.task).problems("train", 99)
        if problem.task == "bilingual" and f"<user> {problem.question} <assistant>" not in asked
    )
    foreign = {"prompt": f"<user> {stranger.question} <assistant>", "key": stranger.key}
    change(pipeline / "data/dev1.jsonl", 0, lambda row: row | foreign)
    assert sets_of(audit_run(pipeline, FEW))["dev1 samples"]["without"] == 1


def test_a_file_that_is_not_the_manifest_s_is_a_fault(pipeline):
    manifest = json.loads((pipeline / "pipeline.json").read_text())
    for stage in manifest["stages"]:
        if stage["stage"] == "dev1":
            stage["data"]["rows"] = 200
        if stage["stage"] == "student":
            stage["data"]["rows"] = 199
    (pipeline / "pipeline.json").write_text(json.dumps(manifest))
    own = sets_of(audit_run(pipeline, FEW))
    assert "its SHA-256 differs" in own["dev1 samples"]["faults"][0]
    assert "200 rows, pipeline.json says 199" in own["student samples"]["faults"][0]


def test_a_diary_of_other_texts_and_an_evaluation_on_training_questions(tmp_path, capsys):
    run = copy_of("laptop", tmp_path)
    config = read_config(run)
    asked = next(make_task(config.task).problems("train", 5))
    path = run / "eval" / "final.json"
    final = json.loads(path.read_text())
    final["rows"][2] |= {"question": asked.question}
    path.write_text(json.dumps(final))
    change(run / "metrics.jsonl", 0, lambda row: row | {"num_tokens": row["num_tokens"] + 1})
    assert main(["lineage", str(run), "--rows", str(FEW)]) == 1
    out = capsys.readouterr().out
    assert f"for training, in evaluation final: {asked.question}" in out
    assert "pretrain: the diary counted other tokens, first at step 10" in out
    assert "this run's data are not clean" in out


def test_a_corpus_that_reads_held_out_problems_is_found(tmp_path, monkeypatch):
    run = copy_of("laptop", tmp_path)
    config = read_config(run)
    secret = next(make_task(config.task).problems("heldout", 1))

    def leaky(config, stage, step):
        texts = texts_of_step(config, stage, step)
        return [texts[0]._replace(prompt=f"<user> {secret.question} <assistant>"), *texts[1:]]

    monkeypatch.setattr(made, "texts_of_step", leaky)
    assert sets_of(audit_run(run, FEW))["pretrain documents"]["leaks"] == [secret.question]


def test_rl_s_questions_are_those_that_it_asked(tmp_path):
    """The dead groups that dynamic sampling replaced were asked as well."""
    config = read_config(find_run("laptop"))
    ((stage, task, settings, seed),) = courses(config)
    diary = [{"stage": "zero", "step": 2, "dynamic_sampling/replaced": 3.0}]
    one = made.questions(stage, task, settings, seed, 3, diary, 1000)
    assert one.count == len(list(one.rows())) == 3 * settings.questions_per_step + 3


def test_prose_is_compared_by_its_words(tmp_path):
    config = read_config(find_run("laptop"))
    path = tmp_path / "own.jsonl"
    questions = [f"If {i} birds sit on wire {i} and {i + 3} fly, how many?" for i in range(30)]
    rows = [{"question": q, "gold": "3", "verifier": "math"} for q in questions]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    own = replace(config, task=replace(config.task, name="jsonl", path=str(path)))
    look = Decontamination(own)
    held, trained = (
        [problem.question for problem in make_task(own.task).of_split(split)]  # type: ignore
        for split in ("heldout", "train")
    )
    assert held and trained and "12-grams" not in look.how and "13-grams" in look.how
    assert all(not look.held_out_in(Row(question, "", "x")) for question in trained)
    assert look.held_out_in(Row("", f"Recall: {held[0].upper()} 3", "x")) == [held[0]]
    assert look.held_out_in(Row(held[1], "", "x")) == [held[1]]
    assert look.is_for_training(trained[0], own.task)


def test_bad_input_is_one_line(tmp_path, capsys):
    run = copy_of("laptop", tmp_path)
    (run / "metrics.jsonl").unlink()
    assert main(["lineage", str(run)]) == 2
    assert "has learned from nothing yet" in capsys.readouterr().err
    (run / "config.json").write_text("{")
    assert main(["lineage", str(run)]) == 2
    err = capsys.readouterr().err
    assert "can't be read" in err and err.count("\n") == 1
