"""Where a run stands, told from its folder alone, in each of its states."""

import json
import shutil

import pytest

from minir1.lab.dashboard import place
from minir1.lab.dashboard.process import Process
from minir1.lab.dashboard.standing import fingerprint, view_of
from minir1.run.claim import claim
from minir1.run.home import published, read_config
from minir1.run.marker import mark_stopped


def stand(folder, config, stopping=False):
    return view_of(Process(folder, config), stopping).standing


def test_a_run_that_was_never_started(tmp_path, config):
    found = view_of(Process(tmp_path / "nothing", config))
    assert found.standing.state == "new" and found.standing.sentence == "Not started."
    assert not found.run.metrics and not found.rollouts and not found.findings
    assert not (tmp_path / "nothing").exists()


def test_a_run_that_somebody_works_on(run, config):
    with claim(run):
        found = stand(run, config)
        assert found.active and found.sentence == (
            "Running: zero, step 12 of 40, 2.0 s a step, 0:56 left in this stage."
        )
        assert stand(run, config, stopping=True).sentence.startswith("Stopping after this step")
    assert stand(run, config).sentence.startswith("Stopped: zero, step 12 of 40. Resume")


def test_after_the_last_step_it_evaluates_and_then_is_finished(run, config, tmp_path):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(lines[-1]) | {"step": step} for step in range(13, 41)]
    text = "\n".join([*lines, *map(json.dumps, rows)]) + "\n"
    (run / "metrics.jsonl").write_text(text)
    with claim(run):
        assert stand(run, config).sentence == "Running: zero, step 40 of 40, now evaluating."
    (run / "eval").mkdir()
    final = {"step": 40, "pass@1": {"value": 0.2, "low": 0.1, "high": 0.3}, "rows": []}
    (run / "eval" / "final.json").write_text(json.dumps(final))
    assert stand(run, config).state == "stopped"  # its report is still to be written
    (run / "report").mkdir()
    (run / "report" / "index.html").write_text("")
    assert stand(run, config).sentence == "Finished: zero, step 40 of 40."


def test_a_run_of_the_course_can_only_be_looked_at():
    folder, config = place("laptop")
    if folder == published("laptop"):  # no run of this name lies in runs/
        assert stand(folder, config).state == "published"


def test_what_is_named_is_found(run, config, tmp_path):
    assert place(run) == (run, read_config(run))
    assert place(str(run))[0] == run
    assert place(config, tmp_path / "there") == (tmp_path / "there", config)
    assert place(config)[0].parts[-2:] == ("runs", "mine")
    assert place("gpu_1")[1].name == "gpu_1"  # never run here: a recipe
    with pytest.raises(ValueError, match=r"labtop is not a run.*nearest|labtop is not a run"):
        place("labtop")


def test_a_change_of_the_folder_is_seen(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    seen = [fingerprint(copy)]
    assert fingerprint(copy) == seen[0]
    with (copy / "rollouts.jsonl").open("a") as file:
        file.write("{}\n")
    seen.append(fingerprint(copy))
    mark_stopped(copy, "zero", 12, 40)
    seen.append(fingerprint(copy))
    assert len(set(seen)) == 3


def test_the_doctor_looks_at_each_stage(run, config):
    found = view_of(Process(run, config)).findings
    assert [one.name for one in found["zero"]] == ["dead_groups"]
