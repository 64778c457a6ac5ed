"""What a compiled step needs of this machine.

`torch.compile` writes programs, and somebody must build them: a C++ compiler, with the headers of
this Python. They are looked for before anything is compiled, so that what is missing is one line.

In the prompt's journey: before the first step of a compiled sampler (rl/compiled.py).
"""

import os
import shutil
import sys
import sysconfig


def require_tools(compile: bool) -> None:
    """Raise a ValueError, one line, if a step is to be compiled and can't be."""
    missing = missing_tool() if compile else ""
    if missing:
        raise ValueError(f"rollout.compile = True can't be used: {missing}; or use False")


def missing_tool() -> str:
    """What this machine lacks, with the cure; an empty string if nothing.

    CXX names another compiler, as for every C++ program.
    """
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(compiler) is None:
        return f"there is no C++ compiler {compiler}: install one (apt install g++), name it in CXX"
    header = os.path.join(sysconfig.get_path("include"), "Python.h")
    if not os.path.exists(header):
        return f"{header} is not there: install Python's headers (apt install python3-dev)"
    return ""
