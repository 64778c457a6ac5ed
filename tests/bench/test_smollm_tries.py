"""Many tries of the questions of a lost half: what is counted, and what the counts say."""

from pathlib import Path

import numpy as np
import pytest

from minir1.bench import smollm_tries
from minir1.bench.smollm_kinds import form, questions
from minir1.bench.smollm_signs import one_way
from minir1.bench.smollm_tries import GROUP, QUESTIONS, ROWS, TRIES, alive, main, said
from minir1.run.jsonl import read_rows
from minir1.tasks.splits import split_of


@pytest.mark.parametrize("right", [0, 1, 7, 32, 64])
def test_a_group_is_alive_as_often_as_in_draws_of_a_group_from_the_tries(right: int) -> None:
    rng = np.random.default_rng(right)
    tries = np.arange(TRIES) < right
    drawn = [tries[rng.permutation(TRIES)[:GROUP]].mean() for _ in range(4000)]
    share = np.mean([0 < one < 1 for one in drawn])
    assert abs(alive([right]) - share) < 4 * np.sqrt(max(share * (1 - share), 1e-6) / 4000)


def test_the_words_count_tries_and_questions() -> None:
    row = {"course": [["opposite", 2]], "seed": 3, "right": [["a", 0], ["b", 2], ["c", TRIES]]}
    words = said(row)
    assert words.startswith("opposite 2, seed 3: one way, 66 of 192 tries are right, in 2 of 3 ")
    assert f"{alive([0, 2, TRIES]):.1%} of groups of 8" in words


def test_what_is_measured_is_kept_and_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smollm_tries, "ROWS", tmp_path / "tries.jsonl")
    monkeypatch.setattr(smollm_tries, "ask", lambda course, seed, folder: [("q", seed)])
    main(tmp_path, course=(("opposite", 2),), seeds=(1, 2))
    first, second = capsys.readouterr().out.splitlines()
    assert "seed 1: one way, 1 of 64" in first and "seed 2: one way, 2 of 64" in second


# What was committed.


def test_the_committed_tries_are_of_a_lost_half_that_is_hardly_ever_right() -> None:
    held = {question for question in questions() if split_of(question, 0.5) == "heldout"}
    (row,) = [row for _, row in read_rows(ROWS)]
    assert row["tries"] == TRIES and len(row["right"]) == QUESTIONS
    for question, _ in row["right"]:
        assert question in held and form(question) and one_way(question)
    counts = [count for _, count in row["right"]]
    assert sum(counts) < 5 and alive(counts) < 0.02
