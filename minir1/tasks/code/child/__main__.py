"""The harness: put up the walls, then run a program that nobody has read.

    stdin (request)  ->  walls  ->  compile  ->  fn(*arguments) for each input  ->  pipe

The order is the point. The request is read and the walls stand before the first character of
the program is looked at. What goes back are lines of JSON:

    "walls"    the measures are in force (if this one is missing, the host is at fault)
    "ready"    the program was compiled and run, and the function exists
    23         one value for each input, in order

The program shares this process, so it can do anything to it: patch `json`, walk the frames,
write to the pipe, exit. It is welcome to. There is nothing here to steal, for the expected
values stayed at home; and a forged line pays only where it holds the right value.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from types import ModuleType

SET_PARENT_DEATH_SIGNAL = 1


def main() -> None:
    """Serve one request, then exit without a word to any handler of the program's."""
    pipe = int(sys.argv[1])
    request = json.load(sys.stdin.buffer)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    put_up_walls(request["measures"], request["memory_bytes"], request["cpu_s"], pipe)
    send(pipe, "walls")
    function = load(request["program"], request["fn"])
    send(pipe, "ready")
    for arguments in request["inputs"]:
        send(pipe, plain(function(*arguments)))
    os._exit(0)


def put_up_walls(measures: list[str], memory_bytes: int, cpu_s: int, pipe: int) -> None:
    """Enter each measure asked for; one that can't be entered ends the process.

    The order matters. Namespaces need a fork, which the limits forbid. Landlock opens the
    library, which another user perhaps can't. The filter forbids what the others use.
    """
    # All at once: behind the first wall this folder can't be read any more.
    import landlock
    import namespaces
    import seccomp
    import user

    sys.path.pop(0)  # this folder: a program has no business with the harness
    if "namespaces" in measures:
        namespaces.enter(pipe)
    if "landlock" in measures:
        landlock.enter()
    if "user" in measures:
        user.become_nobody()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    set_limits(memory_bytes, cpu_s)
    if "seccomp" in measures:
        seccomp.enter()


def set_limits(memory_bytes: int, cpu_s: int) -> None:
    """The limits that every Unix has. Soft equals hard: nothing can be raised again."""
    limits = {
        "RLIMIT_AS": memory_bytes,
        "RLIMIT_CPU": cpu_s,  # misses sleep, so the parent holds a wall clock too
        "RLIMIT_FSIZE": 0,  # a file may be made, but it stays empty
        "RLIMIT_NPROC": 0,  # no process and no thread but this one; doesn't bind root
        "RLIMIT_NOFILE": 32,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
    }
    for name, most in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if sys.platform == "darwin" and name == "RLIMIT_AS":
            continue  # macOS takes no value below what is mapped already
        resource.setrlimit(kind, (value, value))


def load(program: str, fn: str) -> Callable[..., object]:
    """Run the program's own lines as a module, and find the function in it."""
    module = ModuleType("program")  # so `if __name__ == "__main__"` stays asleep
    sys.modules["program"] = module  # where dataclasses and enums look up their home
    exec(compile(program, "<program>", "exec"), module.__dict__)
    function = getattr(module, fn)
    if not callable(function):
        sys.exit()
    return function


def plain(value: object) -> object:
    """The value itself, if JSON can hold it without bending it: keys must be texts."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("JSON would turn the keys into texts")
        for one in value.values():
            plain(one)
    elif isinstance(value, list | tuple):
        for one in value:
            plain(one)
    return value


def send(pipe: int, value: object) -> None:
    """One line of strict JSON; NaN and objects raise, and the process ends there."""
    line = memoryview(json.dumps(value, allow_nan=False).encode() + b"\n")
    while line:
        line = line[os.write(pipe, line) :]


if __name__ == "__main__":
    main()
