"""The parser of completions: what counts as an answer, and what as well formed."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.tasks import Verdict, parse
from minir1.tasks.completion import MAX_ANSWER, MAX_COMPLETION

GOOD = "<think> 2 + 3 = 5 </think> <answer> 5 </answer>"

# completion -> (answer, well formed)
READABLE = {
    GOOD: ("5", True),
    GOOD + " <eos>": ("5", True),
    "\n " + GOOD + "<eos> \n": ("5", True),
    "<think></think><answer>5</answer>": ("5", True),
    "<think>\n2\n</think>\n<answer>\n5\n</answer>\n": ("5", True),
    "<answer> 5 </answer>": ("5", False),
    "<answer> 5 </answer> <eos>": ("5", False),
    "so it is <answer> 5 </answer>": ("5", False),
    "so " + GOOD: ("5", False),
    "<think> a </think> and so <answer> 5 </answer>": ("5", False),
    "<ANSWER> 6 </ANSWER> <answer> 5 </answer>": ("5", False),
    "<think> <Answer> 6 </Answer> </think> <answer> 5 </answer>": ("5", True),
    "<think> a </think> <answer> < 5 > </answer>": ("< 5 >", True),
    f"<answer>{'1' * MAX_ANSWER}</answer>": ("1" * MAX_ANSWER, False),
    f"<answer>{' ' * 10_000}5</answer>": ("5", False),
}

# completion -> verdict
UNREADABLE = {
    "": Verdict.NO_ANSWER,
    "5": Verdict.NO_ANSWER,
    "<think> 5": Verdict.NO_ANSWER,
    "<think> 5 </think>": Verdict.NO_ANSWER,
    "<think> <think> <think> <think> <think> <think> <think> 5": Verdict.NO_ANSWER,
    "<Answer> 5 </Answer>": Verdict.NO_ANSWER,
    "<answer > 5 </answer >": Verdict.NO_ANSWER,
    "< answer > 5 < /answer >": Verdict.NO_ANSWER,
    "\\boxed{5}": Verdict.NO_ANSWER,
    "<eos>": Verdict.NO_ANSWER,
    "<answer></answer>": Verdict.NO_ANSWER,
    "<think> a </think> <answer> \n\t </answer> <eos>": Verdict.NO_ANSWER,
    "<answer> 5": Verdict.MALFORMED,
    "5 </answer>": Verdict.MALFORMED,
    "</answer> 5 <answer>": Verdict.MALFORMED,
    "<answer> 5 <answer>": Verdict.MALFORMED,
    "<answer> 5 </answer> <answer> 5 </answer>": Verdict.MALFORMED,
    "<answer> <answer> 5 </answer> </answer>": Verdict.MALFORMED,
    "<answer> 5 </answer> </answer>": Verdict.MALFORMED,
    "<answer> 5 </answer>" * 1000: Verdict.MALFORMED,
    "<think> <answer> 5 </answer> </think>": Verdict.MALFORMED,
    "<think> <answer> 5 </answer>": Verdict.MALFORMED,
    "<think> <answer> 6 </answer> </think> <answer> 5 </answer>": Verdict.MALFORMED,
    "<answer> <think> </think> 5 </answer>": Verdict.MALFORMED,
    "<answer> 5 </answer> <think> 5 </think>": Verdict.MALFORMED,
    "<answer> 5 </answer> </think>": Verdict.MALFORMED,
    "</think> <answer> 5 </answer>": Verdict.MALFORMED,
    "</think> <think> <answer> 5 </answer>": Verdict.MALFORMED,
    "<think> </think> <think> </think> <answer> 5 </answer>": Verdict.MALFORMED,
    "<think> <think> </think> </think> <answer> 5 </answer>": Verdict.MALFORMED,
    "<answer> 5 </answer> or 6": Verdict.MALFORMED,
    GOOD + " <eos> <eos>": Verdict.MALFORMED,
    GOOD + " <eos> 6": Verdict.MALFORMED,
    "<eos> " + GOOD: Verdict.MALFORMED,
    "<think> <eos> </think> <answer> 5 </answer>": Verdict.MALFORMED,
    "<answer> 5 <eos> </answer>": Verdict.MALFORMED,
    "<answer> 5 </answer> \N{NO-BREAK SPACE}": Verdict.MALFORMED,
    f"<answer>{'1' * (MAX_ANSWER + 1)}</answer>": Verdict.TOO_LARGE,
    GOOD + " " * MAX_COMPLETION: Verdict.TOO_LARGE,
}


@pytest.mark.parametrize(("completion", "expected"), READABLE.items())
def test_an_answer_that_can_be_judged(completion, expected):
    parsed = parse(completion)
    assert (parsed.answer, parsed.well_formed) == expected
    assert parsed.verdict is None


@pytest.mark.parametrize(("completion", "verdict"), UNREADABLE.items())
def test_no_answer_that_can_be_judged(completion, verdict):
    parsed = parse(completion)
    assert parsed.answer is None
    assert parsed.verdict is verdict
    assert not parsed.well_formed


@pytest.mark.parametrize(
    ("completion", "fault"),
    [
        ("<think> 5 </think>", "no answer part"),
        ("<answer> 5 </answer> <answer> 5 </answer>", "more than one answer"),
        ("<answer> 5", "an answer tag without its partner"),
        (GOOD + " <eos> 6", "text after the end token"),
        (GOOD + " 6", "text after the answer"),
        ("so " + GOOD, "text outside the two parts"),
        ("<think> <answer> 5 </answer>", "the answer stands inside the thinking"),
        ("<answer> <think> </think> 5 </answer>", "think tags in the wrong place"),
    ],
)
def test_the_reader_of_a_transcript_is_told_what_is_wrong(completion, fault):
    assert parse(completion).fault == fault


def test_the_thinking_is_kept_also_where_it_was_cut_off():
    assert parse(GOOD).think == "2 + 3 = 5"
    assert parse("<think> 2 + 3 = ").think == "2 + 3 ="
    assert parse("2 + 3 <answer> 5 </answer>").think == ""


def test_a_task_may_allow_longer_answers():
    completion = f"<answer>{'1' * 500}</answer>"
    assert parse(completion).answer is None
    assert parse(completion, max_answer=500).answer == "1" * 500


pieces = st.sampled_from(
    ["<think>", "</think>", "<answer>", "</answer>", "<eos>", " ", "5", "x", "<", "\n"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(pieces, max_size=12).map("".join) | st.text())
def test_the_parts_are_consistent_for_any_text(completion):
    parsed = parse(completion)
    assert parsed.well_formed == (parsed.fault == "")
    assert (parsed.answer is None) == (parsed.verdict is not None)
    if parsed.answer is not None:
        assert parsed.answer == parsed.answer.strip() != ""
        assert completion.count("<answer>") == completion.count("</answer>") == 1
        after = completion.split("</answer>")[1].strip()
        assert after in ("", "<eos>")
        assert "<answer>" not in completion.partition("<think>")[2].partition("</think>")[0]
    if parsed.well_formed:
        again = f"<think>{parsed.think}</think><answer>{parsed.answer}</answer>"
        assert parse(again) == parsed


@settings(max_examples=100, deadline=None)
@given(
    st.text("abc0 \n<>/", max_size=30).map(str.strip),
    st.text("abc0 +-", min_size=1, max_size=30).map(str.strip).filter(bool),
)
def test_it_inverts_the_template(think, answer):
    completion = f"<think> {think} </think> <answer> {answer} </answer> <eos>"
    parsed = parse(completion)
    assert (parsed.think, parsed.answer, parsed.well_formed) == (think, answer, True)


@pytest.mark.parametrize(
    "unit",
    ["<", "<answer", "<answer>", "</think>", "<eos>", " ", "\n", "a", "<think> <answer> ", "\0"],
)
def test_time_grows_with_the_text_and_stays_small(unit):
    completion = (unit * MAX_COMPLETION)[:MAX_COMPLETION]

    def read() -> None:
        parse(completion)

    def look() -> None:
        """Once at every character: what a slow machine makes slow, too."""
        [ord(sign) for sign in completion]

    def seconds(work: Callable[[], None]) -> float:
        start = time.thread_time()
        work()
        return time.thread_time() - start

    assert min(seconds(read) for _ in range(5)) < 2.5 * min(seconds(look) for _ in range(5))
