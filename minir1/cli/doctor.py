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
    from minir1.run.doctor import examine
    from minir1.run.metrics import read_metrics

    steps = [row for row in read_metrics(folder) if "reward" in row]
    findings = examine(steps)
    if as_json:
        print(json.dumps({"steps": len(steps), "findings": [f.to_json() for f in findings]}))
    elif not steps:
        print(f"{folder} has no RL steps yet: nothing to examine.")
    elif not findings:
        print(f"Nothing found in {len(steps)} steps.")
    else:
        print("\n\n".join(map(str, findings)))
    return 1 if findings else 0
