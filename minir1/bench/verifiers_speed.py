r"""How many verdicts a second, and what hostile answers cost the others.

    countdown, maths, code    verdicts a second on the clock, and a CPU second (workers counted)
    hostile maths             the share that is turned away before a worker sees it
    one hang                  how long the others wait, who share the pool with it

Verdicts a CPU second are what the verifiers cost; they hardly change when the machine is busy
with other work. Half of the answers are right. No two are the same text, so no cache helps.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from unittest.mock import patch

from minir1.bench.clock import Repeat, cpu_seconds
from minir1.bench.code_verdicts import GOLD
from minir1.bench.fuzz_texts import latex
from minir1.bench.rows import Row, row
from minir1.recipes import smoke
from minir1.tasks import Verdict, verify
from minir1.tasks.code import strongest, verify_code
from minir1.tasks.countdown import Countdown
from minir1.tasks.maths import verify as maths
from minir1.tasks.pool import Late, Pool

Pair = tuple[Any, str]
FORMS = (
    *("{a}", "-{a}", "{a}.{b}", r"\frac{{{a}}}{{{p}}}", "x = {a}", r"{a}\sqrt{{{p}}}"),
    *(r"{a} \text{{ cm}}", r"({a}, -{b})", r"\{{{a}, {b}, 0\}}", r"{a}x^2 + {b}x - 1"),
    *(r"\frac{{{a}\pi}}{{{p}}}", r"[{a}, \infty)", r"{a}\%", r"\frac{{{a} + \sqrt{{{p}}}}}{{2}}"),
    *(r"{a} \ln {p}", r"{a} \sin x"),
)
"""Answers as people write them; two of the sixteen hold a function, for which a worker decides."""
PRIMES = (7, 11, 13, 17, 19, 23)
HOSTILE = (
    *("9^{{9^{{{a}}}}}", "{a}^{{{a}^{{{a}}}}}", "({a}000)!", "(({a})!)!", "{a}!" + "!" * 50),
    *(r"\binom{{10^{a}}}{{{b}}}", "1e{a}99999", "{a}" * 500, "-" * 300 + "{a}", "1+" * 450 + "{a}"),
    *("(" * 99 + "{a}" + ")" * 99, r"\sqrt" * 60 + "{a}", "x^" * 40 + "{a}", "{a}**9**9**9"),
    *(r"\frac{{1}}{{" * 50 + "{a}", r"\sin(10^{{10^{{{a}}}}})", r"\cosh({a}00000)"),
    *(r"e^{{10^{{{a}0}}}}", "{a}^{{-10^9}}", r"\tan({a}^{{{b}00}})", r"\arctan(\ln({a}!!!))"),
)
HANG_S = 60.0


def main(verdicts: int = 2000, programs: int = 30, repeats: int = 3, threads: int = 2) -> list[Row]:
    """Verdicts a second of each verifier, hostile answers turned away, and what a hang delays.

    Args:
        verdicts: of countdown and maths, in each repeat
        programs: in each repeat
        repeats: how often everything is measured
        threads: that judge programs
    """
    sides = {
        "countdown": lambda n: judge("countdown", list(islice(countdown_pairs(n), verdicts))),
        "maths": lambda n: judge("math", list(islice(maths_pairs(n), verdicts))),
        "code": lambda n: judge_programs(n, programs, threads),
    }
    measured: list[Row] = []
    for name, side in sides.items():
        side(repeats)  # warms up
        turns = [side(n) for n in range(repeats)]
        settings = {"level": str(strongest()), "threads": threads} if name == "code" else {}
        measured.append(one(name, settings, turns))
    measured.append(one("hostile maths", {}, [hostile(n, verdicts) for n in range(repeats)]))
    measured.append(one("one hang", {"hang_s": HANG_S}, [hang() for _ in range(repeats)]))
    return measured


def one(case: str, settings: dict[str, Any], turns: list[Repeat]) -> Row:
    """A row of the results."""
    sides = {"minir1": {"repeats": turns}}
    return row("verifiers_speed", case, smoke(), settings=settings, sides=sides)


def clocks(act: Callable[[], dict[str, float]]) -> Repeat:
    """Do the work; wall seconds and CPU seconds of this process and of all its children."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    counts = act()
    return {"seconds": time.perf_counter() - wall, "cpu_seconds": cpu_seconds() - cpu, **counts}


