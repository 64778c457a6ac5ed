"""Code: judge a program by what its function returns on hidden tests.

    gold   {"fn": "double", "hidden_tests": [[[2], 4], [[21], 42]]}
    pred   def double(x): return 2 * x                                    ->  CORRECT

Public graders put the test and the program into one process, and then ask that process who
won. Programs answer "I did": an object equal to everything, a patched compare, a walk up the
frames to the expected value, an exit with status 0, a forged line on stdout. So here the
expected values never leave the parent. The child gets the inputs alone and sends plain JSON;
the parent compares. A program can still lie, but it can't know what to say.

The walls around the child (`levels`) keep it from harming the host, and from looking for the
golds on the disk. They are the second line: the verdict doesn't rest on them.

The pred is the program's text and nothing else: no tags, no fence of backquotes. A tuple is
what JSON makes of it, a list; a set, a NaN or a key that is no text has no JSON and is WRONG.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from minir1.tasks.base import Verdict
from minir1.tasks.code.levels import Level, strongest
from minir1.tasks.code.run import Limits, Outcome, run
from minir1.tasks.code.values import decode, same
from minir1.tasks.gold import require_gold

MAX_GOLD_CHARS = 500_000
MAX_TOLERANCE = 1e-3


def verify_code(
    gold: Any, program: str, limits: Limits | None = None, level: Level | None = None
) -> Verdict:
    """Judge a program's text against `gold`; the level is the strongest one unless given.

    >>> gold = {"fn": "double", "hidden_tests": [[[2], 4], [[21], 42]]}
    >>> verify_code(gold, "def double(x): return 2 * x")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify_code(gold, "def double(x): return x ** 2")
    <Verdict.WRONG: 'WRONG'>
    """
    require_code_gold(gold)
    limits = limits or Limits()
    if not program.strip():
        return Verdict.NO_ANSWER
    if len(program) > limits.program_chars:
        return Verdict.TOO_LARGE
    inputs = [arguments for arguments, _ in gold["hidden_tests"]]
    expected = [value for _, value in gold["hidden_tests"]]
    measures = (level or strongest()).measures
    outcome = run(program, gold["fn"], inputs, measures, limits)
    return judge(expected, outcome, gold.get("tolerance", 0.0))


def judge(expected: list[Any], outcome: Outcome, tolerance: float = 0.0) -> Verdict:
    """Compare what came back with what was expected: one line for each, no more, no less.

    >>> judge([4], Outcome((b'"ready"', b"4", b"")))
    <Verdict.CORRECT: 'CORRECT'>
    """
    if outcome.timed_out:
        return Verdict.TIMEOUT
    if outcome.too_large:
        return Verdict.TOO_LARGE
    ready, *lines = outcome.lines
    if ready != b'"ready"':
        return Verdict.MALFORMED
    if len(lines) != len(expected) + 1 or lines.pop() != b"":
        return Verdict.WRONG
    try:
        values = [decode(line) for line in lines]
    except ValueError:
        return Verdict.WRONG
    return Verdict.CORRECT if same(expected, values, tolerance) else Verdict.WRONG


def require_code_gold(gold: Any) -> None:
    """Raise for a gold that can't judge: an empty list of tests would pay for everything."""
    cure = 'give {"fn": name, "hidden_tests": [[arguments, expected], ...]}'
    require_gold(isinstance(gold, Mapping) and "fn" in gold, "gold", gold, cure)
    unknown = set(gold) - {"fn", "hidden_tests", "tolerance"}
    require_gold(not unknown, "gold", sorted(map(str, unknown)), f"leave it out; {cure}")
    fn: Any = gold["fn"]
    tests: Any = gold.get("hidden_tests")
    named = isinstance(fn, str) and fn.isidentifier() and not iskeyword(fn)
    require_gold(named, "gold.fn", fn, "give a name that a function can have")
    require_gold(isinstance(tests, list) and bool(tests), "gold.hidden_tests", tests, cure)
    for test in tests:
        paired = isinstance(test, list) and len(test) == 2 and isinstance(test[0], list)
        require_gold(paired, "gold.hidden_tests", test, cure)
    require_gold(_is_plain(tests), "gold.hidden_tests", tests, "give plain, strict JSON")
    tolerance = gold.get("tolerance", 0.0)
    in_range = type(tolerance) in (int, float) and 0 <= tolerance <= MAX_TOLERANCE
    require_gold(in_range, "gold.tolerance", tolerance, f"give 0 to {MAX_TOLERANCE}")


def _is_plain(tests: list[Any]) -> bool:
    """Whether the tests survive the way through JSON unchanged, and are short enough."""
    try:
        text = json.dumps(tests, allow_nan=False)
        return len(text) <= MAX_GOLD_CHARS and same(tests, decode(text.encode()))
    except (TypeError, ValueError, RecursionError):
        return False
