"""`minir1 export RUN FOLDER`: the trained model as others load it, and what rounding costs."""

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
    as_json: Json = False,
) -> int:
    """Write the last model of a run into a folder that transformers, vLLM and others load.

    Args:
        run: the run's folder, or its name in runs/
        folder: a new folder
        checkpoint: a folder in the run's checkpoints/, such as best/zero-000040
        gguf: also GGUF files of these types, such as q8_0 q4_0 (dense Llama or Qwen3 shapes only)
        problems: ask each form so many held-out problems: MB, tokens a second, accuracy lost
    """
    source = find_run(run)
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
