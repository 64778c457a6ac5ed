"""The lessons about stages and risk show the tables of today's rows."""

import json
from pathlib import Path

import pytest

from minir1.bench import pipeline
from minir1.bench.hacking import table as hacking

ROOT = Path(__file__).parents[2]


def shown_by(name: str) -> list[str]:
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    bundles = [out.get("data", {}) for cell in notebook["cells"] for out in cell.get("outputs", ())]
    return ["".join(data["text/markdown"]) for data in bundles if "text/markdown" in data]


HACKS = hacking.current(hacking.read_results())
PATTERN = pipeline.statement_table(pipeline.current(pipeline.read_results()))


@pytest.mark.parametrize(
    ("lesson", "text"),
    [
        pytest.param("10_the_r1_pipeline", PATTERN, id="pattern"),
        pytest.param("10_the_r1_pipeline", hacking.table(HACKS), id="hacks"),
        pytest.param(
            "16_risk", hacking.table([r for r in HACKS if r["task"] == "taste"]), id="taste"
        ),
    ],
)
def test_a_lesson_shows_what_the_rows_say(lesson, text):
    assert text in shown_by(lesson), f"run `make notebooks ARGS={lesson}`"


def test_the_published_pipeline_is_the_one_of_the_first_row():
    (row, *_) = pipeline.current(pipeline.read_results())
    found = pipeline.measured(pipeline.RESULTS / "pipeline")
    for name in ("recipe", "seed", "recipe_hash", "table", "differences"):
        assert found[name] == row[name], "publish it again: python -m minir1.bench.publish"
