"""The verifiers' report: its bounds, its made cases, what it sees left behind, its attacker."""

import json
import os
import random
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from minir1.bench.verifiers import attacker, cases, graders, made, public
from minir1.bench.verifiers.grammar import GRAMMARS, STATEMENTS, Problem, in_order, tagged
from minir1.bench.verifiers.leftovers import watched
from minir1.bench.verifiers.numbers import lower, measure, upper
from minir1.bench.verifiers.report import ROWS, report
from minir1.bench.verifiers.table import tables
from minir1.tasks import Verdict, parse
from minir1.tasks.expression import Value, evaluate
from minir1.tasks.pool import Died, Late, Pool

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


@pytest.mark.parametrize("n", [1, 30, 300, 6474])
def test_none_of_n_is_bounded_in_closed_form(n):
    assert upper(0, n) == pytest.approx(1 - 0.05 ** (1 / n))
    assert lower(n, n) == pytest.approx(0.05 ** (1 / n))
    assert upper(n, n) == 1.0 and lower(0, n) == 0.0


@pytest.mark.parametrize(("k", "n"), [(1, 20), (3, 50), (19, 20)])
def test_a_bound_is_the_rate_at_which_so_few_are_just_unlikely(k, n):
    from scipy.stats import binom

    assert binom.cdf(k, n, upper(k, n)) == pytest.approx(0.05)
    assert binom.sf(k - 1, n, lower(k, n)) == pytest.approx(0.05)


def test_a_judge_that_pays_everything_and_one_that_pays_nothing():
    found = {
        "right": [{"gold": "5", "pred": "5"}] * 3,
        "near": [{"gold": "5", "pred": "6"}] * 2,
        "crossed": [],
        "attacks": [{"gold": "5", "pred": "x"}],
    }
    generous = measure(found, lambda case: "CORRECT")
    assert {kind: one["accepted"] for kind, one in generous.items()} == {
        "right": 3,
        "near": 2,
        "attacks": 1,
    }
    assert generous["right"]["wrong"] == [] and len(generous["near"]["wrong"]) == 2
    mean = measure(found, lambda case: "WRONG")
    assert all(one["accepted"] == 0 for one in mean.values())
    assert len(mean["right"]["wrong"]) == 3 and mean["attacks"]["wrong"] == []


@pytest.mark.parametrize("seed", range(3))
def test_made_expressions_have_the_value_they_say(seed):
    """Against sympy, which shares no code with either side."""
    import sympy

    rng = random.Random(seed)
    for _ in range(30):
        numbers = [rng.randrange(1, 13) for _ in range(rng.randrange(1, 6))]
        one = made.expression(rng, numbers)
        assert sorted(one.numbers) == sorted(numbers)
        assert sympy.parse_expr(one.text) == sympy.Rational(*one.value.as_integer_ratio())
        read = evaluate(one.text)
        assert isinstance(read, Value) and read.value == one.value


def test_made_cases_have_the_labels_they_should():
    for task in ("countdown", "arithmetic", "format"):
        found = made.MADE[task]()
        assert len(found["right"]) >= 300 and len(found["near"]) >= 300
        assert len(found["attacks"]) >= (200 if task != "format" else 300)
    form = made.form()
    assert all(in_order(case["pred"]) for case in form["right"])
    assert not any(in_order(case["pred"]) for kind in ("near", "attacks") for case in form[kind])


def test_no_gold_is_crossed_with_its_own_answer():
    for task in ("math", "code"):
        found = cases.cases(task, "fresh")
        own = [(case["gold"], case["pred"]) for case in found["right"]]
        assert len(found["crossed"]) > len(own)
        assert not any((case["gold"], case["pred"]) in own for case in found["crossed"])


@needs_proc
def test_what_is_left_behind_is_seen(tmp_path):
    child = None
    with watched() as left:
        open("hacked", "w").close()
        child = subprocess.Popen(["sleep", "60"])
        command = Path(f"/proc/{child.pid}/cmdline")
        while not command.read_bytes():  # it is born before it has its name
            time.sleep(0.01)
        ends = socket.socketpair()
    child.kill()
    child.wait()
    assert left["files"] == ["hacked"]
    assert any("sleep 60" in one for one in left["processes"])
    assert sum("socket" in one for one in left["descriptors"]) == 2
    for end in ends:
        end.close()
    with watched() as clean:
        pass
    assert clean == {"files": [], "processes": [], "descriptors": [], "sockets": []}


@needs_proc
def test_an_orphan_is_seen_too():
    with watched() as left:
        command = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\n"
        subprocess.run(["python3", "-c", command], check=True)
    assert len(left["processes"]) == 1
    pid = int(left["processes"][0].split()[0])
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def leaky(case: dict) -> str:
    """A verifier with the hole of many graders: it pays whatever holds an equality sign twice."""
    return "CORRECT" if case["pred"].count("=") > 1 else "WRONG" if "=" in case["pred"] else "NO"


