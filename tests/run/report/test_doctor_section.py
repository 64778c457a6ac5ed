"""The doctor's section of the report: what is found, what has passed, and silence."""

import json

import pytest

from minir1.cli.main import main
from minir1.run.doctor import WINDOW
from minir1.run.jsonl import append_row
from minir1.run.report import doctor
from minir1.run.report.page import write_report
from minir1.run.report.reading import read_run


@pytest.fixture
def run(tmp_path):
    """A run of which there is nothing but its config."""
    from minir1 import recipes

    (tmp_path / "config.json").write_text(json.dumps(recipes.laptop().to_json()))
    return tmp_path


def write_steps(run, stage, steps=12, **metrics):
    for step in range(1, steps + 1):
        append_row(run / "metrics.jsonl", {"stage": stage, "step": step, "reward": 0.1} | metrics)


def test_before_rl_there_is_nothing_to_say(run):
    assert doctor.visits(read_run(run)) == []
    append_row(run / "metrics.jsonl", {"stage": "pretrain", "step": 1, "loss": 2.0})
    assert doctor.visits(read_run(run)) == []


def test_each_stage_of_rl_is_seen_by_itself(run):
    write_steps(run, "zero")
    write_steps(run, "dev2", kl=2.0)
    first, second = doctor.visits(read_run(run))
    assert (first["stage"], first["steps"], first["findings"]) == ("zero", 12, [])
    assert [finding.name for finding in second["findings"]] == ["kl_pull"]


def test_the_page_says_what_is_found_and_what_has_passed(run):
    write_steps(run, "zero", kl=2.0)
    for name in ("kl_pull", "truncation"):
        row = {"stage": "zero", "step": 10, "name": name, "sentence": f"<b>{name}</b>"}
        append_row(run / "findings.jsonl", row | {"evidence": "e"})
    html = write_report(run).read_text()
    assert "The policy is far from its reference." in html and "What to try" in html
    assert "&lt;b&gt;truncation&lt;/b&gt;" in html and "<b>truncation" not in html
    assert html.count("This has passed.") == 1


def test_a_healthy_run_is_told_so(run):
    write_steps(run, "zero")
    assert "<p>Nothing found in 12 steps of RL.</p>" in write_report(run).read_text()


def test_steps_too_few_to_judge_are_called_so(run, capsys):
    write_steps(run, "zero", steps=WINDOW - 1)
    said = f"Nothing found in {WINDOW - 1} steps of RL. Most rules need {WINDOW} steps."
    assert said in write_report(run).read_text()
    assert main(["doctor", str(run)]) == 0
    said = f"Nothing found in {WINDOW - 1} steps. Most rules need {WINDOW} steps of a stage.\n"
    assert capsys.readouterr().out == said
