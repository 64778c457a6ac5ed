"""The process that runs one answer: limits first, then the answer's text, then its cases.

    load -> one record a case: its value, its gradients, or how it crashed

It is a fork of the nursery, so torch is there already. Whatever the answer does to this process
(patch torch, print, exit) stays in it: the parent knows the expected values, and reads what comes
back as plain data. Each record is written as soon as it is there, so an answer that hangs in its
third case has its first two judged.
"""

from __future__ import annotations

import importlib
import linecache
import os
import pickle
import resource
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import ModuleType, TracebackType
from typing import Any

from minir1.lab.grader.call import call
from minir1.lab.grader.exercise import Case, Given
from minir1.lab.grader.interpreter import forgive_less
from minir1.lab.grader.launches import Launches
from minir1.lab.grader.plain import pack

ANSWER, GIVEN = "<answer>", "<given>"
"""Where a learner's text and one of ours say that they stand."""
BROKEN = 70
"""The exit status that says: the harness failed, not the answer."""


class Borrowed(NotImplementedError):
    """The answer called the package's own function, which it is to replace."""


class Told:
    """Runs a block and tells how it ended. An answer may raise anything at all, so this takes
    anything: the error is data here, and goes to the learner word by word."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], file: str) -> None:
        self.tell, self.file = tell, file

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType
    ) -> bool:
        if kind is not None:
            self.tell({"error": describe(kind, error, trace, self.file)})
        return True


def describe(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, file: str
) -> dict[str, Any]:
    """An error as plain data, with the last line of the answer that led to it."""
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename == file]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    message = str(error) or (frames[-1].line if frames else "")  # a bare assert says its line
    return {"type": kind.__name__, "message": (message or "")[:500], "line": line}


def serve(request: bytes, pipe: int) -> None:
    """Run one request to its end. The nursery forked this process; it never returns.

    A learner's answer comes alone; the wrong solutions that it is compared with come together.
    """
    job = pickle.loads(request)  # from the parent, which we trust; nothing goes back this way

    def tell(record: dict[str, Any]) -> None:
        data = pack(record)
        write(pipe, len(data).to_bytes(8, "big") + data)

    set_limits(job["cpu_s"], job["memory_bytes"])
    launches = Launches() if "triton" in job.get("packages", ()) else None
    if launches is not None:
        forgive_less()
        launches.watch()
    for text in job["texts"]:
        function: list[Callable[..., Any]] = []
        with Told(tell, ANSWER):
            function.append(load(text, job["name"], job["home"]))
            tell({"ready": True})
        for case in job["cases"] if function else ():
            with Told(tell, ANSWER):
                tell({"answer": call(function[0], ready(case), launches)})
        tell({"done": True})
    os._exit(0)


def load(text: str, name: str, home: str) -> Callable[..., Any]:
    """Run the answer's own lines as a module and find the function in it.

    The package's function is taken away first: an answer that calls it has found nothing out.
    """
    if home:
        place, attribute = owner(home)

        def borrowed(*_: Any, **__: Any) -> None:
            raise Borrowed(f"{attribute} of the package is what you are to write")

        setattr(place, attribute, borrowed)
    return run(text, name, ANSWER)


def run(text: str, name: str, file: str) -> Callable[..., Any]:
    """The function that a text defines."""
    # A kernel's decorator reads its own source.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType(file.strip("<>"))
    sys.modules[module.__name__] = module  # where dataclasses look up their home
    exec(compile(text, file, "exec"), module.__dict__)
    return getattr(module, name)


def owner(home: str) -> tuple[Any, str]:
    """The module or class that holds a function, "minir1.x:Class.f", and the function's name."""
    module, _, path = home.partition(":")
    place: Any = importlib.import_module(module)
    *outer, attribute = path.split(".")
    for step in outer:
        place = getattr(place, step)
    return place, attribute


def ready(case: Case) -> Case:
    """The case with its given texts turned into functions."""
    args = tuple(run(a.text, a.name, GIVEN) if isinstance(a, Given) else a for a in case.args)
    return replace(case, args=args)


def set_limits(cpu_s: float, memory_bytes: int) -> None:
    """Processor time and memory on top of what the nursery has used; small files; no core dump."""
    used = mapped_bytes()
    whole = int(cpu_s) + 1
    limits = [
        (resource.RLIMIT_CPU, whole, whole + 1),
        (resource.RLIMIT_FSIZE, 2**20, 2**20),
        (resource.RLIMIT_CORE, 0, 0),
    ]
    if used:  # macOS has no limit on address space
        limits.append((resource.RLIMIT_AS, used + memory_bytes, used + memory_bytes))
    for what, soft, hard in limits:
        top = resource.getrlimit(what)[1]
        if top != resource.RLIM_INFINITY:
            soft, hard = min(soft, top), min(hard, top)
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))


def mapped_bytes() -> int:
    """The address space that this process has; 0 where the system doesn't say."""
    if not os.path.exists("/proc/self/statm"):
        return 0
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def write(pipe: int, data: bytes) -> None:
    """All of the data, however little the pipe takes at a time."""
    left = memoryview(data)
    while left:
        left = left[os.write(pipe, left) :]
