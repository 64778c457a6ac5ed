"""A run taken apart: every picture adds up to the rows it is made of."""

import pytest

from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.lab.anatomy import (
    by_budget,
    by_difficulty,
    length_by_verdict,
    planted,
    planted_chart,
    transitions,
)
from minir1.lab.published import load
from minir1.lab.seeds import by_recipe, gain_split, seed_curves, seed_path
from minir1.run.evaluate import heldout_problems


@pytest.fixture(scope="module")
def material():
    return load("laptop")


@pytest.fixture(scope="module")
def rows():
    return current(read_results())


def test_transitions_count_every_problem_once(material):
    table = transitions(material.run)
    counts = [int(cell) for row in table.rows for cell in row[1:]]
    final = material.run.evaluations["final"]
    assert sum(counts) == final["problems"]
    assert (counts[1] + counts[3]) / final["problems"] == pytest.approx(final["pass@1"]["value"])


def test_the_whole_budget_solves_what_was_solved(material):
    for line, name in zip(
        by_budget(material.run).figure.axes[0].get_lines(), ("base", "final"), strict=True
    ):
        values = line.get_ydata()
        assert list(values) == sorted(values)
        assert values[-1] == pytest.approx(material.run.evaluations[name]["pass@1"]["value"])


def test_lengths_and_difficulties_average_to_the_run(material):
    bars = [bar.get_height() for bar in length_by_verdict(material.run).figure.axes[0].patches]
    rows = material.run.evaluations["base"]["rows"]
    tokens = [row["tokens"] for row in rows if row["verdict"] == "CORRECT"]
    assert bars[0] == pytest.approx(sum(tokens) / len(tokens))
    assert by_difficulty(material.run).words.startswith("Easy and hard problems")


def test_a_planted_mistake_is_put_into_the_models_mouth(small, material):
    problems = heldout_problems(material.config.task, 3)
    task, dials = material.task, material.config.task
    found = planted(small, material.tokenizer, task, problems, "no", dials, max_new_tokens=4)
    assert found == {"goes on": 0.0, "right in the end": 0.0}  # four tokens make no try
    assert planted_chart({"a": found}).png()


def test_curves_of_seeds_hold_every_seed(rows):
    names = ["laptop", "laptop_lying"]
    mine = by_recipe(rows, names)
    figure = seed_curves(rows, names).figure
    lines = figure.axes[0].get_lines()
    assert len(lines) == sum(len(one) + 1 for one in mine.values())
    assert by_recipe(rows, ["nobody"]) == {}


def test_the_gain_is_split_without_rest(rows):
    mine = by_recipe(rows, ["laptop"])["laptop"]
    heights = [bar.get_height() for bar in gain_split(rows, "laptop").figure.axes[0].patches]
    for n, row in enumerate(mine):
        gain = row["final"]["insight"]["accuracy"] - row["base"]["insight"]["accuracy"]
        assert heights[n] + heights[n + len(mine)] == pytest.approx(100 * gain, abs=1e-6)
    assert f"of {len(mine)} seeds" in seed_path(rows, "laptop").words
