"""Lesson 08: is there anything to learn from a group, and how often would k tries hit?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.run.stats import pass_at_k

NOTEBOOK = "08_r1_zero_on_your_laptop"


def dead_chance(chance: float, group_size: int) -> float:
    """The chance that all rollouts of a group get the same reward, right or wrong."""
    return chance**group_size + (1.0 - chance) ** group_size


def fill_batch(totals: Sequence[Sequence[float]], wanted: int) -> list[int]:
    """Which groups make the batch: live ones in order, then dead ones until there are enough."""
    live = [i for i, group in enumerate(totals) if len(set(group)) > 1]
    dead = [i for i, group in enumerate(totals) if len(set(group)) == 1]
    return (live + dead)[:wanted]


def chance_cases(draw: Draw) -> Iterator[Case]:
    """Rare, even and certain successes."""
    for _ in range(5):
        yield Case((draw.random(), draw.randint(2, 16)))
    yield from (Case((0.0, 8)), Case((1.0, 8)), Case((0.02, 8)))


DEAD_CHANCE = Exercise(
    of=dead_chance,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=10,
    parts=(Part("values", 1, chance_cases),),
    mistakes={
        "all_wrong_only": Edit("all_right + all_wrong", "all_wrong"),
        "all_right_only": Edit("all_right + all_wrong", "all_right"),
        "times": Edit("all_right + all_wrong", "all_right * all_wrong"),
        "alive": Edit("return all_right + all_wrong", "return 1 - all_right - all_wrong"),
        "two_siblings": Edit("chance**group_size", "chance**2"),
        "one_fewer": Edit("(1 - chance) ** group_size", "(1 - chance) ** (group_size - 1)"),
    },
    rtol=1e-6,
    atol=1e-12,
)


def group_cases(draw: Draw, dead_share: float) -> Iterator[Case]:
    """Groups of rewards, a share of them dead, some at 0 and some at 1."""
    for _ in range(4):
        totals = []
        for _ in range(draw.randint(6, 9)):
            group = [float(draw.random() < 0.5) for _ in range(4)]
            if draw.random() < dead_share:
                group = [float(draw.random() < 0.5)] * 4
            totals.append(group)
        yield Case((totals, draw.randint(3, 5)))


FILL_BATCH = Exercise(
    of=fill_batch,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=3,
    minutes=15,
    needs=("dead_chance",),
    parts=(
        Part("enough", 1, lambda draw: group_cases(draw, 0.2)),
        Part("too_few", 2, lambda draw: group_cases(draw, 0.8)),
    ),
    mistakes={
        "zeros_only": Edit("len(set(group)) == 1", "max(group) == 0"),
        "never_filled": Edit("live + dead", "live"),
        "dead_first": Edit("live + dead", "dead + live"),
        "in_order": Edit("live + dead", "sorted(live + dead)"),
        "one_too_many": Edit("[:wanted]", "[: wanted + 1]"),
        "live_twice": Edit("live + dead", "live + live + dead"),
    },
)


def count_cases(draw: Draw) -> Iterator[Case]:
    """Counts in between, and the edges: none right, all right, fewer wrong ones than k."""
    for _ in range(6):
        n = draw.randint(4, 40)
        yield Case((n, draw.randint(1, n - 1), draw.randint(1, n)))
    yield from (Case((8, 0, 3)), Case((8, 8, 1)), Case((8, 6, 3)), Case((4, 1, 2)))
    yield Case((2000, 3, 500))


def bad_counts(draw: Draw) -> Iterator[Case]:
    """More right ones than samples, and more tries than samples."""
    for n, c, k in ((4, 5, 2), (4, -1, 2), (4, 2, 5), (4, 2, 0)):
        yield Case((n, c, k), raises="ValueError")


PASS_AT_K = Exercise(
    of=pass_at_k,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=15,
    needs=("dead_chance",),
    parts=(Part("values", 2, count_cases), Part("bad_input", 1, bad_counts)),
    mistakes={
        "biased": Edit("1 - math.comb(n - c, k) / math.comb(n, k)", "1 - (1 - c / n) ** k"),
        "share": Edit("1 - math.comb(n - c, k) / math.comb(n, k)", "c / n"),
        "all_right": Edit("1 - math.comb(n - c, k) / math.comb(n, k)",
                          "math.comb(c, k) / math.comb(n, k)"),
        "none_right": Edit("1 - math.comb(n - c, k)", "math.comb(n - c, k)"),
        "linear": Edit("1 - math.comb(n - c, k) / math.comb(n, k)", "min(1.0, k * c / n)"),
        "not_checked": Edit("if not (0 <= c <= n and 1 <= k <= n):", "if False:"),
        "first_k": Edit("1 - math.comb(n - c, k) / math.comb(n, k)", "min(1.0, c / k)"),
    },
    rtol=1e-6,
    atol=1e-9,
)  # fmt: skip

EXERCISES = (DEAD_CHANCE, FILL_BATCH, PASS_AT_K)
