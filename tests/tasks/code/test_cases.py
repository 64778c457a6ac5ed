"""The case files: honest programs pay, near misses and attacks don't, and nothing is left."""

import json
import os
import socket
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from minir1.tasks import Verdict
from minir1.tasks.code import Level, Limits, strongest, verify_code

CASES = Path(__file__).parents[1] / "cases"
RIGHT, WRONG, ATTACKS = (
    [json.loads(line) for line in (CASES / f"code_{kind}.jsonl").read_text().splitlines()]
    for kind in ("right", "wrong", "attacks")
)
# Classes that aim at the verdict and not at the host: safe to run behind the weakest walls too.
ON_THE_VERDICT = {"equality", "frames", "exit", "patch", "forgery", "degenerate"}
KINDS = ON_THE_VERDICT | {
    *("huge", "flood", "hang", "memory", "bomb", "daemon", "files", "proc", "network", "pickle"),
    "escape",
}
SECONDS = 2.0
PLANTED = [Path(folder, "json.py") for folder in ("/", "/tmp", "/dev/shm")]


def judge_all(cases: list[dict], **options) -> dict[str, tuple[Verdict, float]]:
    """Each case's verdict and seconds; two at a time, from threads, as a trainer would."""

    def judge(case: dict) -> tuple[Verdict, float]:
        started = time.monotonic()
        verdict = verify_code(case["gold"], case["pred"], **options)
        return verdict, time.monotonic() - started

    with ThreadPoolExecutor(2) as threads:
        return dict(zip((case["name"] for case in cases), threads.map(judge, cases), strict=True))


def leftovers() -> dict[str, object]:
    """What a run could leave on this host, as far as one can look."""
    children = psutil.Process().children(recursive=True)
    harness = str(Path("minir1", "tasks", "code", "child"))
    orphans = [p for p in psutil.process_iter(["ppid", "cmdline"]) if p.info["ppid"] == 1]
    return {
        "children": [child.pid for child in children],
        "orphans": [p.pid for p in orphans if harness in " ".join(p.info["cmdline"] or [])],
        "descriptors": len(os.listdir("/proc/self/fd")),
        "sockets": "minir1-code-attack" in Path("/proc/net/unix").read_text(),
        "shared memory": str(0x6D696E69) in Path("/proc/sysvipc/shm").read_text(),
        "files": sorted(path.name for path in Path("/tmp").glob("minir1-code-attack*")),
        "modules": [path for path in PLANTED if path.exists()],
    }


@pytest.fixture
def bait():
    """A folder anyone may write in, with a gold in it, and a port that hears who calls."""
    folder = Path(tempfile.mkdtemp(prefix="bait-", dir="/tmp"))
    folder.chmod(0o777)
    (folder / "keep").write_text(json.dumps(ATTACKS[0]["gold"]))
    (folder / "keep").chmod(0o666)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield folder, server
    (folder / "keep").unlink()
    folder.rmdir()


def test_there_are_enough_cases_of_every_class():
    assert len(RIGHT) >= 40 and len(WRONG) >= 40 and len(ATTACKS) >= 80
    assert Counter(case["class"] for case in ATTACKS).keys() == KINDS
    names = [case["name"] for case in RIGHT + WRONG + ATTACKS]
    assert len(set(names)) == len(names)


def test_honest_programs_are_correct():
    judged = judge_all(RIGHT)
    assert {name: v for name, (v, _) in judged.items() if v is not Verdict.CORRECT} == {}


def test_near_misses_are_not():
    judged = judge_all(WRONG)
    assert {name: v for name, (v, _) in judged.items() if v is Verdict.CORRECT} == {}
    assert {v for v, _ in judged.values()} <= {Verdict.WRONG, Verdict.MALFORMED}


@pytest.mark.skipif(not Path("/proc/net/unix").exists(), reason="looks for leftovers in /proc")
def test_attacks_earn_nothing_take_no_time_and_leave_nothing(bait):
    if strongest().open:
        pytest.skip(f"this host leaves doors open: {strongest()}")
    folder, server = bait
    before = leftovers()
    words = {
        "MARKERPORT": str(server.getsockname()[1]),
        "MARKERPID": str(os.getpid()),
        "MARKER": str(folder),
    }
    cases = [dict(case) for case in ATTACKS]
    for case in cases:
        for word, value in words.items():
            case["pred"] = case["pred"].replace(word, value)
    judged = judge_all(cases, limits=Limits(wall_s=0.6))
    assert {name: v for name, (v, _) in judged.items() if v is Verdict.CORRECT} == {}
    slow = [case for case in cases if judged[case["name"]][1] > SECONDS]
    again = judge_all(slow, limits=Limits(wall_s=0.6))  # a busy host isn't the attack's doing
    assert {name: s for name, (_, s) in again.items() if s > SECONDS} == {}
    assert leftovers() == before
    assert [path.name for path in folder.iterdir()] == ["keep"]
    assert json.loads((folder / "keep").read_text()) == ATTACKS[0]["gold"]
    assert (folder / "keep").stat().st_mode & 0o777 == 0o666
    with pytest.raises(BlockingIOError):  # nobody called
        server.accept()


def test_the_verdict_does_not_rest_on_the_walls():
    weakest = Level(("rlimits",), ("much",))
    cases = [case for case in ATTACKS if case["class"] in ON_THE_VERDICT]
    cases = [case for case in cases if "MARKER" not in case["pred"]]
    judged = judge_all(cases, level=weakest, limits=Limits(wall_s=0.6))
    assert len(cases) >= 60
    assert {name: v for name, (v, _) in judged.items() if v is Verdict.CORRECT} == {}
