"""The doctor beside a run: told once, kept with its step, taken back with the steps."""

import json
import logging
import math

import pytest

from minir1.cli.main import main
from minir1.rl.update import NotFiniteError
from minir1.run.doctor import FINDINGS, NOT_FINITE, Watch, examine, read_diary, read_findings
from minir1.run.home import published
from minir1.run.metrics import MetricsLog

ILL = {"reward": 0.0, "rewards/accuracy/mean": 0.0, "frac_reward_zero_std": 1.0}


def go(run, first, last, metrics=ILL, end=30):
    """Steps `first` to `last` of a stage, as the loop does them."""
    with MetricsLog(run, tensorboard=False) as log, Watch(run, "zero") as doctor:
        log.rewind("zero", first - 1)
        doctor.rewind(first - 1)
        for step in range(first, last + 1):
            log.write("zero", step, metrics)
            doctor.after(step, end, metrics)


def test_a_finding_is_told_once_and_kept(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        go(tmp_path, 1, 9)
        assert read_findings(tmp_path) == [] and not caplog.records
        go(tmp_path, 10, 30)
    (found,) = read_findings(tmp_path)
    assert (found["stage"], found["step"], found["name"]) == ("zero", 10, "dead_groups")
    (told,) = caplog.messages
    assert "step 10: " in told and found["sentence"] in told and str(tmp_path) in told


def test_the_last_step_is_looked_at_though_it_is_no_tenth(tmp_path):
    go(tmp_path, 1, 9, end=9)
    assert [row["step"] for row in read_findings(tmp_path)] == [9]


def test_a_resumed_run_ends_with_the_same_file(tmp_path):
    alone, twice = tmp_path / "alone", tmp_path / "twice"
    go(alone, 1, 30)
    go(twice, 1, 14)
    go(twice, 8, 30)  # from the checkpoint before the finding
    assert (alone / FINDINGS).read_bytes() == (twice / FINDINGS).read_bytes()


def test_later_stages_are_taken_back(tmp_path):
    go(tmp_path, 1, 30)
    Watch(tmp_path, "pretrain").rewind(100, later=("zero",))
    assert read_findings(tmp_path) == []


def test_a_damaged_file_of_findings_is_named_by_its_line(tmp_path):
    (tmp_path / FINDINGS).write_text('{"stage": "zero", "name": "dead_groups"}\n')
    for read in (lambda: Watch(tmp_path, "zero").rewind(0), lambda: read_findings(tmp_path)):
        with pytest.raises(ValueError, match=r'line 1: a row needs a "stage" name and a "step"'):
            read()


@pytest.mark.parametrize("word", ["name", "sentence"])
def test_a_finding_without_its_words_is_named_and_nothing_is_taken_back(tmp_path, word):
    go(tmp_path, 1, 30)
    file = tmp_path / FINDINGS
    (row,) = read_findings(tmp_path)
    torn = json.dumps({name: value for name, value in row.items() if name != word}) + "\n"
    file.write_text(json.dumps(row) + "\n" + torn)
    for read in (lambda: Watch(tmp_path, "zero").rewind(0), lambda: read_findings(tmp_path)):
        with pytest.raises(ValueError, match=r'line 2: a finding needs a "name" and a "sentence"'):
            read()
    assert file.read_text().endswith(torn)


def test_stages_without_a_reward_are_not_read(tmp_path):
    doctor = Watch(tmp_path / "nowhere", "pretrain")
    doctor.after(10, 100, {"loss": 1.0})
    assert not (tmp_path / "nowhere").exists()


def test_a_stop_for_lack_of_a_number_is_found(tmp_path):
    evidence = {"stage": "zero", "step": 3, "error": "loss = nan", "token_ids": []}
    with pytest.raises(NotFiniteError), Watch(tmp_path, "zero"):
        go(tmp_path, 1, 3, {"reward": 0.5})
        (tmp_path / NOT_FINITE).write_text(json.dumps(evidence))
        raise NotFiniteError("loss = nan", [])
    (found,) = read_findings(tmp_path)
    assert (found["name"], found["step"], found["evidence"][:14]) == (
        "not_finite", 4, "loss at step 4",
    )  # fmt: skip


def test_a_run_that_went_on_after_the_stop_is_not_ill(tmp_path):
    evidence = {"stage": "zero", "step": 3, "error": "loss = nan", "token_ids": []}
    (tmp_path / NOT_FINITE).write_text(json.dumps(evidence))
    assert [finding.name for finding in examine(read_diary(tmp_path))] == ["not_finite"]
    go(tmp_path, 1, 4, {"reward": 0.5})
    assert examine(read_diary(tmp_path)) == []


def test_a_metric_that_is_no_number_is_found_while_the_run_goes_on(tmp_path):
    go(tmp_path, 1, 10, {"reward": 0.5, "kl": math.inf})
    assert [row["name"] for row in read_findings(tmp_path)] == ["not_finite"]


def test_the_command_reads_the_stop_as_well(tmp_path, capsys):
    (tmp_path / "config.json").write_text((published("laptop") / "config.json").read_text())
    assert main(["doctor", str(tmp_path)]) == 0
    assert "no RL steps yet" in capsys.readouterr().out
    evidence = {"stage": "zero", "step": 3, "error": "loss = nan", "token_ids": []}
    (tmp_path / NOT_FINITE).write_text(json.dumps(evidence))
    assert main(["doctor", str(tmp_path)]) == 1
    assert "A number was not finite." in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[1]", '{"stage": "zero"}', '{"stage": "zero", "step": "3"}'])
def test_damaged_evidence_is_named(tmp_path, text):
    (tmp_path / NOT_FINITE).write_text(text)
    with pytest.raises(ValueError, match=r"not_finite\.json doesn't say where the run stopped"):
        read_diary(tmp_path)
