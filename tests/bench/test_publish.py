"""A published run is a run: it can be asked, evaluated, reported, and it is small."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1.bench.publish import EVERY, FIRST, PIPELINE, publish
from minir1.cli.main import main
from minir1.config import Config, EvalConfig, ModelConfig, PretrainConfig, TaskConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.run import checkpoint, home
from minir1.run.evaluate import evaluate
from minir1.run.evaluated import write_evaluation
from minir1.run.home import find_run, open_run, published
from minir1.run.jsonl import append_row
from minir1.run.ledger import Ledger
from minir1.run.metrics import MetricsLog, read_metrics
from minir1.run.models import finished_model, last_model, new_model, steps_of
from minir1.run.optim import build_optimizer
from minir1.run.report.reading import read_run
from minir1.run.rollouts import read_rollouts
from minir1.text.tokenizer import Tokenizer

CPU = torch.device("cpu")
TINY = Config(
    name="tiny",
    device="cpu",
    task=TaskConfig(n_numbers=2, high=6),
    model=ModelConfig(
        dim=16, n_layers=2, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
        qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=64,
    ),
    pretrain=PretrainConfig(steps=20),
    zero=ZeroConfig(steps=2, max_new_tokens=6),
    eval=EvalConfig(problems=3, max_new_tokens=6),
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that was never trained, but has all files of a finished one."""
    out = open_run(TINY, tmp_path_factory.mktemp("runs") / "tiny-0")
    tokenizer = Tokenizer()
    with MetricsLog(out, tensorboard=False) as log:
        for stage, steps in (("pretrain", TINY.pretrain.steps), ("zero", TINY.zero.steps)):
            model = new_model(replace(TINY, seed=steps), CPU)
            optimizer = build_optimizer(model, TINY.zero.optim)
            sum(weight.sum() for weight in model.parameters()).backward()
            optimizer.step()
            for step in range(1, steps + 1):
                log.write(stage, step, {"loss": 1.0 / step, "reward": 0.5})
            with Ledger(out, stage, TINY):
                pass
            for step in (steps - 1, steps):
                checkpoint.save(
                    out / "checkpoints", stage, step, model=model.state_dict(),
                    optimizer=optimizer.state_dict(), state={"seed": 0},
                )  # fmt: skip
            for name in {"pretrain": ["base"], "zero": ["final", "step-000001"]}[stage]:
                found = evaluate(model, tokenizer, TINY.task, TINY.eval, seed=0)
                write_evaluation(out, name, {"name": name, "step": steps, **found})
    return out


