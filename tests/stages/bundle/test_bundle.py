"""A bundle of a tiny run: true to itself, repeated bit by bit, and any single change is found."""

import json
import random
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minir1.bench.review.plants import PLANTS
from minir1.cli.main import main
from minir1.config import Config, machine_fields
from minir1.run.home import open_run
from minir1.stages import job
from minir1.stages.bundle import shape
from minir1.stages.bundle.again import again, compare, first_other
from minir1.stages.bundle.checks import check
from minir1.stages.bundle.making import make
from minir1.stages.bundle.shape import Bundle, config_of

FILES = ("bundle.json", "base.jsonl", "final.jsonl", "curves.jsonl")
NOT_TOLD = {"device", "versions"}
"""What reading can't check: where it was run is only compared when it is run again."""


@pytest.fixture(scope="module")
def config(tiny: Config) -> Config:
    own = replace(tiny.eval, samples=1, problems=6, max_new_tokens=40, every=0)
    return replace(tiny, threads=1, eval=own)


@pytest.fixture(scope="module")
def run(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundled") / "run"
    open_run(config, out)
    job.run(config, out)
    return out


@pytest.fixture(scope="module")
def bundle(run: Path) -> Bundle:
    return make(run)


@pytest.fixture
def folder(bundle: Bundle, tmp_path: Path) -> Path:
    shape.write(bundle, tmp_path / "bundle")
    return tmp_path / "bundle"


def failed(bundle: Bundle) -> dict[str, str]:
    return {one.name: one.found for one in check(bundle) if one.status == "FAIL"}


def test_it_is_true_to_itself_and_comes_back_from_the_disk(bundle: Bundle, folder: Path):
    assert failed(bundle) == {}
    read = shape.read(folder)
    assert read == bundle and shape.name_of(read) == shape.name_of(bundle)


def test_the_figures_are_those_of_the_run(bundle: Bundle, run: Path):
    for name in ("base", "final"):
        summary = json.loads((run / "eval" / f"{name}.json").read_text())
        assert bundle.head["figures"][f"{name}/pass@1"] == summary["pass@1"]
        mean = sum(row["tokens"] for row in bundle.rows[name]) / len(bundle.rows[name])
        assert bundle.head["figures"][f"{name}/length"]["value"] == pytest.approx(mean)


def test_run_again_it_is_equal_to_the_last_bit(bundle: Bundle, tmp_path: Path):
    found = again(bundle, tmp_path / "again")
    assert found["holds"] and found["other"] == []
    assert {row["how"] for row in found["figures"]} == {"equal"}
    assert "equal to the last bit" in found["sentence"]


@pytest.mark.parametrize("how", ["empty", "no device"])
def test_a_ledger_without_a_machine_makes_no_bundle(how: str, run: Path, tmp_path: Path):
    copy = shutil.copytree(run, tmp_path / "run")
    rows = [json.loads(line) for line in (copy / "ledger.jsonl").read_text().splitlines()]
    for row in rows:
        del row["device"]
    text = "" if how == "empty" else "".join(json.dumps(row) + "\n" for row in rows)
    (copy / "ledger.jsonl").write_text(text)
    with pytest.raises(ValueError, match="its ledger names no machine"):
        make(copy)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every single value of a tree."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in items:
            yield from places(inner, (*path, name))
    else:
        yield path


def changed(value: Any) -> Any:
    """Another value of the same type, close to it."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"


def with_change(bundle: Bundle, path: tuple[Any, ...]) -> Bundle:
    parts = deepcopy({"head": bundle.head, "rows": bundle.rows, "curves": bundle.curves})
    inner: Any = parts
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = changed(inner[path[-1]])
    return Bundle(**parts)


QUIET = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(data=st.data())
@QUIET
def test_any_single_changed_value_is_found(data, bundle: Bundle):
    """Reading finds it, or running does: hashes are no help here, they fit."""
    parts = {"head": bundle.head, "rows": bundle.rows, "curves": bundle.curves}
    all_places = [path for path in places(parts) if path[1] not in NOT_TOLD]
    path = data.draw(st.sampled_from(all_places))
    other = with_change(bundle, path)
    if path[:2] == ("head", "format"):
        return  # shape.read refuses it
    if failed(other):
        return
    free = {"config", "cost"}  # a name, a price, a core: nothing of it is computed with
    found = compare(other, bundle)
    assert not found["holds"] or path[1] in free, path


@given(data=st.data())
@QUIET
def test_any_changed_seed_or_training_field_is_found_by_reading(data, bundle: Bundle):
    """Config, seed and hash belong together."""
    parts, free = ("task", "corpus", "model", "zero"), machine_fields(config_of(bundle))
    own = [p for p in places(bundle.head["config"]) if p[0] in parts]
    own = [("config", *p) for p in own if ".".join(map(str, p)) not in free]
    path = ("head", *data.draw(st.sampled_from([*own, ("seed",)])))
    assert failed(with_change(bundle, path))


@given(name=st.sampled_from(FILES), data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_byte_is_found(name, data, bundle: Bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes") / "b"
    shape.write(bundle, folder)
    raw = bytearray((folder / name).read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = ord("7") if raw[place] != ord("7") else ord("8")
    (folder / name).write_bytes(bytes(raw))
    try:
        read = shape.read(folder)
    except ValueError:
        return
    assert failed(read)["files"]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_what_is_planted_is_found(plant, bundle: Bundle):
    other = plant.change(bundle, random.Random(1))
    assert bool(failed(other)) == plant.reads
    if not plant.reads and plant.name != "other_config":
        assert not compare(other, bundle)["holds"]


@pytest.mark.slow
def test_another_config_gives_other_curves(bundle: Bundle, tmp_path: Path):
    plant = next(one for one in PLANTS if one.name == "other_config")
    other = plant.change(bundle, random.Random(1))
    assert not again(other, tmp_path / "other")["holds"]


def test_another_machine_needs_the_intervals_only(bundle: Bundle):
    elsewhere = deepcopy(bundle.head)
    elsewhere["device"]["torch"] = "0.0"
    low = elsewhere["figures"]["final/length"]["low"]
    elsewhere["figures"]["final/length"]["value"] = low
    found = compare(bundle, replace(bundle, head=elsewhere))
    assert found["holds"] and found["other"] == ["torch"]
    assert {row["how"] for row in found["figures"]} == {"equal", "within"}
    elsewhere["figures"]["final/length"]["value"] = low - 1
    found = compare(bundle, replace(bundle, head=elsewhere))
    assert not found["holds"] and "final/length came out otherwise" in found["sentence"]


def test_the_commands(run: Path, tmp_path: Path, capsys, monkeypatch):
    folder = tmp_path / "b"
    assert main(["export", str(run), str(folder), "--bundle"]) == 0
    assert "figures and their rows" in capsys.readouterr().out
    assert main(["reproduce", str(folder), "--check"]) == 0
    assert "true to itself" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] and len(found["figures"]) >= 4 and (tmp_path / "runs/again-b").is_dir()
    head = json.loads((folder / "bundle.json").read_text())
    head["figures"]["final/length"]["value"] += 1
    (folder / "bundle.json").write_text(json.dumps(head))
    assert main(["reproduce", str(folder)]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "is not what was written" in out or "bytes" in out
    assert "final/length is said to be" in out and "it was not run again" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "bundle.json can't be read"),
        ("[]", "is not of format 1"),
        ('{"format": 2}', "is not of format 1"),
        ('{"format": 1}', "recipe = None is no str"),
    ],
)
def test_bad_bundles_are_one_line(text, message, folder: Path, capsys):
    (folder / "bundle.json").write_text(text)
    assert main(["reproduce", str(folder)]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_bad_rows_and_absent_files_are_one_line(folder: Path, run: Path, tmp_path: Path, capsys):
    (folder / "final.jsonl").write_text('{"question": 1}\n')
    assert main(["reproduce", str(folder)]) == 2
    assert "final.jsonl, line 1: the row has no 'gold'" in capsys.readouterr().err
    (folder / "final.jsonl").unlink()
    assert main(["reproduce", str(folder)]) == 2
    assert "final.jsonl can't be read" in capsys.readouterr().err
    assert main(["reproduce", str(run)]) == 2
    assert "is a run: `minir1 export" in capsys.readouterr().err
    assert main(["reproduce", str(tmp_path / "nothing")]) == 2
    assert "is not a bundle" in capsys.readouterr().err
    assert main(["export", str(run), str(run / "eval"), "--bundle"]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_a_run_that_is_not_finished_leaves_none(config: Config, tmp_path: Path, capsys):
    open_run(config, tmp_path / "new")
    assert main(["export", str(tmp_path / "new"), str(tmp_path / "b"), "--bundle"]) == 2
    assert "is not finished" in capsys.readouterr().err


def test_rows_are_compared_in_order():
    rows = [{"a": i} for i in range(3)]
    assert first_other(rows, rows) is None
    assert first_other(rows, rows[:2]) == 3
    assert first_other(rows, [*rows[:1], {"a": 9}, *rows[2:]]) == 2
