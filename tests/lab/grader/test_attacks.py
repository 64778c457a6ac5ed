"""What an answer may do to its process, and what the grader says of it. It always survives."""

import sys
import time

import pytest

from minir1.lab.course import solution_of
from minir1.lab.exercises import get
from minir1.lab.grader.outcome import Status

HEAD = 'def group_advantages(rewards, kind="grpo"):\n    '

ATTACKS = {
    "import os; os._exit(0)": Status.EXITED,
    "import sys; sys.exit()": Status.EXITED,
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": Status.EXITED,
    "import os, signal; os.kill(os.getppid(), signal.SIGKILL)": Status.EXITED,
    "import torch; return torch.empty(10_000_000_000)": Status.TOO_MUCH_MEMORY,
    "return [0] * 10_000_000_000": Status.TOO_MUCH_MEMORY,
    "import torch; return torch.zeros(5_000_000)": Status.WRONG_TYPE,
    "return ['x' * 100] * 100_000": Status.TOO_MUCH_OUTPUT,
    "return group_advantages(rewards, kind)": Status.CRASHED,
    "return rewards.no_such_thing": Status.CRASHED,
    "print('x' * 10**7); return rewards": Status.WRONG_VALUE,
    "import torch; torch.allclose = torch.equal = lambda *a, **k: True; return rewards":
        Status.WRONG_VALUE,
    "import pickle, json; pickle.dumps = json.dumps = lambda *a, **k: '{}'; return rewards":
        Status.EXITED,
    "import os; os.closerange(3, 99); return rewards": Status.EXITED,
    "import os; os.write(max(int(f) for f in os.listdir('/proc/self/fd')) - 1, b'x' * 99)":
        Status.CRASHED,
    "from minir1.rl.advantage import group_advantages as g; return g(rewards, kind)":
        Status.BORROWED,
    "import minir1.rl.advantage as m; return m.group_advantages(rewards, kind)": Status.BORROWED,
    "return None": Status.WRONG_TYPE,
    "return rewards[0]": Status.WRONG_SHAPE,
    "return rewards.long()": Status.WRONG_TYPE,
    "return object()": Status.WRONG_TYPE,
    "return lambda: 0": Status.WRONG_TYPE,
    "x = []; x.append(x); return x": Status.WRONG_TYPE,
    "return 10 ** 10_000": Status.CRASHED,
    "return float('nan')": Status.WRONG_TYPE,
    "import torch; return torch.empty(3, device='meta')": Status.WRONG_TYPE,
    "raise KeyboardInterrupt": Status.CRASHED,
    "raise NotImplementedError": Status.NOT_DONE,
}  # fmt: skip


@pytest.mark.parametrize("body", ATTACKS)
def test_the_grader_survives_and_says_what_happened(body, graded):
    if sys.platform == "darwin" and ATTACKS[body] is Status.TOO_MUCH_MEMORY:
        pytest.skip("macOS takes no limit on memory")
    outcome = graded("group_advantages", HEAD + body)
    assert (outcome.points, outcome.status) == (0, ATTACKS[body])
    assert outcome.max_points == 5


@pytest.mark.slow
@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(999)"])
def test_an_endless_answer_is_stopped_with_all_that_it_started(body, graded):
    marker = f"sleep {900 + len(body)}"
    started = time.monotonic()
    start = f"import subprocess; subprocess.Popen(['sleep', '{900 + len(body)}']); "
    outcome = graded("group_advantages", HEAD + start + "\n    " + body)
    assert outcome.status is Status.TOO_SLOW and outcome.points == 0
    assert time.monotonic() - started < 60
    import psutil

    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    assert marker not in commands


def test_a_loop_at_the_top_of_the_cell_is_stopped_too(worker):
    """With a short limit, so that the test is short."""
    from dataclasses import replace

    from minir1.lab.grader.answer import judge
    from minir1.lab.grader.grade import grade

    quick = replace(get("group_advantages"), cpu_s=0.2)
    outcome = grade(quick, judge("while True: pass\n" + HEAD + "return 1", quick.id), worker)
    assert outcome.status is Status.TOO_SLOW and outcome.points == 0


def test_after_every_attack_a_right_answer_still_has_all_points(graded):
    for body in (
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "import os; os.abort()",
    ):
        graded("group_advantages", HEAD + body)
        assert graded("group_advantages", solution_of(get("group_advantages"))).points == 5


def test_an_answer_leaves_nothing_for_the_next_one(graded):
    spoil = "import torch; torch.stack = None; torch.Tensor.mean = None; return rewards"
    assert graded("group_advantages", HEAD + spoil).points == 0
    assert graded("group_advantages", solution_of(get("group_advantages"))).points == 5


def test_a_crash_names_the_line_of_the_cell(graded):
    outcome = graded("group_advantages", "import torch\n\n" + HEAD + "x = 1\n    return x.y")
    assert outcome.parts[0].error["line"] == 5
    assert outcome.parts[0].error["type"] == "AttributeError"


def test_a_slow_third_case_costs_only_its_part(graded):
    text = solution_of(get("group_advantages")).replace(
        "    rows = []", '    rows = []\n    if kind == "rloo":\n        import os; os._exit(1)'
    )
    outcome = graded("group_advantages", text)
    states = [part.status for part in outcome.parts]
    assert states[:2] == [Status.RIGHT] * 2 and set(states[2:]) == {Status.EXITED}
    assert outcome.points == 3
