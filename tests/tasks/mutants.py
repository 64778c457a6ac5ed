"""Bugs sown into the verifiers: each must turn a test red. `python tests/tasks/mutants.py [NAME]`.

A mutant is one small change to the text of one file, made in a copy of the package in a folder
of its own. The tests that guard that file run there and stop at the first failure. A mutant
that survives is a hole in the tests: it is printed, and the exit status is 1.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
T = "tests/tasks/"
MATHS = (
    T + "test_maths.py::test_verdicts",
    T + "test_maths.py::test_the_laws_of_roots_and_of_i",
    T + "test_maths.py::test_a_percent_sign_counts_as_a_unit_only_where_the_question_asks_for_one",
    T + "test_maths.py::test_a_question_shows_its_echoes",
    T + "test_maths.py::test_each_case_by_itself",
)
COMPLETION = (T + "test_completion.py",)
COUNTDOWN = (
    T + "test_countdown.py::test_a_value_near_the_target_is_not_the_target",
    T + "test_countdown.py::test_attacks_on_the_answer",
    T + "test_countdown.py::test_the_dials_of_the_training_task_are_enforced",
    T + "test_expression.py::test_values",
    T + "test_expression.py::test_malformed_texts",
)
ARITHMETIC = (T + "test_arithmetic.py::test_answers",)
CODE = (
    T + "code/test_values.py",
    T + "code/test_verify.py::test_one_line_an_input_no_more_no_less",
    T + "code/test_verify.py::test_a_gold_that_can_not_judge_is_an_error",
    T + "code/test_verify.py::test_verdicts",
)
POOL = (
    T + "test_pool.py::test_what_a_handler_prints_is_no_reply",
    T + "test_pool.py::test_requests_may_share_their_time",
    T + "test_pool.py::test_a_late_worker_is_gone",
    T + "test_pool.py::test_a_worker_killed_while_it_waits_loses_no_request",
    T + "test_pool.py::test_a_worker_that_dies_at_a_request_is_followed_by_another",
    T + "test_pool.py::test_a_worker_that_dies_before_it_is_asked_costs_a_request_nothing",
    T + "test_pool.py::test_what_a_dead_worker_means_for_an_answer",
    T + "test_pool.py::test_a_bad_request_costs_its_own_time_and_no_more",
    T + "test_pool.py::test_a_death_is_told_from_a_delay_and_logged_with_its_last_words",
)
"""Of each verifier's tests those that are quick, so that a mutant takes seconds."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """Put `new` for `old`, which stands in the file once."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _mutants(folder: str, tests: tuple[str, ...], *changes: tuple[str, str, str, str]) -> list:
    return [
        Mutant(name, f"minir1/tasks/{folder}{file}.py", old, new, tests)
        for name, file, old, new in changes
    ]


