"""What an evaluation leaves is written whole, and read back with every fault named."""

import json

import pytest

from minir1.run.evaluated import read_evaluation, write_evaluation

ROW = {"question": "make 6 from 2 3", "completion": "2 * 3", "verdict": "CORRECT"}
WHOLE = {"step": 4, "pass@1": {"value": 1.0, "low": 0.5, "high": 1.0}, "rows": [ROW]}


def test_it_is_written_whole_and_comes_back(tmp_path):
    path = write_evaluation(tmp_path, "base", WHOLE | {"step": 3})
    assert path == tmp_path / "eval" / "base.json"
    write_evaluation(tmp_path, "base", WHOLE)
    assert read_evaluation(path) == json.loads(path.read_text()) == WHOLE
    assert [file.name for file in path.parent.iterdir()] == ["base.json"]


@pytest.mark.parametrize("text", ["", "{", "\x00"])
def test_what_is_no_json_is_named(tmp_path, text):
    (tmp_path / "final.json").write_text(text)
    with pytest.raises(ValueError, match=r"final\.json is not JSON .*: remove it and evaluate"):
        read_evaluation(tmp_path / "final.json")


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_missing_is_named(tmp_path, name):
    found = {key: value for key, value in WHOLE.items() if key != name}
    for value in (found, list(found)):
        (tmp_path / "x.json").write_text(json.dumps(value))
        with pytest.raises(ValueError, match=r"x\.json is not an evaluation: it has no '"):
            read_evaluation(tmp_path / "x.json")


DAMAGED = [
    ("step", "4"),
    ("step", True),
    ("pass@1", 0.5),
    ("pass@1", {"value": 0.5}),
    ("pass@1", {"value": "0.5", "low": 0, "high": 1}),
    ("pass@1", []),
    ("rows", 3),
    ("rows", "rows"),
    ("rows", {"a": 1}),
    ("rows", [ROW, 3]),
    ("rows", [ROW, {"question": "make 6 from 2 3"}]),
    ("rows", [ROW | {"verdict": None}]),
    ("length", 3),
    ("checks", {"value": 3}),
    ("insight", 0.5),
    ("insight", {"tries": 3, "surplus": 0.1}),
]


@pytest.mark.parametrize(("name", "value"), DAMAGED)
def test_what_is_damaged_is_named(tmp_path, name, value):
    path = write_evaluation(tmp_path, "final", WHOLE | {name: value})
    with pytest.raises(ValueError, match=rf"final\.json: its '{name}' is damaged"):
        read_evaluation(path)
