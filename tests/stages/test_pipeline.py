"""The whole pipeline at its smallest: every stage, every file, and a kill inside each stage."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest

from minir1.config import Config, ModelConfig, OptimConfig, PretrainConfig, TaskConfig
from minir1.config.pipeline import PipelineConfig, PreferenceConfig, SamplesConfig, SftConfig
from minir1.rl.update import NotFiniteError
from minir1.run.distributed.processes import Silent
from minir1.run.distributed.world import World
from minir1.run.home import open_run
from minir1.run.ledger import read_ledger
from minir1.run.metrics import read_metrics, without_clocks
from minir1.run.models import ORDER, last_model
from minir1.stages import pipeline, preference, readers, rejection
from minir1.stages.collect import Source, completions
from minir1.stages.examples import digest, read_examples
from minir1.stages.loop import Stage
from minir1.stages.manifest import weights_of
from minir1.stages.pipeline import Pipeline
from minir1.stages.ready import check_pipeline
from minir1.tasks.base import Verdict
from minir1.tasks.completion import Parsed
from minir1.tasks.scenarios.mixture import Mixture
from minir1.tasks.splits import split_of


def tiny_pipeline(tiny: Config) -> Config:
    optim = OptimConfig(lr=1e-3, warmup_steps=1)
    two = PretrainConfig(steps=2, sequences_per_step=4, save_every=1, optim=optim)
    some = SamplesConfig(prompts=6, samples=2)
    tune = SftConfig(steps=2, sequences_per_step=3, save_every=1)
    rl = replace(tiny.zero, steps=2, save_every=1, length_schedule=(), kl_coef=0.0)
    student = ModelConfig(
        vocab_size=256, dim=16, n_layers=1, n_dense_layers=1, inter_dim=24, n_heads=2,
        kv_lora_rank=8, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, max_seq_len=96,
    )  # fmt: skip
    return replace(
        tiny,
        name="tiny_pipeline",
        threads=1,
        task=TaskConfig(name="scenarios", n_numbers=2, high=6),
        model=replace(tiny.model, vocab_size=256),
        pretrain=two,
        zero=rl,
        eval=replace(tiny.eval, problems=12, samples=1, every=0),
        pipeline=PipelineConfig(
            preference=PreferenceConfig(
                prompts=8, heldout=4, steps=2, pairs_per_step=4, save_every=1
            ),
            cold_samples=some, cold=tune, reason=rl, samples=some, sft=tune, final=rl,
            taste_steps=1, student=student, student_base=two, distill_samples=some, distill=tune,
        ),
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def whatever_is_written_is_good():
    """A tiny model solves nothing: each of its texts counts as an answer, right and readable."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mixture, "verify", lambda *_: Verdict.CORRECT)
        patch.setattr(readers, "parse", lambda text: Parsed("", text, True, ""))
        patch.setattr(rejection, "readable", lambda text: True)
        patch.setattr(rejection, "is_pure", lambda problem, text: True)
        yield


@pytest.fixture(scope="module")
def done(tiny, tmp_path_factory):
    config, out = tiny_pipeline(tiny), tmp_path_factory.mktemp("pipeline") / "whole"
    open_run(config, out)
    return config, out, pipeline.run(config, out)


def test_every_stage_is_there_and_measured(done):
    config, out, result = done
    measured = [row["stage"] for row in result["table"]]
    assert measured == [name for name in ORDER if name != "preference"]
    for row in result["table"]:
        assert 0 <= row["accuracy"]["low"] <= row["accuracy"]["value"] <= row["accuracy"]["high"]
        assert row["tokens"]["value"] > 0 and row["proxy"] is not None
    held = json.loads((out / "preference.json").read_text())
    assert 0 <= held["labels"]["value"] <= 1 and held["pairs"] >= 4
    assert last_model(out)[2].stage == "r1"
    assert last_model(out, "student-000002")[1].config == config.pipeline.student


def test_the_manifest_names_what_lies_there(done):
    _, out, result = done
    manifest = json.loads((out / "pipeline.json").read_text())
    assert manifest == result["manifest"]
    by_name = {row["stage"]: row for row in manifest["stages"]}
    assert list(by_name) == list(ORDER)
    assert by_name["dev3"]["starts_from"] == by_name["dev1"]["starts_from"] == "pretrain"
    assert (by_name["dev2"]["starts_from"], by_name["r1"]["starts_from"]) == ("dev1", "dev3")
    for row in manifest["stages"]:
        assert row["weights"] == digest(out / row["checkpoint"] / "model.safetensors")
        assert row["cost"]["core_hours"] > 0 and row["cost"]["flops"] > 0
        if "data" in row:
            assert row["data"]["sha256"] == digest(out / row["data"]["file"])
    sampled = {row["stage"]: row["tokens_sampled"] for row in read_ledger(out)}
    assert all(sampled[f"samples of {name}"] > 0 for name in ("pretrain", "zero", "dev2", "r1"))


