"""The picture of a sweep: every dose, and only seeds that have them all."""

import pytest

from minir1.bench.sweep import POINTS
from minir1.lab.doses import by_dose, dose_chart, levels_of


def rows(seeds, sweep="cold"):
    return [
        {"arm": f"{sweep}-{dose:g}", "seed": seed,
         "measured": {"accuracy": (place + seed / 100) / 10, "purity": 0.5}}
        for place, dose in enumerate(POINTS[sweep])
        for seed in seeds
    ]  # fmt: skip


def test_a_seed_that_lacks_a_dose_is_left_out():
    found = by_dose(rows((0, 1, 2))[:-1], "cold", "accuracy")
    assert list(found) == list(POINTS["cold"])
    assert found[20.0] == [0.1, 0.101]
    assert all(len(values) == 2 for values in found.values())


def test_the_words_tell_each_mean_with_its_interval():
    chart = dose_chart(rows((0, 1, 2)), "cold", "steps")
    assert chart.words.startswith(
        "steps 5, 20, 40, 160, 3 seeds. right answers: 0.00 [-0.00, 0.00]"
    )
    assert "in the asker's language: 0.50 [0.50, 0.50]" in chart.words


def test_a_level_is_the_mean_of_whole_pipelines_and_is_named_in_the_chart():
    pipelines = [
        {"table": [{"stage": "zero", "accuracy": {"value": value}, "purity": {"value": 0.5}}]}
        for value in (0.6, 0.8)
    ]
    levels = levels_of(pipelines, {"zero": "Zero"})
    assert levels == {"accuracy": {"Zero": pytest.approx(0.7)}, "purity": {"Zero": 0.5}}
    chart = dose_chart(rows((0, 1, 2)), "cold", "steps", levels=levels)
    assert "Zero 0.70; in the asker's language" in chart.words
    drawn = [line.get_ydata()[0] for line in chart.figure.axes[0].get_lines()]
    assert pytest.approx(0.7) in drawn
