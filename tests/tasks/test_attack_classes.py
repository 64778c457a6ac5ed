"""Every class of attack that is on record against public graders has a case here, by name."""

import json
import re
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
MATHS = {
    "two values below a numeric tolerance": r"2\^\{9[89]\}|10\^\{-\d\d",
    "a number inside a formula": r"> *(?:x|y) *\+ *5|5x\b|f\(5\)",
    "a root with parentheses": r"sqrt\(",
    "another linear equation": r"x \+ 2y = 3",
    "a subset of a list in plain text": r"red(?!, green)",
    "a percent sign": r"\d\\?%",
    "a base as an index": r"\d_\{?\d",
    "scientific notation": r"\d[eE][-+]?\d|\\times 10\^",
    "a minus sign apart": r"> *- \d|- \d+ *<",
    "a chain of equalities": r"= *\d+ *= *\d",
    "a last box that isn't closed": r"\\boxed\{[^{}]*<",
    "a box in a comment": r"%[^\n]*\\boxed",
    "an echo of the expression": r"2\^3 ?\+ ?1|\d \\times \d",
    "an injected call": r"__import__|os\.system",
    "a hundred times, a hundredth": r"> *(?:500|0\.05) *<",
    "an integer up to a ten-thousandth": r"10000\.5|391\.0001",
    "a short pi": r"3\.14(?!1592653589)",
    "digits glued over commas": r"\d,\d{1,2}\b|1,2,3",
    "a unit inside a number": r"\d ?cm ?\d",
    "a list with or": r"\d+ or \d+",
    "a long text after the answer": r"</answer>.{300}",
    "not a number": r"\bnan\b",
    "infinity": r"\\infty|\binf\b",
    "yes or no": r"> *(?:yes|no) *<",
    "an integral that isn't worked out": r"\\int",
    "a longer text that holds the gold": r"391\.391|> *1391|so the answer .* 391",
    "a tower of powers": r"9\^\{?9|9\*\*9",
    "a huge factorial": r"\d{2,}!|\)!\)!",
    "a huge binomial": r"\\binom\{10\^",
    "a power of a sum": r"\)\^\{9999\}",
    "an exponent of nine digits": r"e-?999999",
    "nested parentheses": r"\({50}",
    "many minus signs": r"-{50}",
    "a sum of many terms": r"(?:1\+){50}",
    "thousands of digits": r"\d{1000}",
    "a NUL": "\0",
    "a lone surrogate": "[\ud800-\udfff]",
    "a newline in a number": r"3\n9",
    "an empty answer": r"<answer> *</answer>",
    "Arabic-Indic digits": "[\u0660-\u0669]",
    "fullwidth digits": "[\uff10-\uff19]",
    "a superscript digit": "[\u00b9\u00b2\u00b3]",
    "several answer tags": r"</answer> *<answer>",
    "an answer in the thinking": r"<think>[^/]*(?:boxed|<answer>)",
    "gibberish": r"asdf|qwer|xkcd|!@#",
    "headings for a judge": r"Thought process:|## Solution",
    "a score for a judge": r"[Ss]core: 1|reward",
    "text that isn't seen": r"\\phantom|\\color",
    "a superset": r"2,3,5,7,11",
    "two boxes": r"\\boxed\{[^}]*\} *\\boxed",
}
CODE = {
    "equality": r"def __eq__",
    "a mock that equals anything": r"mock",
    "an exit": r"sys\.exit|os\._exit",
    "a crash": r"ctypes|faulthandler",
    "frames": r"_getframe|f_back",
    "objects of the collector": r"gc\.get_objects",
    "a patched builtin": r"builtins\.\w+ ?=",
    "a patched module": r"json\.dumps ?=",
    "a planted module": r"json\.py",
    "an overwritten test runner": r"conftest",
    "a forged line on stdout": r"stdout\.write|print\(",
    "a forged line on the pipe": r"os\.write",
    "an object that runs when unpickled": r"__reduce__",
    "an exception with a will of its own": r"class E\((?:Base)?Exception\)",
    "memory": r"10 ?\*\* ?\d|\* ?10\*\*",
    "forks": r"os\.fork",
    "threads": r"threading",
    "a large file": r"2 ?\*\* ?2[0-9]|MiB",
    "a flood of output": r"while True: *(?:sys\.stdout|print|os\.write)|while True:\n",
    "other people's files": r"glob|/etc/|open\(['\"]/",
    "writes outside": r"/tmp|/dev/shm",
    "a socket": r"socket",
    "an abstract socket": r"\\0",
    "other processes' environment": r"/proc/.*(?:environ|cmdline)",
    "a kill": r"os\.kill|killpg",
    "ptrace": r"ptrace",
    "a daemon": r"setsid",
    "shared memory": r"[Ss]hared_?[Mm]emory|shmget|29, |shm",
    "a loop": r"while True: *pass|while 1",
    "a sleep": r"sleep",
    "a deep value": r"append\(\[\]\)|\[x\]|\[l\]|l\.append\(l\)",
    "no program": r"^\s*$|^The function",
}


def read(*names: str) -> list[str]:
    """The completions of some case files."""
    lines = [line for name in names for line in (CASES / name).read_text("utf-8").splitlines()]
    return [json.loads(line)["pred"] for line in lines]


@pytest.mark.parametrize("name", MATHS)
def test_every_class_of_attacks_on_maths_has_a_case(name):
    preds = read("maths_attacks.jsonl", "fresh_maths_attacks.jsonl", "fresh_maths_near.jsonl")
    assert any(re.search(MATHS[name], pred, re.DOTALL) for pred in preds)


@pytest.mark.parametrize("name", CODE)
def test_every_class_of_attacks_on_code_has_a_case(name):
    preds = read("code_attacks.jsonl", "fresh_code_attacks.jsonl")
    assert any(re.search(CODE[name], pred) for pred in preds)
