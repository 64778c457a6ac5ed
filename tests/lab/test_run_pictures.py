"""What a lesson says of a run is what stands in the run's files."""

import re

import pytest

from minir1.config import Config
from minir1.lab.curves import all_sets, interval_chart, path, three_curves
from minir1.lab.damage import damage_and_load
from minir1.lab.numbers import beside_r1_zero, bill, deepseek_v3, gains, patience_or_insight
from minir1.lab.transcripts import SideBySide, before_and_after
from minir1.model.count import active_parameters, parameters
from minir1.run import checkpoint
from minir1.run.home import published
from minir1.run.report.reading import Run, read_run
from minir1.run.report.transcripts import pairs


@pytest.fixture(scope="module")
def run() -> Run:
    return read_run(published("laptop"))


@pytest.fixture
def empty(tmp_path) -> Run:
    return Run(folder=tmp_path, config=Config(), metrics=[], evaluations={}, ledger=[])


def test_the_three_curves_hold_each_step_and_each_evaluation(run):
    panels = three_curves(run).figure.axes
    steps, accuracy = run.series("zero", "rewards/accuracy/mean")
    drawn = panels[0].collections[0].get_offsets()
    assert drawn[:, 0].tolist() == steps.tolist() and drawn[:, 1].tolist() == accuracy.tolist()
    for axes, field in zip(panels, ("pass@1", "length", "checks"), strict=True):
        marks = axes.containers[0].lines[0].get_xydata()
        measured = run.on_the_way()
        assert marks[-1].tolist() == [steps[-1], run.evaluations["final"][field]["value"]]
        assert marks[0].tolist() == [0, run.evaluations["base"][field]["value"]]
        assert len(marks) == len(measured) > 3


def test_the_table_of_gains_is_computed_from_the_evaluations(run):
    lines = repr(gains(run)).splitlines()[2:]
    base, final = (run.evaluations[name]["pass@1"]["value"] for name in ("base", "final"))
    numbers = [float(text) for text in re.findall(r"[\d.]+", lines[0])]
    assert (numbers[0], numbers[3]) == (pytest.approx(base, 0.01), pytest.approx(final, 0.01))
    assert numbers[-1] == pytest.approx(final / base, abs=0.05)


def test_every_set_is_shown_before_and_after(run):
    words = all_sets(run).words
    assert words.count(", base") == words.count(", after RL") == 3
    assert "4 numbers from 1 to 12, base" in words


def test_an_interval_is_drawn_from_its_low_to_its_high():
    measured = {
        "a": {"value": 0.5, "low": 0.4, "high": 0.7},
        "b": {"value": 0, "low": 0, "high": 1},
    }
    axes = interval_chart("t", "u", measured).figure.axes[0]
    (segment,) = axes.collections[0].get_segments()
    assert segment.tolist() == [[0.4, 1], [0.7, 1]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]


def test_the_path_needs_evaluations_that_count_tries(run, empty):
    assert "tries" in path(run).words
    with pytest.raises(ValueError, match="no evaluation that counts tries"):
        path(empty)


def test_the_bill_adds_up(run, empty):
    lines = [line for line in repr(bill(run)).splitlines() if "$" in line]
    prices = [float(line.split("$")[1].rstrip("| ").replace(",", "")) for line in lines]
    *works, total, r1_zero = prices
    assert sum(works) == pytest.approx(total, rel=0.05)
    assert r1_zero == 202_000
    with pytest.raises(ValueError, match="no ledger"):
        bill(empty)


def test_the_gain_is_split_without_a_rest(run):
    text = repr(patience_or_insight(run))
    gain, patience, insight = map(float, re.findall(r"([-+][\d.]+) (?:points: |by )", text))
    base, final = (run.evaluations[name]["pass@1"]["value"] for name in ("base", "final"))
    assert gain == pytest.approx(100 * (final - base), abs=0.06)
    assert patience + insight == pytest.approx(gain, abs=0.11)


def test_the_giant_is_deepseek_v3():
    assert parameters(deepseek_v3()) / 1e9 == pytest.approx(671, abs=0.1)
    assert active_parameters(deepseek_v3()) / 1e9 == pytest.approx(37, abs=1)


def test_the_recipe_beside_r1_zeros_is_the_runs(run):
    text = repr(beside_r1_zero(run))
    zero = run.config.zero
    assert f"| group size | {zero.group_size} | 16 |" in text
    assert f"| rollouts at a time | {zero.questions_per_step * zero.group_size} | 8,192 |" in text


def test_transcripts_are_escaped_and_say_in_words_what_colours_say(run):
    row = {"question": "make 1 from 1", "completion": "<think> <script> 1 + 1 = 3 ? 1 yes",
           "verdict": "NO_ANSWER", "tokens": 3, "tries": 1}  # fmt: skip
    html = SideBySide(pairs([row], [row]))._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "no answer, 3 tokens, 1 try" in html
    assert html.count("underline") == 4  # a false step and a false check, on both sides
    shown = before_and_after(run, 2)
    assert len(shown.pairs) == 2
    for pair in shown.pairs:
        assert pair.question in repr(shown) and pair.question in shown._repr_html_()


def test_damage_is_noticed_and_names_the_file(tmp_path, run):
    weights = checkpoint.latest(run.folder / "checkpoints", "zero", repair=False).model
    saved = checkpoint.save(tmp_path, "zero", 1, model=weights)
    said = damage_and_load(saved)
    assert said.startswith("zero-000001") and "model.safetensors" in said
    assert str(tmp_path) not in said
