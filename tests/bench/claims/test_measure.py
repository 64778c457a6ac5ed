"""Every arm at smoke scale, restarts, and the table of all claims."""

import json

import pytest

from minir1 import recipes
from minir1.bench.claims import elsewhere, measure
from minir1.bench.claims.groups import CLAIMS, GROUPS, group
from minir1.bench.claims.table import lines, markdown
from minir1.bench.thresholds import THRESHOLDS
from minir1.cli.main import main
from minir1.run import stats
from minir1.run.jsonl import read_rows

SMOKE = "claim_smoke"
VERDICTS = {"holds", "doesn't hold", "can't tell here", "not measured"}


SOME = ("base", "zero", "sft_gold", "budgets", "planted", "moe", "distilled", "dose_0.1")
"""One arm of most files: all of them take too long for every day."""


def run(folder, arms=()):
    said = []
    config, path = recipes.get(SMOKE), folder / "rows.jsonl"
    measure.measure(config, seeds=[100], out=folder / "out", path=path, say=said.append, arms=arms)
    return config, path, said


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stats, "RESAMPLES", 20)  # no interval over problems is looked at here
        return run(tmp_path_factory.mktemp("claims"), SOME)


def test_arms_become_rows_and_rows_become_lines(measured):
    config, path, said = measured
    rows = measure.read_results(config, path)
    assert sorted(row["arm"] for row in rows) == sorted(SOME)
    assert "min left" in said[-1] and said[-1].startswith(f"{len(SOME)}/{len(SOME)}")
    for claim, line in own_lines(path):
        whole = set(claim.arms) <= set(SOME)
        assert line["seeds"] == ([100] if whole else [])
        assert line["verdict"] == ("can't tell here" if whole else "not measured")