@pytest.fixture
def copy(finished, tmp_path, monkeypatch):
    """The published copy, in a package that brings along nothing else."""
    monkeypatch.setattr(home, "RESULTS", tmp_path / "results")
    monkeypatch.setattr("minir1.cli.report.RESULTS", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return publish(finished, "tiny", tmp_path / "results")


def test_the_models_are_the_same_and_the_optimizer_stays_behind(finished, copy):
    for stage in ("pretrain", "zero"):
        ours = finished_model(TINY, copy, stage, CPU)
        theirs = finished_model(TINY, finished, stage, CPU)
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert a.equal(b)
        assert checkpoint.latest(copy / "checkpoints", stage).optimizer is None
    assert len(list((copy / "checkpoints").iterdir())) == 2
    assert isinstance(last_model(copy)[1], Transformer)


def test_what_is_kept_of_the_rest(finished, copy):
    whole, kept = read_run(finished), read_run(copy)
    assert kept.config == whole.config
    assert [row for row in kept.metrics if row["stage"] == "zero"] == [
        row for row in read_metrics(finished) if row["stage"] == "zero"
    ]
    steps = [row["step"] for row in kept.metrics if row["stage"] == "pretrain"]
    assert steps == list(range(EVERY, TINY.pretrain.steps + 1, EVERY))
    for name in ("base", "final"):
        assert kept.evaluations[name] == whole.evaluations[name]
    small = kept.evaluations["step-000001"]
    assert small["rows"] == [] and small["pass@1"] == whole.evaluations["step-000001"]["pass@1"]
    assert [row["seconds"] for row in kept.ledger] == [row["seconds"] for row in whole.ledger]
    assert {row["device"]["platform"] for row in kept.ledger} <= {"Linux", "macOS", "Darwin"}


def test_a_few_groups_are_kept_for_the_dashboard(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    for stage, steps in (("zero", 25), ("dev2", 11), ("r1", 1)):
        for step in range(1, steps + 1):
            rollouts = [{"reward": reward, "tokens": [str(i)]} for i, reward in enumerate(
                [0.0, 1.0, 0.5, 0.0, 1.0, 0.5])]  # fmt: skip
            row = {"stage": stage, "step": step, "rollouts": rollouts, "right": 2, "of": 16,
                   "question": "make 6 from 2 3", "load": []}  # fmt: skip
            append_row(run / "rollouts.jsonl", row)
    copy = publish(run, "tiny", tmp_path / "results")
    rows = read_rollouts(copy)
    steps = {"zero": [1, 11, 21, 25], "dev2": [1, 11], "r1": [1]}
    assert [(row["stage"], row["step"]) for row in rows] == [
        (stage, step) for stage, some in steps.items() for step in some
    ]
    for row in rows:
        assert [one["reward"] for one in row["rollouts"]] == [0.0, 1.0, 0.0, 1.0]
        assert [one["tokens"] for one in row["rollouts"]] == [["0"], ["1"], ["3"], ["4"]]
        assert (row["right"], row["of"]) == (2, 16)


def test_no_file_names_a_folder_of_the_machine(finished, copy):
    for file in copy.rglob("*"):
        if file.suffix in (".json", ".jsonl"):
            assert str(finished.parent) not in file.read_text()


def test_readers_find_it_by_its_name(copy, capsys):
    assert find_run("tiny") == published("tiny") == copy
    assert main(["eval", "tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == TINY.eval.problems
    assert main(["sample", "tiny"]) == 0
    assert capsys.readouterr().out.startswith("<user> make")


def test_its_report_is_written_beside_the_readers_own_runs(copy, tmp_path, capsys):
    assert main(["report", "tiny"]) == 0
    assert (tmp_path / "runs" / "tiny-report" / "index.html").exists()
    assert not (copy / "report").exists()
    assert main(["report", "tiny", "--out", "page"]) == 0
    assert (tmp_path / "page" / "index.html").exists()


def test_an_own_run_of_that_name_comes_first(copy, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "runs" / "tiny")
    assert find_run("tiny").resolve() == tmp_path / "runs" / "tiny"
    assert published("tiny") == copy


def test_publishing_again_replaces_the_copy(finished, copy):
    (copy / "stray.txt").write_text("old")
    publish(finished, "tiny", copy.parent)
    assert not (copy / "stray.txt").exists()
    assert [folder.name for folder in copy.parent.iterdir()] == ["tiny"]


def test_names_that_are_not_published_are_refused_with_those_that_are(copy):
    with pytest.raises(ValueError, match="no run 'tinny' came with the package; there are: tiny"):
        published("tinny")


def test_an_unfinished_run_is_refused_and_the_old_copy_stays(finished, copy, tmp_path):
    half = shutil.copytree(finished, tmp_path / "half")
    shutil.rmtree(half / "checkpoints" / "zero-000002")
    with pytest.raises(ValueError, match=r"its zero stage is at step 1 of 2; finish it with"):
        publish(half, "tiny", copy.parent)
    late = shutil.copytree(finished, tmp_path / "late")
    (late / "eval" / "final.json").unlink()
    with pytest.raises(ValueError, match=r"no eval/final\.json"):
        publish(late, "tiny", copy.parent)
    assert checkpoint.latest(copy / "checkpoints", "zero").step == 2


def test_of_a_pipeline_five_models_and_the_first_rows_stay(finished, tmp_path):
    tiny = json.loads((finished / "config.json").read_text())
    run = shutil.copytree(finished, tmp_path / "pipe")
    pipe = replace(TINY, task=TaskConfig(name="scenarios", n_numbers=2, high=6))
    (run / "config.json").write_text(json.dumps(tiny | pipe.to_json()))
    with pytest.raises(ValueError, match=r"no pipeline\.json yet; finish it with `minir1 pipeline"):
        publish(run, "pipe", tmp_path / "results")
    (run / "pipeline.json").write_text("{}")
    (run / "preference.json").write_text("{}")
    (run / "data").mkdir()
    (run / "data" / "dev1.jsonl").write_text("{}\n" * 250)
    model = new_model(TINY, CPU)
    for stage in ("preference", "r1", "student_base", "student"):
        steps = steps_of(TINY, stage)
        checkpoint.save(run / "checkpoints", stage, steps, model=model.state_dict(), state={})
    whole = json.loads((run / "eval" / "final.json").read_text())
    one = whole | {"scenarios": {}, "values": {}, "rows": whole["rows"][:1] * 250}
    write_evaluation(run, "zero", one)
    copy = publish(run, "pipe", tmp_path / "results")
    assert len((copy / "data" / "dev1.jsonl").read_text().splitlines()) == FIRST
    assert len(json.loads((copy / "eval" / "zero.json").read_text())["rows"]) == FIRST
    kept = sorted(folder.name.partition("-")[0] for folder in (copy / "checkpoints").iterdir())
    assert kept == ["preference", "pretrain", "r1", "student", "student_base"]
    assert (copy / "pipeline.json").exists() and (copy / "preference.json").exists()


@pytest.mark.parametrize("name", ["..", "a/b", "", ".x"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name, finished, tmp_path):
    with pytest.raises(ValueError, match="name = "):
        publish(finished, name, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_the_published_pipeline_has_the_models_that_its_manifest_names():
    folder = published("pipeline")
    manifest = json.loads((folder / "pipeline.json").read_text())
    named = {Path(stage["checkpoint"]).name: stage["weights"] for stage in manifest["stages"]}
    there = sorted((folder / "checkpoints").iterdir())
    assert sorted(path.name.rpartition("-")[0] for path in there) == sorted(PIPELINE)
    for path in there:
        weights = (path / "model.safetensors").read_bytes()
        assert hashlib.sha256(weights).hexdigest() == named[path.name]
