"""Every arm at smoke scale, restarts, and the table of all claims."""

import json

import pytest

from minir1 import recipes
from minir1.bench.claims import measure
from minir1.bench.claims.groups import CLAIMS, GROUPS, group
from minir1.bench.claims.table import lines, markdown
from minir1.bench.thresholds import THRESHOLDS
from minir1.cli.main import main
from minir1.run.jsonl import read_rows

SMOKE = "claim_smoke"
VERDICTS = {"holds", "doesn't hold", "can't tell here", "not measured"}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    said = []
    config = recipes.get(SMOKE)
    measure.measure(config, seeds=[100], out=folder / "out", path=folder / "rows.jsonl",
                    say=said.append)  # fmt: skip
    return config, folder, said


def test_every_arm_of_every_claim_runs(measured):
    config, folder, said = measured
    rows = measure.read_results(config, folder / "rows.jsonl")
    assert {(row["group"], row["arm"]) for row in rows} == {
        (one.name, arm) for one in GROUPS for arm in one.arms
    }
    assert "min left" in said[-1] and said[-1].startswith(f"{len(rows)}/{len(rows)}")
    found = lines(folder / "rows.jsonl", SMOKE)
    own = [line for line in found if line["key"] in {claim.key for claim in CLAIMS}]
    assert len(own) == len(CLAIMS) and all(line["seeds"] == [100] for line in own)
    assert all(line["verdict"] == "can't tell here" for line in own)  # one seed proves nothing


def test_what_is_measured_is_not_measured_again(measured):
    config, folder, _ = measured
    path = folder / "rows.jsonl"
    assert not list(measure.jobs(config, GROUPS, [100], path))
    all_rows = [row for _, row in read_rows(path)]
    shorter = folder / "shorter.jsonl"
    shorter.write_text("".join(json.dumps(row) + "\n" for row in all_rows[:-2]))
    left = list(measure.jobs(config, GROUPS, [100], shorter))
    assert [(one.name, arm) for one, arm, _ in left] == [
        (row["group"], row["arm"]) for row in all_rows[-2:]
    ]
    other = recipes.get("claim")  # another recipe has no row in this file
    assert len(list(measure.jobs(other, GROUPS, [0, 1], path))) == 2 * len(all_rows)


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
