"""Sweeps: which points are left, what a point begins with, and what its rows say."""

from dataclasses import asdict, replace

import pytest

from minir1 import recipes
from minir1.bench import sweep
from minir1.bench.claims import sweeps
from minir1.bench.sweep import POINTS, missing, own_dose, prepare, shown, table, with_dose
from minir1.run.home import open_run, read_config
from minir1.stages import pipeline

CONFIG = replace(recipes.get("pipeline_smoke"), seed=4)
ARMS = [f"{name}-{dose:g}" for name, doses in POINTS.items() for dose in doses]


def row(arm, seed=4, **measured):
    return {"arm": arm, "seed": seed, "recipe_hash": CONFIG.hash(), "measured": measured}


def test_what_has_a_row_of_this_seed_is_not_measured_again():
    rows = [row("cold-5"), row("cold-20", seed=1), row("language-2")]
    assert missing(CONFIG, "cold", rows) == [20.0, 40.0, 160.0]
    assert missing(CONFIG, "language", rows) == [0.0, 0.1, 0.5]
    assert not missing(CONFIG, "cold", [row(arm) for arm in ARMS])


@pytest.mark.parametrize(
    ("name", "dose", "field"), [("cold", 160.0, "cold"), ("language", 2.0, "language")]
)
def test_a_dose_changes_one_field_of_the_pipeline(name, dose, field):
    before, after = asdict(CONFIG), asdict(with_dose(CONFIG, name, dose))
    changed = before["pipeline"].pop(field), after["pipeline"].pop(field)
    assert changed[0] != changed[1]
    assert before == after


def test_the_recipe_s_own_dose_is_one_of_the_points():
    config = recipes.get("pipeline_laptop")
    for name, doses in POINTS.items():
        assert own_dose(config, name) in doses
        assert list(doses) == sorted(doses)


def test_a_point_begins_with_copies_and_leaves_the_pipeline_alone(tmp_path):
    run = tmp_path / "run"
    for stage, steps in (("pretrain", 120), ("preference", 8), ("zero", 3), ("dev1", 6)):
        folder = run / "checkpoints" / f"{stage}-{steps:06d}"
        folder.mkdir(parents=True)
        (folder / "model").write_text(stage)
    (run / "data").mkdir()
    for stage in ("preference", "dev1", "dev3"):
        (run / "data" / f"{stage}.jsonl").write_text(stage)
    before = sorted(path.relative_to(run) for path in run.rglob("*"))
    config = with_dose(CONFIG, "cold", 5.0)
    prepare(run, tmp_path / "point", config, "cold")
    assert before == sorted(path.relative_to(run) for path in run.rglob("*"))
    assert read_config(tmp_path / "point") == config
    there = sorted(path.name for path in (tmp_path / "point" / "checkpoints").iterdir())
    assert there == ["preference-000008", "pretrain-000120", "zero-000003"]
    assert (tmp_path / "point" / "data" / "dev1.jsonl").read_text() == "dev1"
    prepare(run, tmp_path / "point", config, "cold")  # begun again: the same


def test_the_table_has_a_line_a_point_and_an_interval_from_three_seeds_on():
    rows = [
        row("cold-5", seed, accuracy=0.5 + seed / 100, purity=1.0, tokens=90.0) for seed in (1, 2)
    ]
    assert "| cold | 5 | 2 | 0.515 | 1 | 90 |" in table(rows)
    assert "sweep" in table([])
    assert shown([0.4, 0.5, 0.6]) == "0.5 [0.252, 0.748]"  # 4.303 * 0.1 / sqrt(3) = 0.248


def test_every_sentence_reads_points_that_are_measured():
    arms = {
        arm: {"accuracy": 0.5, "purity": index / 10, "tokens": 1.0}
        for index, arm in enumerate(ARMS)
    }
    for claim in sweeps.SWEEPS:
        assert set(claim.arms) <= set(ARMS)
        value = claim.read({name: arms[name] for name in claim.arms})
        after, before = (arms[name] for name in claim.arms)
        assert value in (
            after["purity"] - before["purity"],
            after["accuracy"] - before["accuracy"],
        )


@pytest.mark.slow
def test_every_point_of_a_small_pipeline(tmp_path, monkeypatch):
    run = tmp_path / "run"
    open_run(CONFIG, run)
    pipeline.run(CONFIG, run)
    monkeypatch.setattr(sweep, "POINTS", {"cold": (2.0, 6.0), "language": (0.0, 1.0)})
    sweep.main((run,), tmp_path / "rows.jsonl")
    found = sweep.read_results(tmp_path / "rows.jsonl")
    assert [one["arm"] for one in found] == ["cold-2", "cold-6", "language-0", "language-1"]
    assert all(0 <= one["measured"]["purity"] <= 1 for one in found)
    sweep.main((run,), tmp_path / "rows.jsonl")
    assert sweep.read_results(tmp_path / "rows.jsonl") == found
