"""A user's own file: its formats, its split, and each way in which a line can be broken."""

import json
from itertools import islice

import pytest

from minir1.config import TaskConfig
from minir1.tasks import Task, Verdict, make_task
from minir1.tasks.sources.file import FileTask
from minir1.tasks.sources.formats import last_box, read_line
from minir1.tasks.sources.judge import program_in

OWN = [
    {"question": f"What is {n} + {n}?", "gold": str(2 * n), "verifier": "math"} for n in range(40)
]
CODE = {"fn": "double", "hidden_tests": [[[2], 4], [[0], 0]]}


def write(path, rows) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def task_of(path: str, share: float = 0.2):
    return make_task(TaskConfig(name="jsonl", path=path, heldout_share=share))


def answer(text: object) -> str:
    return f"<think> so </think> <answer> {text} </answer>"


def test_every_gold_is_right_and_the_splits_part_the_questions(tmp_path, caplog):
    task = task_of(write(tmp_path / "own.jsonl", OWN))
    assert isinstance(task, Task) and isinstance(task, FileTask) and not caplog.text
    train, held = (task.of_split(split) for split in ("train", "heldout"))
    assert len(train) + len(held) == 40 and train and held
    assert not {p.key for p in train} & {p.key for p in held}
    for problem in train + held:
        assert task.verify(problem.gold, answer(problem.solution)) is Verdict.CORRECT
        assert task.verify(problem.gold, answer(-1)) is Verdict.WRONG


def test_a_stream_goes_through_all_problems_in_a_seeded_order(tmp_path):
    task = task_of(write(tmp_path / "own.jsonl", OWN))
    count = len(task.of_split("train"))
    first = [p.question for p in islice(task.problems("train", 1), 2 * count)]
    assert first == [p.question for p in islice(task.problems("train", 1), 2 * count)]
    assert set(first[:count]) == set(first[count:]) == {p.question for p in task.of_split("train")}
    assert first != [p.question for p in islice(task.problems("train", 2), 2 * count)]


def test_a_new_line_moves_no_other_to_the_other_side(tmp_path):
    few = task_of(write(tmp_path / "a.jsonl", OWN[:20])).of_split("heldout")
    more = task_of(write(tmp_path / "b.jsonl", OWN)).of_split("heldout")
    assert {p.key for p in few} <= {p.key for p in more}


def test_each_verifier_judges_its_rows(tmp_path):
    rows = [
        {"question": "spell sun backward", "gold": "nus", "verifier": "words"},
        {"question": "compute 2 + 3", "gold": 5, "verifier": "arithmetic"},
        {
            "question": "make 15 from 10 5 1",
            "gold": {"numbers": [10, 5, 1], "target": 15},
            "verifier": "countdown",
            "solution": "( 10 + 5 ) * 1",
        },
        {
            "question": "Write double(x).",
            "gold": CODE,
            "verifier": "code",
            "solution": "def double(x): return 2 * x",
        },
    ]
    task = task_of(write(tmp_path / "mixed.jsonl", rows), share=0.001)
    problems = task.of_split("train") + task.of_split("heldout")
    assert len(problems) == 4
    for problem in problems:
        assert task.verify(problem.gold, answer(problem.solution)) is Verdict.CORRECT
        assert task.verify(problem.gold, answer("no")) is not Verdict.CORRECT
        assert task.verify(problem.gold, problem.solution) is not Verdict.CORRECT
    fenced = answer("```python\ndef double(x):\n    return x + x\n```")
    assert task.verify(problems[-1].gold, fenced) is Verdict.CORRECT
    assert program_in("```\nx\n```") == "x" and program_in("a ```x```") == "a ```x```"


def test_gsm8k_and_math_in_their_own_fields(tmp_path, caplog):
    rows = [
        {"question": "How many?", "answer": "2*9=<<2*9=18>>18 in all.\n#### 1,018"},
        {"problem": "Find x.", "solution": r"\boxed{3}? No: $\boxed{\frac{1}{2}}$.", "level": "5"},
        {"question": "Which?", "answer": "#### the \u00e6on, perhaps"},
        {"problem": "And y?", "solution": r"so $y = \boxed 2$.", "answer": "2"},
        {"problem": "And z?", "solution": r"so \boxed {3} or so"},
        {"problem": "And none?", "solution": "it is three or so"},
    ]
    task = task_of(write(tmp_path / "public.jsonl", rows))
    golds = ["1,018", r"\frac{1}{2}", "2", "3"]
    assert [row.gold for row in task.rows] == golds and "2 rows of" in caplog.text
    problem = task.of_split("train") + task.of_split("heldout")
    assert task.verify(problem[0].gold, answer(problem[0].solution)) is Verdict.CORRECT


@pytest.mark.parametrize(
    ("row", "gold"),
    [
        ({"problem": "a?", "answer": "204", "url": "..."}, "204"),  # AIME
        ({"id": 0, "problem": "a?", "answer": 142.0}, "142"),  # AMC
        ({"question": "a?", "answer": -3}, "-3"),
        ({"problem": "a?", "answer": r"\left( 3, \frac{\pi}{2} \right)"}, None),  # MATH-500
        # NuminaMath and DeepScaleR, whose boxes hold the letter of a choice as well
        ({"problem": "a?", "solution": r"\boxed{\textbf{(B)}\ 6}", "answer": "6"}, "6"),
        ({"problem": "a?", "solution": r"so \boxed{26}", "answer": ""}, "26"),
        ({"prompt": "a?", "solution": "34", "data_source": "dapo"}, "34"),
    ],
)
def test_public_sets_whose_result_stands_alone(row, gold, tmp_path):
    (read,) = task_of(write(tmp_path / "public.jsonl", [row])).rows
    assert (read.question, read.gold, read.verifier) == ("a?", gold or row["answer"], "math")


