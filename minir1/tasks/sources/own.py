"""A task of your own, in one Python file: `minir1 run claim --with my_task.py`.

    draw(rng)                 -> Problem            a question, its gold, its key, a right answer
    verify(gold, completion)  -> Verdict            judge a whole completion, tags included
    example(problem, rng)     -> (think, answer)    how a careless person writes it down
    near_misses(problem)      -> list of answers    almost right, and never to be paid
    fact(rng)                 -> one short truth    optional: drills beside the examples

From `draw` come all problems: those for training and those held out, told apart by a hash of the
key. From `example` and `fact` comes all that the base reads (text/own.py). `verify` is the only
teacher of RL. A file of yours is Python and runs here, so `--with` a file of somebody else is to
run their program. So is any command that opens a run with a task.py, such as `minir1 eval`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.splits import split_of

NEEDED = ("draw", "verify", "example", "near_misses")
OPTIONAL = ("fact",)
KEPT = "task.py"
"""Where a run keeps the file that it was trained on."""
MAX_SKIPPED = 10_000
"""Problems in a row that may be of the other split."""


def digest_of(text: str) -> str:
    """Twelve hex digits that name a file's text, however its lines end."""
    return hashlib.sha256("\n".join(text.splitlines()).encode()).hexdigest()[:12]


class Yours:
    """Runs a function of the user's file: whatever it raises names the file and the function."""

    def __init__(self, file: str, name: str) -> None:
        self.place = f"{Path(file).name}: {name}"

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, Exception | SystemExit):  # no file of yours ends a run in silence
            raise ValueError(f"{self.place} raises {type(error).__name__}: {error}") from error

    def refuse(self, found: object, cure: str) -> ValueError:
        """The error of a value that is of no use."""
        return ValueError(f"{self.place} gives {found!r:.60}: {cure}")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTask:
    """Problems from the functions of `file`, split by `heldout_share`."""

    name: ClassVar[str] = "own"

    file: str
    digest: str
    heldout_share: float = 0.2
    code: ModuleType = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        text = read_text(self.file)
        if digest_of(text) != self.digest:
            raise ValueError(
                f"{self.file} is not the task that the run began with ({digest_of(text)} is not "
                f"{self.digest}): put it back, or start a run of its own with --out"
            )
        code = load(self.file, self.digest)
        missing = [name for name in NEEDED if not callable(getattr(code, name, None))]
        if missing:
            raise ValueError(
                f"{self.file} lacks {', '.join(missing)}: a task has {', '.join(NEEDED)}"
            )
        object.__setattr__(self, "code", code)

    def draw(self, rng: random.Random) -> Problem:
        """One problem; its gold is wrapped, for the package reads golds of its own."""
        yours = Yours(self.file, "draw")
        with yours:
            found = self.code.draw(rng)
        if not isinstance(found, Problem):
            raise yours.refuse(found, "return a Problem")
        for name in ("question", "key", "solution"):
            text = getattr(found, name)
            if not isinstance(text, str) or not text.strip():
                raise yours.refuse(text, f"a problem's {name} is a text, and not empty")
        with yours:
            same = json.loads(json.dumps(found.gold)) == found.gold
        if not same:
            raise yours.refuse(found.gold, "a gold is kept as JSON: use lists, not tuples")
        gold = {self.name: found.gold}
        return Problem(self.name, found.question, gold, found.key, found.solution)

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream; the same split and seed give the same stream everywhere."""
        rng, skipped = random.Random(f"{self.name} {split} {seed}"), 0
        while skipped < MAX_SKIPPED:
            problem = self.draw(rng)
            skipped += 1
            if split_of(problem.key, self.heldout_share) == split:
                skipped = 0
                yield problem
        raise ValueError(
            f"{self.file}: {MAX_SKIPPED} problems in a row are not of the split {split!r}: draw "
            "from more keys, or change task.heldout_share"
        )

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge a whole completion by the file's own verifier."""
        yours = Yours(self.file, f"verify of {completion!r:.50}")
        with yours:
            found = self.code.verify(gold[self.name], completion)
        if not isinstance(found, Verdict):
            raise yours.refuse(found, "return a Verdict, such as Verdict.WRONG, for any text")
        return found

    def example(self, problem: Problem, rng: random.Random) -> tuple[str, str]:
        """The thinking and the answer of one careless writer."""
        yours = Yours(self.file, "example")
        with yours:
            found = self.code.example(self._bare(problem), rng)
        if not (isinstance(found, tuple) and list(map(type, found)) == [str, str]):
            raise yours.refuse(found, "return two texts: the thinking and the answer")
        return found[0], found[1]

    def near_misses(self, problem: Problem) -> list[str]:
        """Answers to this problem that are almost right."""
        yours = Yours(self.file, "near_misses")
        with yours:
            found = list(self.code.near_misses(self._bare(problem)))
        if not all(isinstance(text, str) for text in found):
            raise yours.refuse(found, "return a list of texts")
        return found

    @property
    def fact(self) -> Callable[[random.Random], str] | None:
        """What makes the drills, where the file has some."""
        made = getattr(self.code, "fact", None)
        if made is None:
            return None
        yours = Yours(self.file, "fact")

        def one(rng: random.Random) -> str:
            with yours:
                found = made(rng)
            if not isinstance(found, str):
                raise yours.refuse(found, "return a text")
            return found

        return one

    def _bare(self, problem: Problem) -> Problem:
        """The problem as the file's own functions know it."""
        gold = problem.gold[self.name]
        return Problem(problem.task, problem.question, gold, problem.key, problem.solution)


def read_text(file: str) -> str:
    """The text of a task's file."""
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{file} can't be read as a task ({error}): give a Python file that has "
            f"{', '.join(NEEDED)}"
        ) from error


def load(file: str, digest: str) -> ModuleType:
    """The user's file as a module."""
    name = f"own_task_{digest}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look up their home
    with Yours(file, "the file"):
        spec.loader.exec_module(module)
    return module
