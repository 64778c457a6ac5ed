"""The verdicts on programs, broken golds, and what any text at all gets."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.tasks import Verdict, verify
from minir1.tasks.code import Limits, verify_code
from minir1.tasks.code.run import Outcome, run
from minir1.tasks.code.verify import judge

GOLD = {"fn": "double", "hidden_tests": [[[2], 4], [[21], 42]]}
RIGHT = "def double(x):\n    return 2 * x\n"
CASES = Path(__file__).parents[1] / "cases" / "code_right.jsonl"
PROGRAMS = [json.loads(line)["pred"] for line in CASES.read_text().splitlines()]


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        (RIGHT, Verdict.CORRECT),
        ("def double(x): return x", Verdict.WRONG),
        ("def double(x): return 1 / 0", Verdict.WRONG),
        ("", Verdict.NO_ANSWER),
        (" \n\t", Verdict.NO_ANSWER),
        ("def double(x) return x", Verdict.MALFORMED),
        ("def twice(x): return 2 * x", Verdict.MALFORMED),
        ("double = 4", Verdict.MALFORMED),
        (f"<answer> {RIGHT} </answer>", Verdict.MALFORMED),
        (RIGHT + "#" * 50_000, Verdict.TOO_LARGE),
        ("def double(x): return 'x' * 2**21", Verdict.TOO_LARGE),
        ("def double(x):\n    while True: pass", Verdict.TIMEOUT),
        ("import time\ntime.sleep(100)", Verdict.TIMEOUT),
    ],
)
def test_verdicts(program, verdict):
    assert verify_code(GOLD, program, Limits(wall_s=0.5)) is verdict


def test_the_registry_knows_the_task():
    assert verify("code", GOLD, RIGHT) is Verdict.CORRECT


READY = b'"ready"'


@pytest.mark.parametrize(
    "lines",
    [
        *((), (b"4",), (b"4", b"42", b"", b""), (b"4", b"42", b"42", b""), (b"4", b"42")),
        *((b"42", b"4", b""), (b"4", b"", b"42", b""), (b"4 42", b""), (b"[4, 42]", b"")),
        *((b"4", b"42.0", b""), (b"4", b"NaN", b""), (b"4", b"42", b"x")),
    ],
)
def test_one_line_an_input_no_more_no_less(lines):
    assert judge([4, 42], Outcome((READY, b"4", b"42", b""))) is Verdict.CORRECT
    assert judge([4, 42], Outcome((READY, *lines))) is Verdict.WRONG


def test_right_lines_of_a_program_that_was_stopped_earn_nothing():
    lines = (READY, b"4", b"42", b"")
    assert judge([4, 42], Outcome(lines, timed_out=True)) is Verdict.TIMEOUT
    assert judge([4, 42], Outcome(lines, too_large=True)) is Verdict.TOO_LARGE


@pytest.mark.parametrize(
    ("gold", "field"),
    [
        (None, "gold"),
        ([], "gold"),
        ({}, "gold"),
        ({"hidden_tests": [[[2], 4]]}, "gold"),
        ({**GOLD, "tests": []}, "gold"),
        ({**GOLD, "fn": "2x"}, "gold.fn"),
        ({**GOLD, "fn": 7}, "gold.fn"),
        ({**GOLD, "fn": "import"}, "gold.fn"),
        ({"fn": "double"}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": []}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": "[[2], 4]"}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[2, 4]]}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[[2], 4, 5]]}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[[2], float("nan")]]}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[[2], {4}]]}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[[2], (4,)]]}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[[2], {1: 2}]]}, "gold.hidden_tests"),
        ({**GOLD, "hidden_tests": [[["x" * 600_000], 4]]}, "gold.hidden_tests"),
        ({**GOLD, "tolerance": 0.1}, "gold.tolerance"),
        ({**GOLD, "tolerance": True}, "gold.tolerance"),
    ],
)
def test_a_gold_that_can_not_judge_is_an_error(gold, field):
    with pytest.raises(ValueError, match=rf"{field} = .* can't be used"):
        verify_code(gold, RIGHT)


def test_inputs_are_fresh_for_each_call_and_never_shared_with_the_gold():
    gold = {"fn": "f", "hidden_tests": [[[[3, 1]], [1, 3]], [[[3, 1]], [1, 3]]]}
    program = "def f(x):\n    x.sort()\n    return x\n"
    assert verify_code(gold, program) is Verdict.CORRECT
    assert gold["hidden_tests"][0] == [[[3, 1]], [1, 3]]


@settings(max_examples=25, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.builds(lambda p, i, j: p[i:j], st.sampled_from(PROGRAMS), st.integers(), st.integers()),
        st.builds(
            lambda p, i, t: p[:i] + t + p[i:],
            st.sampled_from(PROGRAMS),
            *[st.integers(0, 99), st.text(max_size=3)],
        ),
    )
)
def test_any_text_gets_a_verdict(program):
    gold = {"fn": "nobody", "hidden_tests": [[[], "c4f"]]}
    assert verify_code(gold, program, Limits(wall_s=0.3)) in set(Verdict) - {Verdict.CORRECT}


def test_verdicts_do_not_mix_when_threads_judge_at_once():
    programs = [RIGHT, "def double(x): return 3 * x"] * 8
    with ThreadPoolExecutor(4) as threads:
        verdicts = list(threads.map(lambda program: verify_code(GOLD, program), programs))
    assert verdicts == [Verdict.CORRECT, Verdict.WRONG] * 8


def test_a_hang_does_not_delay_the_others():
    with ThreadPoolExecutor(2) as threads:
        hang = threads.submit(verify_code, GOLD, "while True: pass", Limits(wall_s=3.0))
        assert verify_code(GOLD, RIGHT) is Verdict.CORRECT
        assert not hang.done()
        assert hang.result() is Verdict.TIMEOUT


def test_an_interrupt_leaves_no_child(monkeypatch):
    def interrupted(pipe, limits):
        raise KeyboardInterrupt

    def children():
        return set(psutil.Process().children(recursive=True))

    monkeypatch.setattr(sys.modules[run.__module__], "listen", interrupted)
    others = children()  # warm workers of other tests
    with pytest.raises(KeyboardInterrupt):
        verify_code(GOLD, "import time\ntime.sleep(100)")
    assert children() <= others


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS ends no child with its parent")
def test_the_death_of_the_grader_is_the_death_of_the_program():
    script = (
        "from minir1.tasks.code import *\n"
        f"verify_code({GOLD!r}, 'import time; time.sleep(60)', Limits(wall_s=60.0))\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", script])
    found: list[psutil.Process] = []
    deadline = time.monotonic() + 20
    while len(found) < 1 and time.monotonic() < deadline:
        time.sleep(0.5)  # past the probes, which are over in a moment
        found = [
            one
            for one in psutil.Process(grader.pid).children(recursive=True)
            if time.time() - one.create_time() > 1.0
        ]
    assert found
    grader.kill()
    grader.wait()
    _, alive = psutil.wait_procs(found, timeout=5)
    assert alive == []
