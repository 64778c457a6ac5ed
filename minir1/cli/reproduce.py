"""`minir1 reproduce BUNDLE`: do the figures of a published run hold?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minir1.cli.options import Json
from minir1.cli.output import interval, table, words
from minir1.run.home import RUNS


def main(
    bundle: Path, *, check: bool = False, out: Path | None = None, as_json: Json = False
) -> int:
    """Read a bundle as a reviewer does, then run it again and compare figure by figure.

    Stopped or killed? The same command goes on. Exit status 0: the figures hold; 1: they don't.

    Args:
        bundle: the bundle's folder, or its name among those that came with the package
        check: read only: do the figures follow from the bundle's own rows, config and seeds?
        out: the folder of the new run (runs/again-NAME if not given)
    """
    from minir1.stages.bundle import shape

    folder = shape.find(bundle)
    read = shape.read(folder)
    from minir1.stages.bundle.checks import check as checks_of

    checks = checks_of(read)
    sound = all(one.status == "ok" for one in checks)
    found: dict[str, Any] = {"bundle": shape.name_of(read), "checks": list(map(asdict, checks))}
    if not as_json:
        table([("check", "", "what was found"), *((c.name, c.status, c.found) for c in checks)])
    if sound and not check:
        found |= run_again(read, out or RUNS / f"again-{folder.resolve().name}")
        if not as_json:
            table([("figure", "published", "again", ""), *map(as_cells, found["figures"])])
    else:
        found |= {"holds": sound if check else False, "sentence": verdict(sound, check)}
    print(json.dumps(found) if as_json else found["sentence"])
    return 0 if found["holds"] else 1


def verdict(sound: bool, check: bool) -> str:
    """What reading alone says."""
    if sound:
        return "The bundle is true to itself; whether its figures hold, only a run can tell."
    later = "" if check else ", so it was not run again"
    return f"The bundle is not true to itself{later}: its figures can't be trusted."


def run_again(bundle: Any, out: Path) -> dict[str, Any]:
    """The same run once more, in a folder of its own."""
    from minir1.run.claim import claimed
    from minir1.run.distributed import join
    from minir1.run.home import open_run
    from minir1.stages.bundle.again import again
    from minir1.stages.bundle.shape import config_of

    config = config_of(bundle)
    with join(config) as world:
        folder = world.once(lambda: open_run(config, out))
        with claimed(folder, world):
            return again(bundle, folder, world)


def as_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A figure as a line of the table."""
    return (row["figure"], interval(row["said"]), words(row["found"]), row["how"])
