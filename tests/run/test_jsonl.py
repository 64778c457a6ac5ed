"""Lines are whole, whatever moment the writer was killed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.run.jsonl import append_row, read_placed, read_rows, take_back


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), max_size=4), st.data())
def test_a_file_cut_anywhere_keeps_its_whole_lines_and_can_be_written_on(
    tmp_path_factory, rows, data
):
    path = tmp_path_factory.mktemp("run") / "rows.jsonl"
    path.touch()
    for row in rows:
        append_row(path, row)
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    whole = rows[: content[:cut].count(b"\n")]
    assert [row for _, row in read_rows(path)] == whole
    append_row(path, {"last": 1})
    assert [row for _, row in read_rows(path)] == [*whole, {"last": 1}]


def test_the_bytes_of_the_rows_are_the_file(tmp_path):
    path = tmp_path / "new" / "rows.jsonl"
    append_row(path, {"text": "line\nbreak\r\u2028"})
    append_row(path, {"x": 0.1})
    assert b"".join(line for line, _ in read_rows(path)) == path.read_bytes()


def test_what_is_not_an_object_is_named_by_its_line(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n[1]\n')
    with pytest.raises(ValueError, match=r"rows\.jsonl, line 2: \[1\] is not a JSON object"):
        read_rows(path)
    path.write_bytes(b"[" * 100_000 + b"\n")
    with pytest.raises(ValueError, match="line 1: not JSON: maximum recursion"):
        read_rows(path)
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(ValueError, match="line 1: not JSON"):
        read_rows(path)
    with pytest.raises(ValueError, match=r"absent can't be read: No such file"):
        read_rows(tmp_path / "absent")


STAGES = ("pretrain", "zero", "later")
PLACES = st.tuples(st.sampled_from(STAGES), st.integers(1, 6))


@given(st.lists(PLACES, max_size=12), st.integers(0, 7), st.sampled_from([b"", b'{"stage": "ze']))
def test_what_will_be_written_again_is_taken_back_and_the_rest_keeps_its_bytes(
    tmp_path_factory, places, step, torn
):
    path = tmp_path_factory.mktemp("run") / "rows.jsonl"
    for stage, number in places:
        append_row(path, {"stage": stage, "step": number})
    lines = path.read_bytes().splitlines(keepends=True) if places else []
    with path.open("ab") as file:
        file.write(torn)
    kept = take_back(path, "zero", step, later=("later",))
    stays = [
        stage == "pretrain" or (stage == "zero" and number <= step) for stage, number in places
    ]
    assert path.read_bytes() == b"".join(one for one, yes in zip(lines, stays, strict=True) if yes)
    assert [(row["stage"], row["step"]) for row in kept] == [
        place for place, yes in zip(places, stays, strict=True) if yes
    ]
    assert [file.name for file in path.parent.iterdir()] == ["rows.jsonl"]


def test_a_file_that_is_not_there_has_nothing_to_take_back(tmp_path):
    assert take_back(tmp_path / "none.jsonl", "zero", 0) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    ['{"step": 1}', '{"stage": "zero"}', '{"stage": 1, "step": 1}', '{"stage": "a", "step": 1.5}',
     '{"stage": "zero", "step": true}', '{"stage": "zero", "step": null}', '{"stage": "z", "st'],
)  # fmt: skip
def test_a_row_without_a_place_is_named_and_nothing_is_taken_back(tmp_path, line):
    path = tmp_path / "findings.jsonl"
    append_row(path, {"stage": "zero", "step": 5})
    before = path.read_bytes() + f"{line}\n".encode()
    path.write_bytes(before)
    for read in (read_placed, lambda path: take_back(path, "zero", 0)):
        with pytest.raises(ValueError, match=r"findings\.jsonl, line 2: "):
            read(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
