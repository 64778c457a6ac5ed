"""The diary: exact floats, whole lines, and a rewind that leaves no trace of the lost steps."""

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.run.metrics import MetricsLog, read_metrics, without_clocks


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_bit_for_bit(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("run")
    MetricsLog(folder, tensorboard=False).write("zero", 1, {"loss": value})
    (row,) = read_metrics(folder)
    assert row["loss"].hex() == value.hex()


def test_what_is_not_finite_becomes_null_and_the_line_stays_json(tmp_path):
    log = MetricsLog(tmp_path, tensorboard=False)
    log.write("zero", 1, {"loss": math.nan, "kl": math.inf, "reward": None, "checks": 2})
    assert "NaN" not in (tmp_path / "metrics.jsonl").read_text()
    (row,) = read_metrics(tmp_path / "metrics.jsonl")
    assert row == {
        "stage": "zero", "step": 1, "loss": None, "kl": None, "reward": None, "checks": 2,
    }  # fmt: skip


def diary(folder, rows, **options):
    log = MetricsLog(folder, tensorboard=False, **options)
    for stage, step in rows:
        log.write(stage, step, {"loss": 0.1 * step, "time/step": 1.5})
    return log


def test_a_resumed_diary_equals_one_that_was_never_stopped(tmp_path):
    whole = [("pretrain", 1), ("pretrain", 2), ("zero", 1), ("zero", 2), ("zero", 3)]
    diary(tmp_path / "whole", whole)
    log = diary(tmp_path / "killed", whole[:4])
    with log.path.open("a") as file:
        file.write('{"stage": "zero", "st')  # killed in the middle of a line
    log = MetricsLog(tmp_path / "killed", tensorboard=False)
    log.rewind("zero", 1)
    diary(tmp_path / "killed", whole[3:])
    expected = (tmp_path / "whole/metrics.jsonl").read_bytes()
    assert (tmp_path / "killed/metrics.jsonl").read_bytes() == expected


def test_rewind_drops_the_later_stages_and_keeps_the_earlier(tmp_path):
    log = diary(tmp_path, [("pretrain", 1), ("pretrain", 2), ("zero", 1)])
    log.rewind("pretrain", 1, later=["zero"])
    assert [(row["stage"], row["step"]) for row in read_metrics(tmp_path)] == [("pretrain", 1)]


def test_rewind_of_an_empty_run_is_no_error(tmp_path):
    MetricsLog(tmp_path, tensorboard=False).rewind("pretrain", 0)
    assert not (tmp_path / "metrics.jsonl").exists()


def test_a_line_still_being_written_is_left_out(tmp_path):
    log = diary(tmp_path, [("zero", 1)])
    with log.path.open("a") as file:
        file.write('{"stage": "zero", "step": 2}')
    assert len(read_metrics(tmp_path)) == 1


@pytest.mark.parametrize(
    "line",
    ["{broken", "[1, 2]", '{"step": 1}', '{"stage": "zero"}', '{"stage": 1, "step": 1}',
     '{"stage": "zero", "step": 2, "reward": "high"}', '{"stage": "zero", "step": 2, "kl": [1]}',
     '{"stage": "zero", "step": 2, "kl": true}'],
)  # fmt: skip
def test_an_unreadable_line_is_named(tmp_path, line):
    log = diary(tmp_path, [("zero", 1)])
    with log.path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ValueError, match=r"metrics\.jsonl, line 2"):
        read_metrics(tmp_path)


def test_a_damaged_diary_loses_nothing_to_a_rewind(tmp_path):
    with MetricsLog(tmp_path) as log:
        log.write("zero", 1, {"loss": 1.0})
    with log.path.open("a") as file:
        file.write('{"stage": "zero", "step": true}\n')
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=r"metrics\.jsonl, line 2: a row needs"):
        log.rewind("pretrain", 1, later=["zero"])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_absent_file_is_a_clear_error(tmp_path):
    with pytest.raises(ValueError, match=r"metrics\.jsonl can't be read: No such"):
        read_metrics(tmp_path)


def test_only_clocks_are_left_out():
    row = {"stage": "zero", "step": 1, "timeless": 2, "time/step": 3.0, "x/time/": 4}
    assert without_clocks(row) == {"stage": "zero", "step": 1, "timeless": 2, "x/time/": 4}


def test_tensorboard_shows_the_same_numbers_and_hides_the_rewound_steps(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for steps in ([1, 2, 3], [2, 3]):  # killed after 3, resumed at 1
        with MetricsLog(tmp_path) as log:
            log.rewind("zero", steps[0] - 1)
            for step in steps:
                log.write("zero", step, {"reward": step / 4 + len(steps), "kl": None})
    events = EventAccumulator(str(tmp_path / "tb" / "zero"))
    events.Reload()
    assert events.Tags()["scalars"] == ["reward"]
    shown = [(event.step, event.value) for event in events.Scalars("reward")]
    assert shown == [(row["step"], row["reward"]) for row in read_metrics(tmp_path)]


def test_tensorboard_is_not_imported_when_it_is_off(tmp_path):
    code = (
        "import sys; from pathlib import Path; from minir1.run.metrics import MetricsLog;"
        f"MetricsLog(Path({json.dumps(str(tmp_path))}), tensorboard=False)"
        ".write('zero', 1, {'a': 1});"
        "print('tensorboard' in sys.modules, 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]
