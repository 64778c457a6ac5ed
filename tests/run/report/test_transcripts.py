"""Transcripts: nothing of the text is lost, and what is coloured is so."""

import re

from hypothesis import given
from hypothesis import strategies as st

from minir1.run.report.transcripts import pairs, to_lines, transcript

PIECES = [
    "<think>", "</think>", "<answer>", "</answer>", "<eos>", "1 + 2 = 3", "? 3 yes", "? 3 no", ";",
    ",", "12 - 7 = 4", "<b>", "make", "\n", "?", "= 5",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map(" ".join))
def test_no_character_but_space_is_lost(completion):
    shown = "".join(span.text for line in to_lines(completion) for span in line)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", completion)
    assert all(line for line in to_lines(completion))


def kinds(completion):
    return [(span.text, span.kind) for line in to_lines(completion) for span in line]


def test_one_try_a_line():
    text = "<think> 1 + 2 = 3 , 3 * 4 = 12 ? 9 no ; 2 + 4 = 6 ? 9 no </think> <answer> 6 </answer>"
    lines = [" ".join(span.text for span in line) for line in to_lines(text)]
    assert lines == [
        "<think> 1 + 2 = 3 , 3 * 4 = 12 ? 9 no ;",
        "2 + 4 = 6 ? 9 no </think>",
        "<answer> 6 </answer>",
    ]


def test_wrong_arithmetic_and_lying_checks_are_marked():
    found = dict(kinds("<think> 1 + 2 = 4 ? 4 yes ; 2 + 2 = 4 ? 5 yes ; 9 - 2 = 7 ? 7 no"))
    assert found["1 + 2 = 4"] == "plain false"
    assert found["? 4 yes"] == "yes"
    assert found["2 + 2 = 4"] == "plain"
    assert found["? 5 yes"] == "yes false"
    assert found["? 7 no"] == "no false"


def test_a_check_without_a_try_before_it_does_not_break_the_page():
    assert kinds("? 7 yes") == [("? 7 yes", "yes false")]
    assert kinds("7 / 0 = 1")[0][1] == "plain false"


def test_the_answer_is_bold_whatever_it_is():
    found = kinds("<answer> 1 + 2 = 3 ; x </answer> after")
    assert ("1 + 2 = 3", "answer") in found and ("x", "answer") in found
    assert found[-1] == ("after", "plain")


def row(question, right, tries=1):
    think = " ; ".join(["1 + 2 = 3 ? 9 no"] * tries)
    return {
        "question": question, "completion": f"<think> {think} </think> <answer> 3 </answer>",
        "verdict": "CORRECT" if right else "NO_ANSWER", "tokens": 9, "tries": tries,
    }  # fmt: skip


def test_the_first_problem_of_each_kind_is_shown_once():
    before = [row(name, name in "de") for name in "abcdef"] + [row("a", True)]
    after = [row(name, name in "abd") for name in "abcdef"] + [row("a", True)]
    found = [(pair.question, pair.kind) for pair in pairs(before, after)]
    assert found == [
        ("a", "solved only after RL"),
        ("b", "solved only after RL"),
        ("d", "solved before and after"),
        ("c", "solved neither before nor after"),
        ("e", "solved only before RL"),
    ]


def test_problems_that_were_not_asked_before_are_left_out():
    assert pairs([row("a", True)], [row("b", True)]) == []
    assert pairs([], []) == []


def test_a_long_completion_is_folded_in_its_middle():
    long, short = transcript(row("a", True, tries=14)), transcript(row("a", True, tries=5))
    assert len(long.head) + len(long.middle) + len(long.tail) == len(long.lines) == 15
    assert long.head + long.middle + long.tail == long.lines and len(long.middle) == 9
    assert short.head == short.lines and not short.middle and not short.tail
    assert transcript(row("a", False)).verdict == "no answer"
