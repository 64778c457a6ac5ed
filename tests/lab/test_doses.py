"""The picture of a sweep: every dose, and only seeds that have them all."""

from minir1.bench.sweep import POINTS
from minir1.lab.doses import by_dose, dose_chart


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