MUTANTS: list[Mutant] = [
    *_mutants(
        "", COMPLETION,
        ("text after the answer", "completion", "if outside[-1]:", "if False:"),
        ("the last answer of several", "completion", "if names not in (_ANSWER, _THINK + _ANSWER):",
         "if names[-2:] != _ANSWER:"),
        ("an answer of any length", "completion", "if len(answer) > max_answer:", "if False:"),
        ("an empty answer", "completion", "if not answer:", "if answer is None:"),
        ("well formed without thinking", "completion",
         'return Parsed(think, answer, False, "no think part")',
         'return Parsed(think, answer, True, "")'),
    ),
    *_mutants(
        "", COUNTDOWN,
        ("a subset of the numbers", "countdown", "list(result.numbers) == sorted(numbers)",
         "set(result.numbers) <= set(numbers)"),
        ("any operator", "countdown", "result.ops <= set(ops)", "bool(ops)"),
        ("any range", "countdown", "stays_in_range(result, max_value)", "bool(max_value + 1)"),
        ("nearly the target", "countdown", "result.value == target", "int(result.value) == target"),
        ("floor division", "expression", "return Fraction(a) / b", "return Fraction(a // b)"),
        ("a power is a product", "expression", "    ast.Div: \"/\",\n",
         "    ast.Div: \"/\",\n    ast.Pow: \"*\",\n"),
        ("a negative step in range", "expression", "0 <= v <= max_value", "v <= max_value"),
    ),
    *_mutants(
        "", ARITHMETIC,
        ("any way to write an integer", "arithmetic", '"0|-?[1-9][0-9]*"', '"-?[0-9]+"'),
        ("an echo of the question", "arithmetic", "int(parsed.answer) == gold",
         "str(gold) in parsed.answer"),
    ),
    *_mutants(
        "maths/", MATHS,
        ("a percent sign never counts", "verify", "if question and _PERCENT.search(question):",
         "if True:"),
        ("any unit", "verify", "if gold.unit and answer.unit and gold.unit != answer.unit:",
         "if False:"),
        ("unfinished work", "verify",
         "if not is_finished(shaped(a)[1], shaped(b)[1], question):", "if False:"),
        ("an echo of the question in maths", "echo",
         "if any(_key(node) == key for node in walk(tree)):", "if False:"),
        ("several boxes", "extract", "if len(set(found)) > 1:", "if False:"),
        ("a box in a comment", "extract", r'if re.search(r"(?<!\\)%", line):', "if False:"),
        ("a superset", "equal", "if len(a) != len(b):\n            return False\n        if",
         "if len(a) > len(b):\n            return False\n        if"),
        ("a tuple in any order", "equal", 'if a.op in ("set", "union"):',
         'if a.op in ("set", "union", "tuple"):'),
        ("another name", "equal", "if gold_name and answer_name and gold_name != answer_name:",
         "if False:"),
        ("any constant in an equation", "equal",
         "return len({first[term] / second[term] for term in first}) == 1", "return True"),
        ("percent is a tenth", "exact", "constant(Fraction(1, 100))", "constant(Fraction(1, 10))"),
        ("i squared is one", "poly", "factor *= -1 if turns >= 2 else 1", "factor *= 1"),
        ("the root of a square", "poly", "if coefficient < 0 or not positive or",
         "if coefficient < 0 or"),
        ("half-open the other way", "shapes", '"<=<": "[)"', '"<=<": "(]"'),
        ("every end is closed", "shapes", 'closed = op == "<="', "closed = True"),
        ("a mixed number is a product", "numerals", "whole + Fraction(top, bottom)",
         "whole * Fraction(top, bottom)"),
        ("numbers of any length", "numerals", "if sum(map(len, digits)) > MAX_DIGITS:",
         "if False:"),
        ("trees of any depth", "cursor", "MAX_DEPTH = 24", "MAX_DEPTH = 200"),
        ("square units are units", "units", 'return f"{name}^{power}" if power else name',
         "return name"),
        ("a gold that is a number, an answer that isn't", "finished",
         "if literal and not all(", "if False and not all("),
        ("a root that comes out", "finished", 'return ["radical"]', "return []"),
        ("a division that comes out", "finished", 'found.append("division")\n        case Op("^"',
         'pass\n        case Op("^"'),
        ("and is or", "parser", 'if "and" in signs and', "if False and"),
        ("equal up to a tenth", "symbolic", "-(digits - GUARD_DIGITS // 2)", "-1"),
        ("one point is proof", "symbolic", "points = POINTS if names else POINTS[:1]",
         "points = ()"),
    ),
    *_mutants(
        "code/", CODE,
        ("true is one", "values", "if kinds[0] is not kinds[1]:",
         "if not isinstance(value, kinds[0]) and not isinstance(expected, kinds[1]):"),
        ("a prefix of a list", "values", "return len(expected) == len(value) and all(",
         "return len(expected) >= len(value) and all("),
        ("a subset of the keys", "values", "return expected.keys() == value.keys() and all(",
         "return value.keys() <= expected.keys() and all("),
        ("not a number", "values", "parse_constant=_refuse,", ""),
        ("fewer lines than tests", "verify",
         "if len(lines) != len(expected) + 1 or lines.pop() != b\"\":",
         "expected = expected[: len(lines) - 1]\n    if lines.pop() != b\"\":"),
        ("no tests at all", "verify", "isinstance(tests, list) and bool(tests)",
         "isinstance(tests, list)"),
        ("an output of any size", "run",
         "if len(heard) > len(WALLS) + limits.output_bytes:", "if False:"),
    ),
    *_mutants(
        "", POOL,
        ("a late worker lives on", "pool", "except Late:\n                    worker.kill()",
         "except Late:\n                    pass"),
        ("a death is the end", "pool", "TRIES = 2", "TRIES = 1"),
        ("a request is blamed for a start", "pool", "deaths += worker.served - served",
         "deaths += 1"),
        ("prints are replies", "worker",
         "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)", "replies = os.fdopen(1, \"wb\")"),
        ("a reply of any size", "worker", "or len(self.buffer) > MAX_REPLY", ""),
        ("memory without end", "worker", "MEMORY = 2**30", "MEMORY = 2**36"),
        ("a budget for each request", "worker", "budget.left_s -= time.monotonic() - start",
         "pass"),
        ("a lost worker is right", "maths/verify",
         "except Late:\n        return Verdict.TIMEOUT",
         "except Late:\n        return Verdict.CORRECT"),
        ("a death without words", "worker", "lines = self.stderr.read()", "lines = b''"),
    ),
]  # fmt: skip
FAST = ("a subset of the numbers", "text after the answer", "a prefix of a list")


def copy(folder: Path) -> None:
    """What the verifiers and their tests need, in a folder of its own."""
    skip = shutil.ignore_patterns("__pycache__", "results", "*.ipynb", "*.safetensors")
    for name in ("minir1", "tests/tasks"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, folder / name)


def mutate(mutant: Mutant, folder: Path) -> None:
    """Make the change; a change whose text has gone is an error, for then nothing is tested."""
    path = folder / mutant.file
    text = path.read_text("utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: its text stands {text.count(mutant.old)} times in {path}")
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")


def passes(folder: Path, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass in the folder."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the tests did not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def survives(mutant: Mutant) -> bool:
    """Whether no test sees the bug."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        mutate(mutant, folder)
        return passes(folder, mutant.tests)


def main(names: list[str]) -> int:
    """Sow each mutant, or those named; say which survive."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    alive = []
    for mutant in chosen:
        started = time.monotonic()
        found = survives(mutant)
        alive += [mutant.name] if found else []
        seconds = time.monotonic() - started
        print(f"{'SURVIVES' if found else 'caught':<9}{seconds:4.0f} s  {mutant.name}", flush=True)
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants caught")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
