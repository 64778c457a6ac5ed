"""A file is there whole, or as it was before; and what went wrong leaves nothing behind."""

import json
import os
import subprocess
import sys

import pytest

from minir1.run.jsonl import append_row, rows_in
from minir1.run.whole import whole, write_json, write_text


def test_a_file_and_its_folder_are_made_and_nothing_else(tmp_path):
    write_text(tmp_path / "eval" / "final.json", "größe\n")
    write_json(tmp_path / "eval" / "other.json", {"a": 1})
    assert (tmp_path / "eval" / "final.json").read_bytes() == "größe\n".encode()
    assert json.loads((tmp_path / "eval" / "other.json").read_text()) == {"a": 1}
    assert sorted(os.listdir(tmp_path / "eval")) == ["final.json", "other.json"]


def test_an_error_in_the_middle_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "before")
    with pytest.raises(OSError, match="full"), whole(path) as file:
        file.write(b"half of wh")
        raise OSError("the disk is full")
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["a.txt"]


def test_a_killed_writer_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "before")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom minir1.run.whole import whole\n"
        "with whole(Path(sys.argv[1])) as file:\n    file.write(b'half')\n    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == 9
    assert path.read_text() == "before"
    write_text(path, "after")
    assert path.read_text() == "after"


def test_rows_of_a_file_that_is_not_there_are_none(tmp_path):
    assert rows_in(tmp_path / "rows.jsonl") == []
    append_row(tmp_path / "rows.jsonl", {"a": 1})
    assert rows_in(tmp_path / "rows.jsonl") == [{"a": 1}]
