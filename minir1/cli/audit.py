"""`minir1 audit TASK`: is a task fit to be trained on?"""

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from minir1.cli.options import Json
from minir1.cli.output import table
from minir1.config import TaskConfig
from minir1.tasks.base import Problem, Task


def main(task: str, *, rows: int | None = None, as_json: Json = False) -> int:
    """Check golds, constant answers, empty and huge texts, echoes and timing.

    Exit status 0: nothing was found; 1: a check failed, and training would find it too.

    Args:
        task: countdown, arithmetic, a file of JSON lines, or a family of reasoning-gym
        rows: how many problems (all of a file, 300 of a task that makes them)
    """
    from minir1.tasks import make_task
    from minir1.tasks.audit import audit
    from minir1.tasks.near import own_checks
    from minir1.tasks.sources.own import OwnTask

    if rows is not None and rows < 1:
        raise ValueError(f"rows = {rows} can't be used: use 1 or more, or all by leaving it out")
    made = make_task(config_of(task))
    problems = problems_of(made, rows)
    checks = own_checks(made, problems) if isinstance(made, OwnTask) else audit(made, problems)
    failed = [check.name for check in checks if check.status == "FAIL"]
    if as_json:
        print(json.dumps({"task": task, "passed": not failed, "checks": list(map(asdict, checks))}))
    else:
        table([("check", "", "what was found"), *((c.name, c.status, c.found) for c in checks)])
    return 1 if failed else 0


def config_of(name: str) -> TaskConfig:
    """The task that a word on the command line names."""
    from minir1.tasks.registry import TASKS
    from minir1.tasks.sources.gym import FAMILIES, REFUSED

    if Path(name).suffix == ".py" and Path(name).is_file():
        from minir1.tasks.sources.own import digest_of, read_text

        return TaskConfig(name="own", file=name, digest=digest_of(read_text(name)))
    if Path(name).exists():
        return TaskConfig(name="jsonl", path=name)
    if name in TASKS:  # reasoning-gym has a countdown, too; ours wins
        return TaskConfig(name=name)  # type: ignore[arg-type]
    if name in FAMILIES or name in REFUSED:
        return TaskConfig(name="reasoning_gym", family=name)
    known = ", ".join(TASKS)
    raise ValueError(
        f"task = {name!r} can't be used: give {known}, the path of a file, or a family of "
        "reasoning-gym, such as chain_sum"
    )


def problems_of(task: Task, rows: int | None) -> list[Problem]:
    """Problems of both splits: every row of a file, or so many."""
    from minir1.tasks.sources.file import FileTask

    if isinstance(task, FileTask):
        return (task.of_split("train") + task.of_split("heldout"))[:rows]
    count = 300 if rows is None else rows
    half = count // 2
    streams = (("train", count - half), ("heldout", half))
    return [p for split, n in streams for p in islice(task.problems(split, 0), n)]  # type: ignore[arg-type]
