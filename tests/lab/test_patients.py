"""The clinic's runs in pictures, and the patients without a name."""

import pytest

from minir1.bench.clinic.cases import CASES
from minir1.bench.clinic.runs import CALIBRATION_ROWS, JUDGED_ROWS, read_runs, rows_of
from minir1.bench.clinic.table import findings_of, named_right
from minir1.lab import patients, ward
from minir1.run.doctor.diary import Diary

RUNS = [*read_runs(JUDGED_ROWS), *read_runs(CALIBRATION_ROWS)]
WELL = [run for run in RUNS if run["case"] == "healthy"]


def test_the_words_name_the_curves_that_end_outside():
    run = patients.pick(RUNS, "small_budget")
    cut, drift = "completions/clipped_ratio", "router/load_min"
    said = patients.diary_chart(run, WELL, (cut, drift), name="x").words
    late = Diary(rows_of(run)).late(cut)
    assert said.startswith("x: ") and f"Cut off {late:.3g}" in said
    assert "every curve" in patients.diary_chart(WELL[0], WELL, (cut, drift)).words


def test_a_run_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no run of 'small_budget' with seed 77"):
        patients.pick(RUNS, "small_budget", 77)


def test_the_map_counts_the_runs_that_are_named_right():
    right = sum(map(named_right, RUNS))
    assert patients.finding_map(RUNS).words.startswith(f"{right} of {len(RUNS)} runs ")


def test_when_it_would_have_been_told():
    run = patients.pick(RUNS, "small_budget")
    assert patients.told_at(run, "truncation") == 10
    assert patients.told_at(run, "kl_pull") is None


@pytest.mark.parametrize("metric", list(patients.LIMITS))
def test_every_limit_lies_above_all_healthy_runs(metric):
    well = [run for run in RUNS if not CASES[run["case"]].expects]
    values = [Diary(rows_of(run)).late(metric) for run in well]
    assert max(values) < patients.LIMITS[metric]
    assert (
        f"{max(values):.3g}" in patients.margin_chart(RUNS, metric, patients.LIMITS[metric]).words
    )


@pytest.mark.parametrize("letter", list(ward.PATIENTS))
def test_each_patient_shows_its_illness(letter):
    found = findings_of(ward.patient(letter))
    assert (found[:1] or [ward.NOTHING]) == [ward.illness(letter)]
    assert ward.illness(letter) in ward.names()
    assert f"patient {letter}: " in ward.show(letter, "writing").words


def test_a_wrong_letter_or_set_is_named():
    with pytest.raises(ValueError, match="no patient 'G'"):
        ward.patient("G")
    with pytest.raises(ValueError, match="curves = 'all' can't be used"):
        ward.show("A", "all")
