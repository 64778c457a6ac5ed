"""Pictures show what the rows hold, in colours that follow the reader's theme."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from minir1 import recipes
from minir1.bench import plots, rows
from minir1.run.report.ink import DARK, LIGHT


def cost_row(axis: str, value: int, milliseconds: float) -> rows.Row:
    turns = [{"seconds": s * milliseconds / 1e3, "cpu_seconds": 1.0} for s in (0.9, 1.0, 1.3)]
    settings = {"axis": axis, "value": value, "flops": {"train": 3.0 * value, "decode": value}}
    sides = {
        "train": {"repeats": turns},
        "decode": {"repeats": [{**turn, "steps": 10.0} for turn in turns]},
    }
    case = f"{axis} {value}"
    return rows.row("cost", case, recipes.smoke(), settings=settings, sides=sides)


COST = [cost_row("batch", 8, 20.0), cost_row("batch", 16, 30.0), cost_row("experts", 4, 10.0)]


def test_each_axis_has_a_panel_with_both_steps_and_units() -> None:
    figure = plots.cost_figure(COST)
    batch, experts = figure.axes
    assert batch.get_ylabel() == "milliseconds a step"
    assert (batch.get_xlabel(), experts.get_xlabel()) == (
        "sequences in the batch",
        "routed experts",
    )
    train, train_flops, decode, _ = batch.get_lines()
    assert list(train.get_xdata()) == [8, 16]
    assert list(train.get_ydata()) == pytest.approx([20.0, 30.0])
    assert list(decode.get_ydata()) == pytest.approx([2.0, 3.0])
    # The best rate is that of 16 sequences: 48 FLOPs in 30 ms; so 8 would take half of that.
    assert list(train_flops.get_ydata()) == pytest.approx([15.0, 30.0])


def test_no_prediction_is_slower_than_its_measurement() -> None:
    for panel in plots.cost_figure(COST).axes:
        measured, predicted = panel.get_lines()[:2]
        for a, b in zip(measured.get_ydata(), predicted.get_ydata(), strict=True):
            assert b <= a * (1 + 1e-9)


def race_row() -> rows.Row:
    def curve(pace: float) -> list[dict[str, float]]:
        return [
            {"seconds": i * pace, "cpu_seconds": i * pace, "reward": math.tanh(i / 9)}
            for i in range(1, 12)
        ]

    sides = {"minir1": {"curve": curve(1.0)}, "TRL GRPOTrainer": {"curve": curve(6.0)}}
    return rows.row("race", "reward against time", recipes.smoke(), sides=sides)


def test_the_race_shows_both_sides_by_cpu_seconds() -> None:
    (panel,) = plots.race_figure(race_row()).axes
    ours, theirs = panel.get_lines()
    assert (ours.get_label(), theirs.get_label()) == ("minir1", "TRL GRPOTrainer")
    assert max(theirs.get_xdata()) == 66.0
    assert panel.get_xlabel() == "CPU seconds of training"


def test_files_are_valid_and_hold_both_themes(tmp_path) -> None:
    written = plots.write_all([*COST, race_row()], tmp_path)
    assert sorted(path.name for path in written) == ["cost.png", "cost.svg", "race.png", "race.svg"]
    svg = (tmp_path / "cost.svg").read_text("utf-8")
    ElementTree.fromstring(svg)
    assert f"--ink:{LIGHT['ink']}" in svg and f"--ink:{DARK['ink']}" in svg
    drawing = svg[svg.index("</style>") :]
    assert "var(--ink)" in drawing and LIGHT["ink"] not in drawing


def test_the_same_rows_give_the_same_files(tmp_path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        plots.write_all(COST, tmp_path / folder)
    assert (tmp_path / "a/cost.svg").read_bytes() == (tmp_path / "b/cost.svg").read_bytes()


def test_nothing_saved_draws_nothing(tmp_path) -> None:
    assert plots.write_all([], tmp_path) == []
