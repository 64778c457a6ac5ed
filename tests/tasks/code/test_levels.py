"""Levels: each wall's claim is tried on this host, and what is open is said."""

import logging
import os
import sys

import pytest

from minir1.tasks import Verdict
from minir1.tasks.code import Level, Limits, levels, strongest, verify_code
from minir1.tasks.code.levels import probe, works
from minir1.tasks.code.run import run

DOORS = {
    "read other people's files",
    "make files",
    "start processes",
    "signal other processes",
    "read other processes",
    "use the network",
    "take two gigabytes",
}
CLAIMS = {
    "user": {"start processes", "signal other processes", "read other processes"},
    "landlock": {"read other people's files", "make files", "read other processes"},
    "seccomp": {"start processes", "signal other processes", "use the network"},
    "namespaces": {"signal other processes", "use the network"},
    "bubblewrap": {
        *("make files", "signal other processes", "read other processes", "use the network"),
    },
}
GOLD = {"fn": "double", "hidden_tests": [[[2], 4], [[21], 42]]}
RIGHT = "def double(x): return 2 * x"


def inside(body: str, measures=("rlimits",), limits=None) -> list[bytes]:
    """What `f`, with this body, returns behind the measures: lines of JSON."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    program = f"import os, resource, sys\ndef f():\n{lines}\n"
    return list(run(program, "f", [[]], measures, limits or Limits(wall_s=5.0)).lines[1:-1])


@pytest.mark.parametrize("measure", CLAIMS)
def test_a_wall_closes_what_it_claims(measure):
    if measure not in levels.candidates():
        pytest.skip(f"this host has no {measure}")
    if not works(("rlimits", measure)):
        pytest.skip(f"this host does not allow {measure}")
    assert CLAIMS[measure].isdisjoint(probe(("rlimits", measure)).open)


def test_the_probe_sees_open_doors():
    opened = set(probe(("rlimits",)).open)
    assert {"read other people's files", "make files", "use the network"} <= opened <= DOORS


def test_together_the_walls_close_every_door():
    level = strongest()
    if not {"landlock", "seccomp"} <= set(level.measures):
        pytest.skip(f"this host has only {level}")
    assert level.open == ()
    assert str(level).endswith("nothing known is open")


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes no limit on memory")
def test_memory_is_limited():
    assert inside("return len(bytearray(2**30))") == []
    assert "take two gigabytes" not in probe(("rlimits",)).open


def test_the_order_of_a_set_is_the_same_in_every_run():
    orders = {inside("return list({'one', 'two', 'three', 'four', 'five'})")[0] for _ in range(4)}
    assert len(orders) == 1


def test_limits_are_in_force_and_can_not_be_raised():
    assert inside("return len(bytearray(2**20))") == [b"1048576"]
    kinds = "FSIZE NPROC CORE MEMLOCK"
    body = f"return [resource.getrlimit(getattr(resource, 'RLIMIT_' + k)) for k in {kinds.split()}]"
    assert inside(body) == [b"[[0, 0], [0, 0], [0, 0], [0, 0]]"]
    assert inside("return resource.getrlimit(resource.RLIMIT_CPU)") == [b"[6, 6]"]


def test_a_file_stays_empty(tmp_path):
    path = tmp_path / "x"
    assert inside(f"with open({str(path)!r}, 'w') as f: f.write('x')\nreturn 1") == []
    assert not path.exists() or path.stat().st_size == 0


def test_the_child_has_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("MINIR1_SECRET", "1")
    with open(__file__) as ours:
        os.set_inheritable(ours.fileno(), True)
        found = "[n for n in range(3, 32) if os.path.exists(f'/dev/fd/{n}')]"
        (descriptors,) = inside(f"return len({found})")
    assert int(descriptors) <= 3  # the pipe, and what `found` and the harness open themselves
    own = ["LC_CTYPE"]  # what Python sets by itself
    if sys.platform == "darwin":
        own += ["__CF_USER_TEXT_ENCODING", "__PYVENV_LAUNCHER__"]
    names = inside(f"return [k for k in os.environ if k not in {own}]")
    assert names == [b'["PYTHONHASHSEED"]']
    assert inside("return os.getsid(0) == os.getpid()") == [b"true"]
    assert inside("return [os.getcwd(), len(sys.argv)]") == [b'["/", 2]']
    assert inside("return [p for p in sys.path if 'packages' in p or 'minir1' in p]") == [b"[]"]


def test_the_world_of_a_program_has_one_process():
    if "namespaces" not in strongest().measures:
        pytest.skip("this host does not allow namespaces")
    assert inside("return [os.getpid(), os.getppid()]", strongest().measures) == [b"[1, 0]"]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root")
def test_root_runs_programs_as_nobody_with_no_way_back():
    body = "try:\n    os.setuid(0)\nexcept OSError:\n    return os.getresuid()\nreturn 0"
    assert inside(body, ("rlimits", "user")) == [b"[65534, 65534, 65534]"]
    late = "import xml.dom.minidom, ctypes.util, decimal\nreturn 1"  # the library is reachable
    assert inside(late, ("rlimits", "user")) == [b"1"]


def test_a_host_with_less_says_so_and_judges_the_same(monkeypatch, caplog):
    monkeypatch.setattr(levels, "candidates", lambda: [])  # as on macOS
    with caplog.at_level(logging.INFO, logger=levels.__name__):
        level = strongest.__wrapped__()
    assert level.measures == ("rlimits",) and level.open
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "rlimits; open: a program can read other people's files" in record.getMessage()
    assert verify_code(GOLD, RIGHT, level=level) is Verdict.CORRECT


def test_the_level_is_found_once_and_logged(caplog):
    assert strongest() is strongest()
    with caplog.at_level(logging.INFO, logger=levels.__name__):
        assert strongest.__wrapped__() == strongest()
    assert str(strongest()) in caplog.text


def test_a_wall_that_fails_is_no_wall(monkeypatch, tmp_path):
    (tmp_path / "__main__.py").write_text("raise SystemExit(1)")
    monkeypatch.setattr(sys.modules[run.__module__], "CHILD", tmp_path)
    assert not works(("rlimits",))
    with pytest.raises(RuntimeError, match="did not come up behind its walls"):
        verify_code(GOLD, RIGHT, level=Level(("rlimits",), ()))  # an error and no verdict


def test_a_child_that_is_killed_before_its_walls_stand_is_started_again(monkeypatch):
    """A host short of memory kills anyone, and that must not end a training run."""
    room, born = sys.modules[run.__module__], []
    start = room.start

    def killed_once(*given):
        born.append(start(*given))
        if len(born) == 1:
            born[0].kill()
        return born[-1]

    monkeypatch.setattr(room, "start", killed_once)
    assert verify_code(GOLD, RIGHT, level=Level(("rlimits",), ())) is Verdict.CORRECT
    assert len(born) == 2


def test_an_unknown_measure_is_an_error():
    with pytest.raises(ValueError, match=r"measures = \['moat'\] can't be used"):
        verify_code(GOLD, RIGHT, level=Level(("rlimits", "moat"), ()))