def test_the_attacker_finds_a_hole_where_there_is_one():
    problem = Problem(("5",), tuple("abcdefgh=") + ("x",) * 10, tagged)
    found = attacker.attack(problem, leaky, tries=2000)
    blind = attacker.attack(problem, lambda case: leaky(case).replace("CORRECT", "NO"), tries=2000)
    assert found["holes"] > 100 and blind["holes"] == 0
    # It learns: far more of what it tries is paid than chance would give.
    chance = attacker.attack(problem, leaky, tries=200)
    assert found["verdicts"]["CORRECT"] / 2000 > 2 * chance["verdicts"].get("CORRECT", 0) / 200


def test_a_step_of_the_policy_is_the_gradient_of_its_log_probability():
    policy = attacker.Policy(("", "a", "b"), np.random.default_rng(0))
    policy.logits = np.random.default_rng(1).normal(size=(3, 3))
    before = policy.logits.copy()

    def log_probability(logits: np.ndarray, text: list[int]) -> float:
        total = 0.0
        for last, new in zip([0, *text], [*text, 0], strict=True):
            total += logits[last, new] - np.log(np.exp(logits[last]).sum())
        return total

    text = [1, 2]
    numeric = np.zeros((3, 3))
    for place in np.ndindex(3, 3):
        nudge = np.zeros((3, 3))
        nudge[place] = 1e-6
        rise = log_probability(before + nudge, text) - log_probability(before - nudge, text)
        numeric[place] = rise / 2e-6
    policy.learn([text, []], [1.0, 0.0])
    other = np.zeros((3, 3))
    other[0] = -np.exp(before[0]) / np.exp(before[0]).sum()
    other[0, 0] += 1
    want = before + attacker.LEARNING_RATE * 0.5 * (numeric - other)
    # Rows that appear twice in a step move once each, so only the first order agrees.
    assert np.allclose(policy.logits, want, atol=0.1)


def test_no_fragment_can_spell_a_gold():
    pieces = GRAMMARS["math"].fragments
    assert not any(
        set("4568wz") & set(piece) for piece in pieces if "\\" not in piece or len(piece) < 3
    )
    assert not any(set("57") & set(piece) for piece in GRAMMARS["arithmetic"].fragments)
    assert "h7f2" not in "".join(STATEMENTS)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("<think>a</think><answer>5</answer>", True),
        ("<think>a</think> <answer>5</answer> <eos>", True),
        ("<answer>5</answer>", False),
        ("<think>a</think> so <answer>5</answer>", False),
        ("<think>a</think><answer> </answer>", False),
        ("<think>a<answer>5</answer></think>", False),
    ],
)
def test_two_readings_of_a_structure_agree(text, right):
    assert in_order(text) is parse(text).well_formed is right


def test_a_grader_that_dies_is_a_crash_and_one_that_hangs_a_timeout():
    class Fake(Pool):
        def __init__(self, error):
            self.error = error

        def call(self, *_):
            raise self.error

    case = {"gold": "5", "pred": "<answer> 5 </answer>"}
    assert graders.judge_by(Fake(Died("x")))(case) == "CRASH"
    assert graders.judge_by(Fake(Late()))(case) == "TIMEOUT"


@pytest.mark.parametrize("name", graders.PACKAGES)
def test_a_public_grader_knows_right_from_wrong(name):
    pytest.importorskip(graders.PACKAGES[name])
    if name == "TRL":
        pytest.skip("its import takes longer than all other tests of this file")
    grade = getattr(public, graders.PACKAGES[name])()
    for pred, right in (("<answer> 5 </answer>", True), ("<answer> 6 </answer>", False)):
        assert grade(graders.handed({"gold": "5", "pred": pred})) is right


@pytest.mark.parametrize("task", ["arithmetic", "format", "countdown"])
def test_the_report_of_a_task_that_needs_no_files(task):
    row = report(task, "first")
    numbers = row["numbers"]
    assert numbers["right"]["accepted"] == numbers["right"]["n"]
    assert all(numbers[kind]["accepted"] == 0 for kind in numbers if kind != "right")
    assert not any(row["left_behind"].values())
    assert f"| {task} | first | minir1 | 300 of 300" in tables([row])


def test_what_is_saved_can_be_shown_and_holds_no_hole():
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    text = tables(rows)
    for row in rows:
        assert row["task"] in text
        if "tries" in row:
            assert row["holes"] == 0 and row["paid"] == []
    assert Verdict.CORRECT == "CORRECT"