def test_an_arm_that_no_group_has_is_named(tmp_path, capsys):
    assert main(["claims", "--run", "--arms", "nonsense", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "arms = 'nonsense' can't be used: use some of base" in err and err.count("\n") == 1


@pytest.mark.parametrize("name", ["recipe_hash", "group", "arm", "seed"])
def test_a_row_of_something_else_is_named(tmp_path, name):
    rows = measure.ROWS.read_text("utf-8").splitlines()[:2]
    other = {key: value for key, value in json.loads(rows[1]).items() if key != name}
    (tmp_path / "rows.jsonl").write_text(f"{rows[0]}\n{json.dumps(other)}\n")
    with pytest.raises(ValueError, match=rf"rows\.jsonl, line 2: the row has no '{name}'"):
        measure.read_results(recipes.get("claim"), tmp_path / "rows.jsonl")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_arm_of_every_claim_runs(tmp_path):
    config, path, _ = run(tmp_path)
    rows = measure.read_results(config, path)
    assert {(row["group"], row["arm"]) for row in rows} == {
        (one.name, arm) for one in GROUPS for arm in one.arms
    }
    for _, line in own_lines(path):  # one seed proves nothing
        assert line["seeds"] == [100] and line["verdict"] == "can't tell here"


def own_lines(path):
    by_key = {line["key"]: line for line in lines(path, SMOKE)}
    return [(claim, by_key[claim.key]) for claim in CLAIMS]


def test_every_claim_has_its_arms():
    for one in GROUPS:
        everywhere = {arm for other in GROUPS for arm in other.arms}
        assert all(set(claim.arms) <= everywhere for claim in one.claims)
    assert len({claim.key for claim in CLAIMS}) == len(CLAIMS)
    arms = [arm for one in GROUPS for arm in one.arms]
    assert len(set(arms)) == len(arms)  # a claim finds an arm by its name alone


def test_what_is_measured_is_not_measured_again(measured, tmp_path):
    config, path, _ = measured
    assert not list(measure.jobs(config, GROUPS, [100], path, SOME))
    rows = [row for _, row in read_rows(path)]
    shorter = tmp_path / "shorter.jsonl"
    shorter.write_text("".join(json.dumps(row) + "\n" for row in rows[:-2]))
    left = list(measure.jobs(config, GROUPS, [100], shorter, SOME))
    assert [arm for _, arm, _ in left] == [row["arm"] for row in rows[-2:]]
    other = recipes.get("claim")  # another recipe has no row in this file
    assert len(list(measure.jobs(other, GROUPS, [0, 1], path, SOME))) == 2 * len(SOME)


def test_seeds_are_the_outer_loop(tmp_path):
    todo = list(measure.jobs(recipes.get(SMOKE), GROUPS, [0, 1], tmp_path / "none.jsonl"))
    assert [seed for _, _, seed in todo] == sorted(seed for _, _, seed in todo)


def test_no_row_is_no_pass(tmp_path, capsys):
    path = tmp_path / "none.jsonl"
    assert main(["claims", "--rows", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    own = [line for line in found if line["key"] in {claim.key for claim in CLAIMS}]
    assert {line["verdict"] for line in own} == {"not measured"}
    assert {line["verdict"] for line in found} <= VERDICTS
    fields = {"claim", "seeds", "interval", "control", "verdict", "published", "command"}
    assert all(fields <= set(line) for line in found)
    published = [line for line in found if line["published"]]
    assert [line["values"] for line in published] == [[294_000.0], [5_576_000.0]]


def test_every_row_of_the_design_stands_in_the_table(tmp_path):
    found = lines(tmp_path / "none.jsonl")
    text = markdown(found)
    assert all(one.says in text for one in GROUPS)
    for word in ("cold start", "$294K", "reviewed", "small devices", "nothing was copied"):
        assert word in text
    keys = [line["key"] for line in found]
    assert len(set(keys)) == len(keys) >= len(CLAIMS) + len(THRESHOLDS)


def test_bad_words_are_named(capsys):
    assert main(["claims", "--run", "--groups", "ahah"]) == 2
    assert "no group of claims 'ahah'" in capsys.readouterr().err
    assert main(["claims", "--recipe", "clame"]) == 2
    assert "nearest: claim" in capsys.readouterr().err
    assert group("aha").name == "aha"


def test_a_hacked_reward_and_its_cure_are_lines_of_the_table(monkeypatch):
    """By hand: what is paid rises by .6, what was meant by .1; with the cure both rise by .3."""

    def rows(arm, paid, meant):
        flat = {"proxy": paid, "meant": meant, "hack": 0.0}
        curve = {name: [0.2] * 10 + [0.2 + rise] * 10 for name, rise in flat.items()}
        return [{"task": "code", "arm": arm, "seed": seed, "curve": curve} for seed in range(6)]

    found = [*rows("examples", 0.6, 0.1), *rows("hidden", 0.3, 0.3)]
    monkeypatch.setattr(elsewhere.hacking, "read_results", lambda: found)
    monkeypatch.setattr(elsewhere.hacking, "current", lambda some: some)
    hacked, cured, *others = elsewhere.hacks(10)
    assert hacked["interval"]["value"] == pytest.approx(0.5) and hacked["verdict"] == "holds"
    assert cured["interval"]["value"] == pytest.approx(0.5) and cured["verdict"] == "holds"
    assert {line["verdict"] for line in others} == {"not measured"}


def test_one_run_of_the_pipeline_is_no_verdict(monkeypatch):
    row = {"seed": 0, "differences": {}}
    for one in elsewhere.STATEMENTS:
        row["differences"][one.key] = {"value": 0.4, "low": 0.3, "high": 0.5}
    monkeypatch.setattr(elsewhere.pipeline, "read_results", lambda: [row])
    monkeypatch.setattr(elsewhere.pipeline, "current", lambda some, recipe: some)
    assert {line["verdict"] for line in elsewhere.stages(claims=1)} == {"can't tell here"}
    monkeypatch.setattr(elsewhere.pipeline, "read_results", lambda: [row] * 6)
    assert {line["verdict"] for line in elsewhere.stages(claims=1)} == {"holds", "doesn't hold"}


def test_the_stages_statements_pay_for_the_others_too(monkeypatch):
    rows = [
        {
            "seed": s,
            "differences": {one.key: {"value": 0.4 + s / 50} for one in elsewhere.STATEMENTS},
        }
        for s in range(6)
    ]
    monkeypatch.setattr(elsewhere.pipeline, "read_results", lambda: rows)
    monkeypatch.setattr(elsewhere.pipeline, "current", lambda some, recipe: some)
    alone, beside = (next(elsewhere.stages(claims))["interval"] for claims in (1, 100))
    assert beside["low"] < alone["low"] < alone["high"] < beside["high"]


def test_a_prediction_that_other_assumptions_would_miss_is_no_proof():
    last = list(elsewhere.money())[-1]
    low, high = last["interval"]["low"], last["interval"]["high"]
    assert high / low > 1.5 and last["verdict"] == "can't tell here"