def judge(task: str, pairs: list[Pair]) -> Repeat:
    """Judge pairs of a gold and a completion."""

    def act() -> dict[str, float]:
        right = sum(verify(task, gold, text) is Verdict.CORRECT for gold, text in pairs)
        return {"verdicts": float(len(pairs)), "right": float(right)}

    return clocks(act)


def countdown_pairs(seed: int) -> Iterator[Pair]:
    """Each problem's own solution, and its solution for another problem."""
    last = "1"
    for problem in Countdown(n_numbers=4).problems("train", seed):
        for answer in (problem.solution, last):
            yield problem.gold, f"<think> so </think> <answer> {answer} </answer>"
        last = problem.solution


def maths_pairs(seed: int) -> Iterator[Pair]:
    """A gold, and the same answer in a box, or one that is another number."""
    rng = random.Random(f"speed {seed}")
    while True:
        a, b, prime = rng.randint(2, 10**6), rng.randint(2, 10**4), rng.choice(PRIMES)
        form = rng.choice(FORMS)
        gold = form.format(a=a, b=b, p=prime)
        yield gold, f"<think> so </think> <answer> $\\boxed{{{gold}}}$ </answer>"
        wrong = form.format(a=a + 1, b=b, p=prime + 2)
        yield gold, f"<think> so </think> <answer> It is $\\boxed{{{wrong}}}$. </answer>"


def judge_programs(seed: int, count: int, threads: int) -> Repeat:
    """Judge programs, half of them wrong, on so many threads."""
    ends = ("return sum(map(int, str(n)))", "return n % 9")
    programs = [f"def digits(n):\n    # {seed} {i}\n    {ends[i % 2]}\n" for i in range(count)]

    def act() -> dict[str, float]:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda program: verify_code(GOLD, program), programs))
        return {"verdicts": float(count), "right": float(found.count(Verdict.CORRECT))}

    return clocks(act)


def hostile(seed: int, count: int) -> Repeat:
    """Answers that are meant to hang a grader: how many reach a worker, and how many are paid."""
    rng = random.Random(f"hostile {seed}")
    answers = [rng.choice(HOSTILE).format(a=rng.randint(2, 99), b=rng.randint(2, 99))
               + rng.choice(("", " + " + latex(rng, 2))) for _ in range(count)]  # fmt: skip

    def act() -> dict[str, float]:
        with patch.object(maths, "_ask", wraps=maths._ask) as asked:
            paid = sum(verify("math", "9", f"<answer> {text} </answer>") is Verdict.CORRECT
                       for text in answers)  # fmt: skip
        return {"verdicts": float(count), "right": float(paid), "asked": float(asked.call_count)}

    return clocks(act)


def hang() -> Repeat:
    """One request hangs; the longest that any of the others took, with both workers warm."""
    with Pool("minir1.bench.sleeper:start", size=2) as pool, ThreadPoolExecutor(4) as threads:
        list(threads.map(pool.call, [0.05] * 8))
        stuck = threads.submit(pool.call, HANG_S)
        took = list(threads.map(lambda _: timed(pool), range(200)))
        late = isinstance(stuck.exception(), Late)
        took += [timed(pool) for _ in range(3)]  # a worker takes the hung one's place
    return {"seconds": max(took), "cpu_seconds": 0.0, "verdicts": float(len(took)), "late": late}


def timed(pool: Pool) -> float:
    """What one short request takes, its wait included."""
    started = time.perf_counter()
    pool.call(0.01)
    return time.perf_counter() - started
