"""`minir1 doctor RUN`: what is wrong with an RL run, in plain words."""

import json
from pathlib import Path

from minir1.cli.options import Json
from minir1.run.home import find_run


def main(run: Path, *, as_json: Json = False) -> int:
    """Examine a run, finished or under way: each finding with its evidence, causes and cures.

    The exit status is 1 if something was found, so that a script can stop a run that is ill.

    Args:
        run: the run's folder, or its name in runs/
    """
    folder = find_run(run)
    from minir1.run.doctor import WINDOW, examine, read_diary

    steps = [row for row in read_diary(folder) if "reward" in row]
    stages = dict.fromkeys(row["stage"] for row in steps)  # a pipeline has three of RL
    found = {name: examine([row for row in steps if row["stage"] == name]) for name in stages}
    findings = [finding for some in found.values() for finding in some]
    if as_json:
        rows = [{"stage": name} | one.to_json() for name, some in found.items() for one in some]
        print(json.dumps({"steps": len(steps), "findings": rows}))
    elif not steps:
        print(f"{folder} has no RL steps yet: nothing to examine.")
    elif not findings:
        few = any(sum(row["stage"] == name for row in steps) < WINDOW for name in stages)
        need = f" Most rules need {WINDOW} steps of a stage." if few else ""
        print(f"Nothing found in {len(steps)} steps.{need}")
    else:
        head = "{}: {}" if len(stages) > 1 else "{1}"
        print("\n\n".join(head.format(name, one) for name in stages for one in found[name]))
    return 1 if findings else 0
