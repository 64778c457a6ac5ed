"""Test-time compute of the published runs, at a size that takes seconds."""

import json
from dataclasses import replace

import pytest

from minir1.run.evaluate import heldout_problems
from minir1.run.home import published, read_config
from minir1.stages import asked
from minir1.stages.asked import ON, STOP, Dials
from minir1.stages.readers import only
from minir1.stages.think import ACCURACY, ONE, ORACLE, READER, TASTE, VERIFIER, VOTE, think

FEW = Dials(problems=5, samples=3, budgets=(0.25,), sent_back=(1,))


@pytest.fixture(scope="module")
def laptop():
    return think(published("laptop"), FEW, max_new_tokens=80)


@pytest.fixture(scope="module")
def pipeline():
    return think(published("pipeline"), replace(FEW, problems=7), max_new_tokens=60)


def of(result, what, way):
    return [p for p in result["points"] if (p["what"], p["way"]) == (what, way)]


def test_every_dial_has_its_points_and_they_are_json(laptop):
    assert {p["way"] for p in laptop["points"]} == {ONE, VOTE, VERIFIER, STOP, ON}
    assert [p["n"] for p in of(laptop, ACCURACY, VOTE)] == [2, 3]
    assert [p["n"] for p in of(laptop, ACCURACY, STOP)] == [0.25]
    assert json.loads(json.dumps(laptop)) == laptop
    assert any("no reward model" in note for note in laptop["notes"])


def test_one_pool_serves_all_of_them(laptop):
    """n samples cost n times one, a verifier is never worse than a vote, and gains are paired."""
    (one,) = of(laptop, ACCURACY, ONE)
    for way in (VOTE, VERIFIER):
        for point in of(laptop, ACCURACY, way):
            assert point["tokens"] == pytest.approx(point["n"] * one["tokens"])
            assert point["dollars"] == pytest.approx(point["n"] * one["dollars"])
            gained = point["worth"]["value"] - one["worth"]["value"]
            assert point["gain"]["value"] == pytest.approx(gained)
    both = zip(of(laptop, ACCURACY, VERIFIER), of(laptop, ACCURACY, VOTE), strict=True)
    for verifier, vote in both:
        assert verifier["worth"]["value"] >= vote["worth"]["value"]
        assert verifier["over_vote"]["value"] == pytest.approx(
            verifier["worth"]["value"] - vote["worth"]["value"]
        )
    assert one["gain"] is None and one["over_vote"] is None


def test_a_budget_is_kept_and_more_thinking_costs_more(laptop):
    (stopped,), (on,) = of(laptop, ACCURACY, STOP), of(laptop, ACCURACY, ON)
    assert stopped["tokens"] <= 0.25 * 80 + 1 + 24 < on["tokens"]
    assert on["dollars"] > 0


def test_a_reward_model_picks_texts_and_its_own_score_can_only_rise(pipeline):
    assert pipeline["stage"] == "r1" and pipeline["notes"] == []
    picked, best = of(pipeline, TASTE, READER), of(pipeline, TASTE, ORACLE)
    scores = [point["own_score"]["value"] for point in picked]
    assert scores == sorted(scores)
    for mine, bound in zip(picked, best, strict=True):
        assert mine["worth"]["value"] <= bound["worth"]["value"] + 1e-9
    assert of(pipeline, ACCURACY, VOTE) and of(pipeline, ACCURACY, ON)


def test_a_topic_that_comes_twice_is_one_question(pipeline):
    asked = heldout_problems(only(read_config(published("pipeline")).task, "manners"), 7)
    topics = {problem.question for problem in asked}
    assert len(topics) < 7
    counts = {what: {p["questions"] for p in pipeline["points"] if p["what"] == what}
              for what in (ACCURACY, TASTE)}  # fmt: skip
    assert counts == {ACCURACY: {7}, TASTE: {len(topics)}}


@pytest.mark.parametrize(
    ("dial", "value", "cure"),
    [
        ("problems", 1, "use 2 or more"),
        ("samples", 0, "use 1 or more"),
        ("samples", 2000, "use at most 1000"),
        ("budgets", (0.5, 1.5), "use shares above 0"),
        ("budgets", (0.0,), "use shares above 0"),
        ("sent_back", (0,), "use 1 or more"),
    ],
)
def test_dials_out_of_range_are_refused(dial, value, cure):
    with pytest.raises(ValueError, match=cure):
        Dials(**{dial: value})


def test_the_clock_that_shows_fewer_seconds_is_billed(monkeypatch):
    """Waiting for others costs wall time alone, threads cost processor time alone."""
    for wall, cpu in ((10.0, 3.0), (3.0, 10.0)):
        ticks = {"perf_counter": iter([0.0, wall]), "process_time": iter([0.0, cpu])}
        for name, times in ticks.items():
            monkeypatch.setattr(asked.time, name, lambda times=times: next(times))
        assert asked.timed(lambda: "done") == ("done", 3.0)
