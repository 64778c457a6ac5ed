"""`minir1 export RUN FOLDER`: the trained model as others load it, and what rounding costs.

With `--bundle`, what a reviewer needs instead of the model.
"""

import json
from pathlib import Path

from minir1.cli.options import Json
from minir1.cli.output import cells, table
from minir1.run.home import find_run


def main(
    run: Path,
    folder: Path,
    *,
    checkpoint: str | None = None,
    gguf: tuple[str, ...] = (),
    problems: int = 0,
    bundle: bool = False,
    as_json: Json = False,
) -> int:
    """Write the last model of a run into a folder that transformers, vLLM and others load.

    Args:
        run: the run's folder, or its name in runs/
        folder: a new folder
        checkpoint: a folder in the run's checkpoints/, such as best/zero-000040
        gguf: also GGUF files of these types, such as q8_0 q4_0 (dense Llama and Qwen shapes only)
        problems: ask each form so many held-out problems: MB, tokens a second, accuracy lost
        bundle: in place of the model, its bundle: config, seeds, hashes, figures and the rows that
            they follow from, for `minir1 reproduce FOLDER`
    """
    source = find_run(run)
    if bundle:
        for name, value in (("checkpoint", checkpoint), ("gguf", gguf), ("problems", problems)):
            if value:
                raise ValueError(
                    f"--{name} can't be used with --bundle, which holds no model: leave it out, "
                    "or export the model by a command of its own, without --bundle"
                )
        return show_bundle(source, folder, as_json)
    from minir1.stages.export import export

    rows = export(source, folder, checkpoint, gguf, problems)
    if as_json:
        print(json.dumps(rows))
        return 0
    shown = [cells(row) for row in rows]
    names = list(shown[0])
    table([names, *([row[name] for name in names] for row in shown)])
    print(f"\nThe model: {folder.resolve()}")
    return 0


def show_bundle(run: Path, folder: Path, as_json: bool) -> int:
    """Write a finished run's bundle."""
    from minir1.stages.bundle.making import make
    from minir1.stages.bundle.shape import files_of, name_of, write

    made = make(run)
    write(made, folder)
    found = {"bundle": name_of(made), "figures": len(made.head["figures"])}
    found["bytes"] = sum(map(len, files_of(made).values()))
    if as_json:
        print(json.dumps(found))
    else:
        print("{figures} figures and their rows in {bytes:,} bytes, {bundle}".format(**found))
        print(f"The bundle: {folder.resolve()}    minir1 reproduce {folder}")
    return 0