def test_the_manifest_of_several_processes_names_the_file_of_each(done, tmp_path):
    _, out, result = done
    folder = tmp_path / "cut"
    folder.mkdir()
    row = result["manifest"]["stages"][0]
    whole = (out / row["checkpoint"] / "model.safetensors").read_bytes()
    names = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    for name, part in zip(names, (whole[:9], whole[9:]), strict=True):
        (folder / name).write_bytes(part)
    assert weights_of(folder) == {name: digest(folder / name) for name in names}
    assert weights_of(out / row["checkpoint"]) == row["weights"]


def test_every_training_row_has_its_lineage_and_none_is_held_out(done):
    config, out, _ = done
    for stage, teacher in (("dev1", "zero"), ("dev3", "dev2"), ("student", "r1")):
        rows = read_examples(out / "data" / f"{stage}.jsonl")
        assert {(row.stage, row.step) for row in rows} == {(teacher, 2)}
        assert all(split_of(row.key, config.task.heldout_share) == "train" for row in rows)
        assert stage != "dev1" or {row.task for row in rows} == {"bilingual"}


class Second(World):
    """One of several processes, which leaves ledger and diary to the first."""

    def on_main(self, thing):
        return Silent()


def test_a_process_that_keeps_no_ledger_writes_the_same_samples(done, tmp_path):
    config, out, _ = done
    whole = Pipeline(config, out)
    source = Source(stage="zero", step=2, task=config.task, seed=7)
    settings = config.pipeline.samples
    first, second = (
        list(completions(config, tmp_path, whole.finished("zero")(), source, settings, world))
        for world in (World(), Second())
    )
    assert first == second and len(read_ledger(tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_processes_go_through_all_of_it(tmp_path):
    """The command itself, under torchrun, with real verdicts."""
    out, root = tmp_path / "run", Path(__file__).parents[2]
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words += ["-m", "minir1", "pipeline", "pipeline_smoke", "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    manifest = json.loads((out / "pipeline.json").read_text())
    assert [row["stage"] for row in manifest["stages"]] == list(ORDER)
    for row in manifest["stages"]:
        files = sorted((out / row["checkpoint"]).glob("model*"))
        assert row["weights"] == {file.name: digest(file) for file in files} and len(files) == 2


def left_behind(out: Path) -> dict[str, object]:
    """Everything but the clock and the bill."""
    found: dict[str, object] = {"metrics": [without_clocks(row) for row in read_metrics(out)]}
    for file in sorted(out.rglob("*")):
        parts = file.relative_to(out).parts
        if file.is_file() and parts[0] in ("checkpoints", "data", "eval", "preference.json"):
            found["/".join(parts)] = file.read_bytes()
    return found


def test_a_reward_model_that_is_not_finite_stops_and_keeps_the_evidence(
    done, tmp_path, monkeypatch
):
    config, whole, _ = done
    for part in ("data", "checkpoints/pretrain-000002"):
        shutil.copytree(whole / part, tmp_path / part)
    monkeypatch.setattr(
        preference, "bradley_terry", lambda chosen, rejected: ((chosen - rejected).sum() * nan, 0.0)
    )
    with pytest.raises(NotFiniteError, match=r"preference stopped at step 0: loss = nan"):
        preference.preference(config, tmp_path, seed=7)
    assert json.loads((tmp_path / "not_finite.json").read_text())["token_ids"]
    assert not list((tmp_path / "checkpoints").glob("preference*"))


class Killed(BaseException):
    pass


def test_a_kill_inside_every_stage_changes_no_bit(done, tmp_path, monkeypatch):
    config, whole, _ = done
    real, killed = Stage._step, []

    def dying(self, step):
        if self.done == 1 and self.name not in killed:
            killed.append(self.name)
            raise Killed
        return real(self, step)

    monkeypatch.setattr(Stage, "_step", dying)
    out = tmp_path / "killed"
    open_run(config, out)
    for _ in ORDER:
        with pytest.raises(Killed):
            pipeline.run(config, out)
    pipeline.run(config, out)
    assert sorted(killed) == sorted(ORDER)
    assert left_behind(out) == left_behind(whole)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda c: replace(c, task=TaskConfig()), "task.name"),
        (lambda c: replace(c, task=readers.only(c.task, "bilingual")), "task.scenarios.manners"),
        (lambda c: replace(c, model=replace(c.model, vocab_size=128)), "model.vocab_size"),
        (lambda c: replace(c, pipeline=replace(c.pipeline, taste_steps=9)), "taste_steps"),
        (
            lambda c: replace(c, pipeline=replace(c.pipeline, student=ModelConfig())),
            "pipeline.student.vocab_size",
        ),
        (
            lambda c: replace(
                c,
                pipeline=replace(c.pipeline, reason=replace(c.pipeline.reason, max_new_tokens=99)),
            ),
            "pipeline.reason.max_new_tokens",
        ),
    ],
)
def test_a_pipeline_that_can_t_end_does_not_start(tiny, change, named):
    config = tiny_pipeline(tiny)
    check_pipeline(config)
    with pytest.raises(ValueError, match=named):
        check_pipeline(change(config))
