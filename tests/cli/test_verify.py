"""`minir1 verify` from a file to its verdicts, and each way in which a file can be broken."""

import io
import itertools
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.cli.main import main as minir1
from minir1.tasks.countdown import Countdown


def main(file: str) -> int:
    """The whole way in, through the command line's frame."""
    return minir1(["verify", file])


RIGHT = {"task": "arithmetic", "gold": 23, "pred": "<answer> 23 </answer>"}


def write(path, rows) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_the_same_lines_come_out_with_verdict_and_reward(tmp_path, capsys):
    gold = {"numbers": [10, 5, 1], "target": 15}
    rows = [
        {"task": "countdown", "gold": gold, "pred": "<answer> (10 + 5) * 1 </answer>"},
        {"task": "countdown", "gold": gold, "pred": "<answer> 10 + 5 </answer>"},
        RIGHT | {"question": "compute 7 * 3 + 2", "id": [1, {"a": None}]},
        RIGHT | {"pred": ""},
        {"task": "format", "gold": None, "pred": "<think> a </think> <answer> b </answer>"},
        {"task": "format", "gold": None, "pred": "<answer> b </answer>"},
        RIGHT | {"verdict": "mine", "reward": 9},
    ]
    assert main(write(tmp_path / "rows.jsonl", rows)) == 0
    captured = capsys.readouterr()
    judged = [json.loads(line) for line in captured.out.splitlines()]
    assert captured.err == ""
    expected = ["CORRECT", "WRONG", "CORRECT", "NO_ANSWER", "CORRECT", "MALFORMED", "CORRECT"]
    assert [row["verdict"] for row in judged] == expected
    assert [row["reward"] for row in judged] == [1, 0, 1, 0, 1, 0, 1]
    for before, after in zip(rows, judged, strict=True):
        assert after == before | {"verdict": after["verdict"], "reward": after["reward"]}


def test_a_question_reaches_the_verifier(tmp_path, capsys):
    row = {"task": "math", "gold": "2x", "pred": r"<answer> 2\sqrt{x}\sqrt{x} </answer>"}
    questions = [None, "What is four halves of $x$?", r"Simplify $\sqrt{x} \cdot 2\sqrt{x}$."]
    rows = [row, *(row | {"question": question} for question in questions)]
    assert main(write(tmp_path / "rows.jsonl", rows)) == 0
    judged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["reward"] for line in judged] == [1, 1, 1, 0]
    assert main(write(tmp_path / "rows.jsonl", [row | {"question": ["a chat"]}])) == 2
    assert "line 1: question = ['a chat'] can't be used" in capsys.readouterr().err


def test_generated_golds_are_all_right(tmp_path, capsys):
    problems = itertools.islice(Countdown().problems("train", 0), 300)
    rows = [
        {
            "task": problem.task,
            "question": problem.question,
            "gold": problem.gold,
            "pred": f"<think> a </think> <answer> {problem.solution} </answer> <eos>",
        }
        for problem in problems
    ]
    assert main(write(tmp_path / "golds.jsonl", rows)) == 0
    assert all(json.loads(line)["reward"] == 1 for line in capsys.readouterr().out.splitlines())


# broken second line -> what the message must say
BROKEN = {
    b"{": "not JSON (Expecting property name",
    b"not json": "not JSON",
    b"{} {}": "not JSON (Extra data",
    b'{"task": NaN}': "NaN is no JSON number",
    b"\xff\xfe": "not UTF-8",
    b"[" * 100_000: "nested too deeply",
    b"9" * 5000: "not JSON",
    b"[]": "the line is of type list: give one JSON object a line",
    b"23": "the line is of type int",
    b'{"gold": 23, "pred": ""}': 'the field "task" is missing: give task, gold, pred',
    b'{"task": "arithmetic", "pred": ""}': 'the field "gold" is missing',
    b'{"task": "arithmetic", "gold": 23}': 'the field "pred" is missing',
    b'{"task": ["x"], "gold": 23, "pred": ""}': 'the field "task" is of type list: give a text',
    b'{"task": "arithmetic", "gold": 23, "pred": 23}': 'the field "pred" is of type int',
    b'{"task": "arithmetic", "gold": 23, "pred": null}': 'the field "pred" is of type NoneType',
    b'{"task": "countdwn", "gold": 23, "pred": ""}': "did you mean 'countdown'?",
    b'{"task": "", "gold": 23, "pred": ""}': "Known: countdown, arithmetic, math, code, format",
    b'{"task": "arithmetic", "gold": "23", "pred": ""}': "gold = '23' can't be used: give one",
    b'{"task": "countdown", "gold": {"numbers": [1]}, "pred": ""}': "gold.target = None can't",
}


@pytest.mark.parametrize(("line", "message"), BROKEN.items())
def test_a_broken_line_is_named_in_one_line(line, message, tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    good = json.dumps(RIGHT).encode()
    path.write_bytes(good + b"\n" + line + b"\n" + good + b"\n")
    assert main(str(path)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"minir1: error: {path}, line 2: ")
    assert message in captured.err
    assert captured.err.count("\n") == 1 and captured.err.endswith("\n")
    assert len(captured.err) < 1000
    assert len(captured.out.splitlines()) == 1  # what came before the broken line


def test_a_file_that_can_not_be_read(tmp_path, capsys):
    for path in (tmp_path / "missing.jsonl", tmp_path):
        assert main(str(path)) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith(f"minir1: error: {path} can't be read ")
        assert "give the path of a file of JSON lines" in captured.err
        assert captured.err.count("\n") == 1
        assert captured.out == ""


def test_empty_files_blank_lines_and_other_line_ends(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"")
    assert main(str(path)) == 0
    assert capsys.readouterr().out == ""
    row = json.dumps(RIGHT).encode()
    path.write_bytes(b"\xef\xbb\xbf" + row + b"\r\n\r\n  \n" + row)  # a BOM, no last newline
    assert main(str(path)) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_dash_reads_standard_input(monkeypatch, capsys):
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(RIGHT).encode() + b"\n{"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main("-") == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["reward"] == 1
    assert captured.err.startswith("minir1: error: -, line 2: not JSON")
    monkeypatch.setattr(sys, "stdin", None)  # as after `<&-`
    assert main("-") == 2
    assert "standard input is closed: give the path" in capsys.readouterr().err


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters()) | st.text(st.characters(categories=["Cs", "Cc"])))
def test_the_text_of_a_pred_never_causes_an_error(tmp_path_factory, pred):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    rows = [
        {"task": task, "gold": gold, "pred": text}
        for task, gold in [("arithmetic", 5), ("countdown", {"numbers": [5], "target": 5})]
        for text in (pred, f"<answer>{pred}</answer>")
    ]
    assert main(write(path, rows)) == 0


def test_it_streams(tmp_path):
    """A file of 32 MB needs less than 8 MB of Python's memory."""
    path = tmp_path / "large.jsonl"
    row = json.dumps(RIGHT | {"pred": "a" * 100_000}) + "\n"
    with path.open("w") as stream:
        for _ in range(320):
            stream.write(row)
    code = f"""
import os, sys, tracemalloc
from minir1.cli.verify import main
sys.stdout = open(os.devnull, "w")
tracemalloc.start()
status = main({str(path)!r})
peak = tracemalloc.get_traced_memory()[1]
assert status == 0
assert peak < 8e6, peak
"""
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=True)
