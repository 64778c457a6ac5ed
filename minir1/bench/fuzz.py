"""Throw generated strings at every verifier: `make fuzz`, or `python -m minir1.bench.fuzz`.

    200,000 strings   ->  countdown, arithmetic, math, format, words, each
    20,000 programs   ->  code, behind the strongest walls of this host

What must hold: no exception escapes, no verdict is over the time limit, and the parent's memory
stays flat. String i depends on (seed, i) alone, so a run that was stopped goes on where it was
(`runs/fuzz`), and an exception, which is not caught, names the string that caused it.

A verdict over the limit is asked for again. Over it once more, on the clock and in CPU seconds
(workers counted), and the string is to blame; else the machine was busy. Both are counted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from minir1.bench import fuzz_programs, fuzz_texts
from minir1.bench.cells import heading, line
from minir1.bench.clock import cpu_seconds
from minir1.bench.rows import row
from minir1.config import require
from minir1.recipes import smoke
from minir1.run.home import RESULTS
from minir1.run.jsonl import Row, append_row, rows_in
from minir1.run.pipe import reader_may_leave
from minir1.run.progress import Progress, StopFlag
from minir1.tasks import Verdict
from minir1.tasks.verifiers import VERIFIERS

ROWS = RESULTS / "fuzz.jsonl"
LIMIT_S = 2.0
"""What one verdict may take by the clock, a hang's whole budget included."""
CHUNK, PROGRAMS = 500, 20
"""Strings, and programs, between two lines of the diary."""
WARM = 0.1
"""Share of the strings after which memory must not grow any more: caches are full by then."""


@dataclass(frozen=True, slots=True)
class Part:
    """One verifier and what it is asked."""

    verifier: str
    seed: int

    def ask(self, index: int) -> Verdict:
        """The verdict on string `index`."""
        judge: Callable[[Any, str], Verdict] = VERIFIERS[self.verifier]
        if self.verifier == "code":
            return judge(fuzz_programs.GOLD, fuzz_programs.program(self.seed, index))
        golds = fuzz_texts.GOLDS[self.verifier]
        return judge(golds[index // 7 % len(golds)], fuzz_texts.text(self.seed, index))

    def chunk(self, start: int, count: int) -> Row:
        """Ask `count` strings; what came back, as one line of the diary."""
        verdicts: Counter[str] = Counter()
        slowest, late, cpu = 0.0, [], time.process_time()
        index = start
        try:
            for index in range(start, start + count):
                verdict, seconds = self.timed(index)
                verdicts[verdict] += 1
                slowest = max(slowest, seconds)
                if seconds > LIMIT_S:
                    late.append({"index": index, "s": seconds, **self.again(index)})
            index += 1
        finally:
            if index < start + count and sys.exc_info()[0] not in (None, KeyboardInterrupt):
                print(f"string {index} of seed {self.seed} broke {self.verifier}", file=sys.stderr)
        return {
            "verifier": self.verifier,
            "seed": self.seed,
            "start": start,
            "count": count,
            "verdicts": dict(verdicts),
            "slowest_s": slowest,
            "late": late,
            "cpu_s": time.process_time() - cpu,
            "memory_mb": memory_mb(),
        }

    def again(self, index: int) -> Row:
        """The same string once more, on both clocks."""
        before = cpu_seconds()
        seconds = self.timed(index)[1]
        return {"again_s": seconds, "again_cpu_s": cpu_seconds() - before}

    def timed(self, index: int) -> tuple[Verdict, float]:
        """A verdict, and what it took by the clock."""
        started = time.perf_counter()
        verdict = self.ask(index)
        assert isinstance(verdict, Verdict)
        return verdict, time.perf_counter() - started


def memory_mb() -> float:
    """Resident memory of this process."""
    import psutil

    return psutil.Process().memory_info().rss / 2**20


def fuzz(part: Part, total: int, diary: Path, stop: Any = False) -> list[Row]:
    """Ask what is left of `total` strings; the diary's lines of this part so far."""
    own = (part.verifier, part.seed)
    mine = [row for row in rows_in(diary) if (row["verifier"], row["seed"]) == own]
    done = sum(r["count"] for r in mine)
    with Progress(total, f"fuzz {part.verifier}", done=min(done, total)) as progress:
        while done < total and not stop:
            step = PROGRAMS if part.verifier == "code" else CHUNK
            one = part.chunk(done, min(step, total - done))
            append_row(diary, one)
            mine.append(one)
            done += one["count"]
            progress.update(done, f"{one['memory_mb']:.0f} MB  slowest {one['slowest_s']:.2f} s")
    return mine


def summary(mine: list[Row]) -> Row:
    """The lines of one part as one."""
    count = sum(one["count"] for one in mine)
    late = [one for part in mine for one in part["late"]]
    warm = [one["memory_mb"] for one in mine if one["start"] >= WARM * count] or [0.0]
    return {
        "strings": count,
        "exceptions": 0,  # one would have ended the run
        "over_limit": sum(min(one["again_s"], one["again_cpu_s"]) > LIMIT_S for one in late),
        "over_limit_once": len(late),
        "slowest_s": max(one["slowest_s"] for one in mine),
        "verdicts": dict(sum((Counter(one["verdicts"]) for one in mine), Counter())),
        "cpu_s": sum(one["cpu_s"] for one in mine),
        "memory_growth_mb": max(warm) - warm[0],
    }


def main(
    texts: int = 200_000,
    programs: int = 20_000,
    seed: int = 0,
    verifiers: tuple[str, ...] = (*fuzz_texts.GOLDS, "code"),
    out: Path = Path("runs/fuzz"),
    save: bool = False,
) -> int:
    """Fuzz every verifier; a table at the end. Ctrl-C stops, and the same command goes on.

    Args:
        texts: strings for each text verifier
        programs: programs for the code verifier
        seed: another seed makes other strings
        verifiers: which ones to ask
        out: where the diary lies
        save: append the summary to the project's results
    """
    unknown = set(verifiers) - {*fuzz_texts.GOLDS, "code"}
    require(not unknown, "verifiers", sorted(unknown), f"use some of {[*fuzz_texts.GOLDS, 'code']}")
    sides = {}
    with StopFlag() as stop:
        for name in verifiers:
            part, total = Part(name, seed), programs if name == "code" else texts
            mine = fuzz(part, total, out / "diary.jsonl", stop)
            if mine:
                sides[part.verifier] = summary(mine)
    lines = heading("verifier", "strings", "exceptions", "over 2 s", "slowest", "memory growth")
    for name, one in sides.items():
        seconds, memory = f"{one['slowest_s']:.2f} s", f"{one['memory_growth_mb']:+.1f} MB"
        counts = (f"{one[what]:,}" for what in ("strings", "exceptions", "over_limit"))
        lines.append(line(name, *counts, seconds, memory))
    print("\n".join(lines))
    if save:
        settings = {"texts": texts, "programs": programs, "seed": seed, "limit_s": LIMIT_S}
        measured = row("fuzz", "all", smoke(), settings=settings, sides=sides)
        command = " ".join(["python -m minir1.bench.fuzz", *sys.argv[1:]])
        append_row(ROWS, measured | {"command": command})
    return 0 if all(one["over_limit"] == 0 for one in sides.values()) else 1


if __name__ == "__main__":
    with reader_may_leave():
        sys.exit(tyro.cli(main))
