"""Rows name what a reader needs, and the newest of a kind wins."""

import json

from minir1 import recipes
from minir1.bench import rows


def test_a_row_names_machine_versions_recipe_and_command(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["__main__.py", "sampler", "--repeats", "2"])
    one = rows.row("sampler", "fixed length", recipes.smoke(), sides={})
    assert one["command"] == "python -m minir1.bench sampler --repeats 2"
    assert one["recipe_hash"] == recipes.smoke().hash()
    assert {"processor", "cores", "threads", "torch"} <= set(one["device"])
    assert {"minir1"} <= set(one["versions"])
    assert json.loads(json.dumps(one)) == one


def test_saved_rows_are_read_back_and_appended_to(tmp_path) -> None:
    path = tmp_path / "deep" / "bench.jsonl"
    assert rows.read(path) == []
    first = rows.row("cost", "batch 8", recipes.smoke())
    rows.save([first], path)
    rows.save([{**first, "case": "batch 16"}], path)
    assert [one["case"] for one in rows.read(path)] == ["batch 8", "batch 16"]


def test_another_processor_or_thread_count_doesnt_replace_a_row() -> None:
    one = rows.row("cost", "batch 8", recipes.smoke(), n=1)
    again = {**one, "n": 2}
    other = {**one, "device": {**one["device"], "threads": one["device"]["threads"] + 1}}
    assert rows.latest([one, other, again]) == [again, other]


def test_a_package_that_is_not_installed_has_no_version() -> None:
    found = rows.versions(["torch", "no-such-package-anywhere"])
    assert set(found) == {"torch"}
