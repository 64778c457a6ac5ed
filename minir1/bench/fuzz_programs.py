"""Programs for the fuzzer: program i of a seed is the same on every machine and in every run.

Four kinds, in turn: a function put together from statements of a small grammar, the same with
characters changed, a soup of Python's words, and random bytes. The statements hold what public
graders fell for (exits, closed files, patched builtins, endless loops, deep recursion, great
memory). None of them could harm a host even without walls.
"""

from __future__ import annotations

import keyword
import random

from minir1.bench.fuzz_texts import code_points, random_bytes, scrambled

GOLD = {"fn": "f", "hidden_tests": [[[3], 6], [[0], 0], [[-4], -8]]}

STATEMENTS = (
    *("y = x", "y = [x] * 3", "y = {x: x}", "y = str(x)", "x += 1", "del x", "assert x > 0"),
    *("import os", "import sys, json", "import ctypes", "from math import *", "global g; g = x"),
    *("print(x)", "print('6\\n0\\n-8')", "raise SystemExit(0)", "raise KeyboardInterrupt", "1 / 0"),
    *("import os; os._exit(0)", "import sys; sys.exit()", "import os; os.close(1)"),
    *("import sys; sys.stdout.write('[6]')", "import builtins; builtins.len = lambda v: 0"),
    *("import sys; sys.setrecursionlimit(10**9)", "f(x)", "y = 'a' * 10**9", "y = [0] * 10**9"),
    *("y = list(range(10**5))", "y = 10 ** 5000", "y = float('nan')", "y = {1, 2}", "y = x, x"),
    *("y = b'6'", "y = 1j", "y = object()", "y = '\\ud800'", "y = (i for i in range(3))", "pass"),
    *("import threading; threading.Thread(target=print).start()", "import socket; socket.socket()"),
    *("open('/dev/null', 'w')", "import os; os.fork()", "import json; json.dumps = None"),
)  # fmt: skip
BLOCKS = ("if x > 0:", "for x in [1, 2]:", "try:", "with open('/etc/passwd'):", "def g():")
ENDS = ("return 2 * x", "return x + x", "return y", "return x", "return", "yield x", "pass")
LOOPS = ("while True: pass", "import time; time.sleep(60)", "for _ in iter(int, 1): pass")
SIGNS = ("(", ")", "[", "]", ":", ",", "=", "+", "x", "f", "0", "'", "\n", "\n    ", "@", "*")


def program(seed: int, index: int) -> str:
    """Program `index` of a seed.

    >>> program(0, 5) == program(0, 5)
    True
    """
    rng = random.Random(f"program {seed} {index}")
    kinds = (function, function, changed, soup, noise)
    return kinds[index % len(kinds)](rng)


def function(rng: random.Random) -> str:
    """A function f with a few statements, right ones and strange ones."""
    body: list[str] = []
    for _ in range(rng.randint(0, 4)):
        if rng.random() < 0.2:
            body.append(f"{rng.choice(BLOCKS)}\n        {rng.choice(STATEMENTS)}")
        else:
            body.append(rng.choice(STATEMENTS))
    if rng.random() < 0.003:  # each of these costs its whole time
        body.append(rng.choice(LOOPS))
    body.append(rng.choice(ENDS))
    lines = "\n".join(f"    {statement}" for statement in body)
    head = rng.choice(("def f(x):", "def f(x):", "def f(*x):", "class f:", "async def f(x):"))
    return f"{head}\n{lines}\n"


def changed(rng: random.Random) -> str:
    """A function with a few of its characters changed."""
    return scrambled(rng, function(rng), 5, ("", "\n", " ", "(", "'", "\x00", "\\", "0", "\ud800"))


def soup(rng: random.Random) -> str:
    """Python's words and signs in any order."""
    words = (*keyword.kwlist, *SIGNS, *ENDS)
    return " ".join(rng.choices(words, k=rng.randint(1, 40)))


def noise(rng: random.Random) -> str:
    """No program at all."""
    return random_bytes(rng) if rng.random() < 0.5 else code_points(rng)
