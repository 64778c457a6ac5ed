"""What a model really cost: its own stage, and all stages that it could not be without.

    student <- student_base            whose weights it starts from
            <- r1 <- dev3 <- ...       whose samples it learns from

A distilled student is cheap if its teacher is there already, and dearer than its teacher if not.
Both are true. A comparison with RL on the same small model has to say which one it means.
"""

from __future__ import annotations

from collections.abc import Mapping

Links = Mapping[str, str]
"""Of each stage, another one."""


def route(stage: str, parents: Links, teachers: Links) -> list[str]:
    """The stage and all that it comes from, each once, the first ones first.

    >>> route("student", {"student": "small", "r1": "base"}, {"student": "r1"})
    ['small', 'base', 'r1', 'student']
    """
    found: list[str] = []
    for links in (parents, teachers):
        if stage in links:
            before = route(links[stage], parents, teachers)
            found += [one for one in before if one not in found]
    return [*found, stage]


def route_flops(
    stage: str, costs: Mapping[str, int | float], parents: Links, teachers: Links
) -> int | float:
    """The FLOPs of a whole route: of each stage on it, and of the samples drawn from its teachers.

    Samples stand in `costs` as "samples of TEACHER". Whatever is on the route twice is paid once.

    >>> costs = {"base": 100, "r1": 50, "small": 10, "student": 5, "samples of r1": 20}
    >>> route_flops("student", costs, {"student": "small", "r1": "base"}, {"student": "r1"})
    185
    """
    stages = route(stage, parents, teachers)
    samples = {f"samples of {teachers[one]}" for one in stages if one in teachers}
    return sum(costs.get(name, 0) for name in {*stages, *samples})


def rl_steps(flops: int | float, active: int, tokens_a_step: int | float) -> int:
    """How many steps of RL those FLOPs buy: each token is sampled (2A) and trained on (6A).

    >>> rl_steps(8_000_000, active=1000, tokens_a_step=100)
    10
    """
    return int(flops // (8 * active * tokens_a_step))