def test_a_file_is_split_once_and_not_at_every_step(tmp_path, monkeypatch):
    """A step of RL asks for a stream of its own; 7,000 rows took a quarter of a second each."""
    rows = [{"question": f"{n}?", "gold": str(n), "verifier": "math"} for n in range(30)]
    task = task_of(write(tmp_path / "rows.jsonl", rows))
    hashed = []
    monkeypatch.setattr("minir1.tasks.sources.file.split_of", lambda *_: hashed.append(_))
    firsts = {next(task.problems("train", seed)).key for seed in range(20)}
    assert hashed == [] and len(firsts) > 1
    sides = [{p.key for p in task.of_split(side)} for side in ("train", "heldout")]
    assert sides[0] | sides[1] == {f"{n}?" for n in range(30)} and not sides[0] & sides[1]


def test_a_folder_of_json_files_is_read_in_order(tmp_path):
    for n in (2, 1):
        row = {"problem": f"What is {n}?", "solution": rf"\boxed{{{n}}}"}
        (tmp_path / f"{n}.json").write_text(json.dumps(row, indent=1))
    assert [row.gold for row in task_of(str(tmp_path)).rows] == ["1", "2"]


GOOD = OWN[0]
BROKEN = {
    b"{": "not JSON (Expecting property name",
    b"[1]": "the line is of type list",
    b"\xff": "not UTF-8",
    b'{"question": "a?"}': 'no field "answer" or "solution" with a value; the line has "question"',
    b'{"ID": 1, "Problem": "a?"}': 'the line has "ID", "Problem": give {"question", "gold", ',
    b'{"question": "a?", "options": ["1"], "answer": 0}': "answers to choose from: write them into",
    b'{"prompt": [{"role": "user"}], "answer": "1"}': "give a text that is not empty",
    b'{"question": "a?", "answer": true}': 'the field "answer" is True',
    b'{"gold": "5", "verifier": "math"}': 'the field "question" is missing',
    b'{"question": "", "gold": "5", "verifier": "math"}': "give a text that is not empty",
    b'{"question": "a?", "gold": "5"}': 'the field "verifier" is missing',
    b'{"question": "a?", "gold": "5", "verifier": "maths"}': "did you mean 'math'?",
    b'{"question": "a?", "gold": "5", "verifier": "format"}': "verifier = 'format' can't be used",
    b'{"question": "a?", "gold": 5, "verifier": "math"}': "gold = 5 can't be used",
    b'{"question": "a?", "gold": "", "verifier": "math"}': "gold = '' can't be used",
    b'{"question": "a?", "gold": {"fn": "f"}, "verifier": "code"}': "gold.hidden_tests = None",
}


@pytest.mark.parametrize(("line", "message"), BROKEN.items())
def test_a_broken_line_is_named_with_its_cure(line, message, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b"\n\n" + line + b"\n")
    with pytest.raises(ValueError) as error:
        task_of(str(path))
    text = str(error.value)
    assert text.startswith(f"{path}, line 3: ") and message in text and "\n" not in text
    assert len(text) < 400


def test_a_file_that_can_not_be_read_or_holds_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"task\.path = .* can't be read \(No such file"):
        task_of(str(tmp_path / "missing.jsonl"))
    (tmp_path / "test.parquet").write_bytes(b"PAR1\x15\x04\x15")
    with pytest.raises(ValueError, match="is a parquet file: make JSON lines of it"):
        task_of(str(tmp_path / "test.parquet"))
    with pytest.raises(ValueError, match="holds no problem"):
        task_of(write(tmp_path / "empty.jsonl", []))
    with pytest.raises(ValueError, match=r"used: .*line 1: .* has no .boxed"):
        task_of(write(tmp_path / "prose.jsonl", [{"problem": "a?", "solution": "it is so"}]))
    with pytest.raises(ValueError, match="leaves none of the 1 problems"):
        one = task_of(write(tmp_path / "one.jsonl", [GOOD]))
        next(one.problems("train", 0)), next(one.problems("heldout", 0))


@pytest.mark.parametrize(
    "wrong",
    [{"name": "jsonl"}, {"path": "a"}, {"name": "reasoning_gym"}, {"name": "jsonl", "family": "a"}],
)
def test_a_source_needs_its_own_field_and_no_other(wrong):
    with pytest.raises(ValueError, match=r"task\.(path|family) = '.*' can't be used"):
        TaskConfig(**wrong)


@pytest.mark.parametrize(
    "text", ["", "\\boxed{", "boxed{1}", "$\\boxed$ 1", "}\\boxed{{1}", "\\boxedx 1"]
)
def test_a_box_that_is_none(text):
    assert last_box(text) is None


def test_a_line_may_end_and_begin_as_editors_write_it():
    assert read_line(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n").gold == "0"
