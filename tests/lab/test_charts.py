"""The plain charts show the numbers that they were given."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from minir1.lab.charts import bars, columns, lines
from minir1.lab.heat import heat
from minir1.run.report.ink import LIGHT


def test_lines_hold_the_numbers_and_differ_without_colour():
    x, series = [1, 10, 100], {"a": [1.0, 2.0, 3.0], "b": [3.0, 2.0, 1.0]}
    figure = lines("title", "unit", x, series, x_name="x", log="x").figure
    drawn = figure.axes[0].get_lines()
    assert [list(line.get_ydata()) for line in drawn] == list(series.values())
    assert len({line.get_linestyle() for line in drawn}) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_a_short_logarithmic_axis_still_has_numbers_to_read():
    figure = lines("t", "u", [1, 2], {"a": [4.0, 60.0]}, x_name="x", log="y").figure
    figure.canvas.draw()
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    assert len(ticks) >= 3


def test_bars_are_as_long_as_their_numbers_and_one_can_be_marked():
    figure = bars("t", "u", {"a": 2.0, "b": 5.0}, marked=["b"]).figure
    drawn = figure.axes[0].patches
    assert [bar.get_width() for bar in drawn] == [2.0, 5.0]
    assert [bar.get_facecolor() for bar in drawn] == [
        to_rgba(LIGHT[i]) for i in ("before", "after")
    ]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "2" in texts and "5" in texts


def test_columns_stand_side_by_side_and_never_on_each_other():
    figure = columns("t", "u", {"a": [1.0, 2.0], "b": [3.0, 4.0]}, x_name="x", line=2.5).figure
    drawn = sorted((bar.get_x(), bar.get_x() + bar.get_width(), bar.get_height())
                   for bar in figure.axes[0].patches)  # fmt: skip
    assert [height for *_, height in drawn] == [1.0, 3.0, 2.0, 4.0]
    assert all(end <= start for (_, end, _), (start, *_) in pairwise(drawn))


@pytest.mark.parametrize(
    ("part", "low"), [(np.array([[0.0, 2.0]]), 0.0), (np.array([[-1.0, 2.0]]), -2.0)]
)
def test_a_map_with_both_signs_has_0_in_the_middle_of_its_scale(part, low):
    figure = heat({"t": part}, unit="u", x_name="x", words="w").figure
    (image,) = figure.axes[0].get_images()
    assert image.get_array().tolist() == part.tolist()
    assert image.norm.vmin == low and image.norm.vmax == 2.0
