"""The whole job, end to end, and asking the model that it leaves behind."""

import json
import shutil
import weakref
from dataclasses import replace

import pytest
import torch

from minir1.config import TaskConfig
from minir1.run import checkpoint, models
from minir1.run.ledger import read_ledger
from minir1.stages import job, pretrain
from minir1.stages.job import evaluation_sets
from minir1.stages.sample import sample_run
from minir1.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def done(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "tiny"
    return out, job.run(tiny, out)


def test_the_run_s_folder(tiny, done):
    out, summary = done
    for name in ("config.json", "metrics.jsonl", "ledger.jsonl", "tb/pretrain", "tb/zero",
                 "report/index.html"):  # fmt: skip
        assert (out / name).exists(), name
    checkpoints = sorted(path.name for path in (out / "checkpoints").iterdir())
    assert checkpoints == ["pretrain-000002", "pretrain-000003", "zero-000004", "zero-000005"]
    assert summary["run"] == str(out) and summary["report"].endswith("index.html")
    assert (summary["seed"], summary["recipe_hash"]) == (3, tiny.hash())
    stages = [row["stage"] for row in read_ledger(out)]
    assert {"pretrain", "zero"} <= set(stages)
    assert all(row["status"] == "finished" for row in read_ledger(out))


def test_the_base_is_gone_when_the_policy_comes(monkeypatch, tiny, tmp_path):
    """Kept to the end, it would take the memory of one more model for all of RL."""
    bases = []

    def base(*_):
        model = torch.nn.Linear(1, 1)
        model.register_forward_pre_hook(lambda *_: model)  # as FSDP's do
        bases.append(weakref.ref(model))
        return model

    def policy(*_):
        assert [one() for one in bases] == [None]

    monkeypatch.setattr(job, "pretrain", base)
    monkeypatch.setattr(job, "zero", policy)

    def evaluate_stage(config, out, train, *_):
        train()
        return {}

    monkeypatch.setattr(job, "evaluate_stage", evaluate_stage)
    monkeypatch.setattr(job, "write_report", lambda *_: "report")
    assert job.run(tiny, tmp_path / "run")["report"] == "report"
    assert len(bases) == 1


def test_its_evaluations(tiny, done):
    out, summary = done
    sets = ["base", "base_far", "base_range", "final", "final_far", "final_range", "step-000003"]
    assert sorted(file.stem for file in (out / "eval").iterdir()) == sets
    for name in sets:
        found = json.loads((out / "eval" / f"{name}.json").read_text())
        assert found["name"] == name and found["seed"] == 3
        assert found["recipe_hash"] == tiny.hash()
        step = {"base": 3, "final": 5, "step-000003": 3}[name.partition("_")[0]]
        assert found["step"] == step
        assert len(found["rows"]) == found["problems"] * found["samples"]
        numbers = [row["gold"]["numbers"] for row in found["rows"]]
        if name.endswith("_far"):
            assert {len(some) for some in numbers} == {3}
        elif name.endswith("_range"):
            assert min(min(some) for some in numbers) > tiny.task.high
        else:
            assert {len(some) for some in numbers} == {2}
    assert summary["base"]["pass@1"]["value"] <= summary["base"]["pass@1"]["high"]
    assert "insight" in summary["final"]


def test_a_second_call_only_reads(tiny, done, monkeypatch):
    out, first = done
    files = {f: f.read_bytes() for name in ("metrics.jsonl", "ledger.jsonl") for f in [out / name]}

    def none(*args, **options):
        raise AssertionError("nothing is left to evaluate, so no model is needed")

    for name in ("evaluate", "pretrain", "zero"):
        monkeypatch.setattr(job, name, none)
    monkeypatch.setattr(job, "write_report", lambda *args: first["report"])
    assert job.run(tiny, out) == first
    assert all(file.read_bytes() == content for file, content in files.items())


def test_a_resumed_policy_is_all_that_is_read(tiny, done, tmp_path, monkeypatch):
    """A base of 16B takes minutes to read: where it was measured already, nobody asks for it."""
    out, first = done
    shutil.copytree(out, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints" / "zero-000005")
    for file in (tmp_path / "run" / "eval").glob("final*.json"):
        file.unlink()
    made = []
    read, anew = checkpoint.load, models.new_model
    monkeypatch.setattr(checkpoint, "load", lambda folder, **how: (
        made.append(folder.name), read(folder, **how))[1])  # fmt: skip
    monkeypatch.setattr(pretrain, "new_model", lambda *how: (made.append("new"), anew(*how))[1])
    again = job.run(tiny, tmp_path / "run")
    assert made == ["pretrain-000003", "zero-000004"]
    assert (again["base"], again["final"]) == (first["base"], first["final"])


def test_a_damaged_evaluation_is_named_before_anything_is_made(tiny, done, tmp_path, monkeypatch):
    shutil.copytree(done[0], tmp_path / "run")
    (tmp_path / "run" / "eval" / "base.json").write_text("{")
    monkeypatch.setattr(job, "pretrain", lambda *_: pytest.fail("a base was asked for"))
    with pytest.raises(ValueError, match=r"base\.json is not JSON .*: remove it and evaluate"):
        job.run(tiny, tmp_path / "run")


def test_a_folder_serves_one_config(tiny, done):
    with pytest.raises(ValueError, match="another config: seed was 3 and is 4"):
        job.run(replace(tiny, seed=4), done[0])


def test_the_evaluation_sets_lie_outside_the_training_problems():
    task = TaskConfig()
    sets = evaluation_sets(task)
    assert sets[""] == task
    assert sets["_far"].n_numbers == 4
    assert (sets["_range"].low, sets["_range"].high) == (13, 20)
    assert set(evaluation_sets(replace(task, n_numbers=4))) == {"", "_range"}
    assert set(evaluation_sets(replace(task, high=99))) == {"", "_far"}
    assert evaluation_sets(replace(task, high=95))["_range"].high == 99
    assert set(evaluation_sets(TaskConfig(name="arithmetic"))) == {""}


def test_a_question_is_answered_word_by_word(done):
    pieces = list(sample_run(done[0], "make 5 from 2 3", temperature=0.0, max_new_tokens=6))
    assert pieces[0] == "<user> make 5 from 2 3 <assistant>\n"
    assert 1 <= len(pieces[1:]) <= 6
    words = set(Tokenizer().words)
    assert all(piece.strip() in words for piece in pieces[1:])
    assert all(piece.startswith(" ") for piece in pieces[2:])
    again = list(sample_run(done[0], "make 5 from 2 3", temperature=0.0, max_new_tokens=6))
    assert again == pieces


def test_the_seed_changes_the_answer_and_the_question(tiny, done):
    answers = [list(sample_run(done[0], "make 5 from 2 3", seed=seed)) for seed in (0, 0, 1)]
    assert answers[0] == answers[1] != answers[2]
    prompts = [next(sample_run(done[0], seed=seed)) for seed in (0, 1)]
    assert prompts[0] != prompts[1]
    assert len(answers[0]) <= 1 + tiny.zero.budget(tiny.zero.steps)


def test_a_question_outside_the_language_is_refused(done):
    with pytest.raises(ValueError, match="not in the vocabulary"):
        next(sample_run(done[0], "make 1000 from 2 3"))
    with pytest.raises(ValueError, match="max_seq_len"):
        next(sample_run(done[0], "make 5 from" + " 1" * 80))  # before a word is printed
