"""Build the notebooks: `python -m minir1.lab.build [--check] [NAME ...]`, or `make notebooks`.

| source                   | makes                           |                                |
|--------------------------|---------------------------------|--------------------------------|
| notebooks/src/NAME.py    | notebooks/NAME.ipynb            | executed, outputs kept         |
| solutions/src/NAME.py    | solutions/NAME.ipynb            | executed, outputs kept         |
|                          | exercises/NAME.ipynb            | the same with holes, not run   |

Two builds on one machine give the same bytes. `--check` runs nothing: it compares the
cells of the committed notebooks with their sources. MINIR1_SCALE sets how large the
lessons run (`minir1/lab/scale.py`).
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from minir1.lab import explore
from minir1.lab.source import read, same_source
from minir1.run.whole import write_text

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_TIMEOUT_S = 3600
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


@dataclass(frozen=True, slots=True)
class Target:
    """One notebook to build."""

    source: Path
    notebook: Path
    solved: bool
    """With solutions and outputs; otherwise with holes and not run."""


def targets(root: Path, names: list[str] | None = None) -> list[Target]:
    """The notebooks that the sources under `root` make; only those of `names`, if given."""
    found = []
    for source in sorted((root / "notebooks" / "src").glob("*.py")):
        found.append(Target(source, root / "notebooks" / f"{source.stem}.ipynb", True))
    for source in sorted((root / "solutions" / "src").glob("*.py")):
        for room, solved in (("solutions", True), ("exercises", False)):
            found.append(Target(source, root / room / f"{source.stem}.ipynb", solved))
    stems = {target.source.stem for target in found}
    for name in names or ():
        if name not in stems:
            raise ValueError(f"there is no source {name!r}; there are: {', '.join(sorted(stems))}")
    return [target for target in found if not names or target.source.stem in names]


def build(target: Target) -> None:
    """Make one notebook and write it."""
    import nbformat
    from nbclient.exceptions import CellExecutionError

    notebook = read(target.source, solved=target.solved)
    if target.solved:
        try:
            execute(notebook, target.notebook.parent)
        except CellExecutionError as error:
            raise ValueError(f"{target.source}: a cell failed\n{error}") from error
        refuse_addresses(notebook, target.source)
    nbformat.validate(notebook)
    write_text(target.notebook, nbformat.writes(notebook) + "\n")


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run every cell in a fresh kernel, in the folder where a reader would run it."""
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    metadata = nbformat.from_dict(dict(notebook.metadata))
    with tempfile.TemporaryDirectory() as sockets:
        client = NotebookClient(
            notebook,
            # Sockets in a folder of our own: nothing listens on the network.
            km=AsyncKernelManager(
                kernel_name="python3", transport="ipc", connection_file=f"{sockets}/kernel.json"
            ),
            timeout=CELL_TIMEOUT_S,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
        # A set's order must not change from build to build; nor is a build a learner's work.
        fixed = {"PYTHONHASHSEED": "0", "MINIR1_WORK": sockets, "MINIR1_LANG": "en"}
        # Nobody turns handles here, even if JupyterLab started this build.
        client.execute(cleanup_kc=True, env={explore.VARIABLE: "0", **os.environ, **fixed})
    notebook.metadata = metadata
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":  # of a widget, such as a progress bar, its beginning is left
            cell.outputs = [out for out in cell.outputs if WIDGET not in out.get("data", ())]


def refuse_addresses(notebook: NotebookNode, source: Path) -> None:
    """Stop at an output such as `<Axes at 0x7f31...>`: it would change with every build."""
    for cell in notebook.cells:
        if ADDRESS.search(str(cell.get("outputs", ""))):
            first = cell.source.strip().splitlines()[0]
            raise ValueError(
                f"{source}: the cell that begins {first!r} prints a memory address; "
                "end the cell with `;`, or print what a reader wants to see"
            )


def check(target: Target) -> str:
    """What is wrong with a committed notebook, or nothing."""
    import nbformat

    if not target.notebook.exists():
        return "is missing"
    kept = nbformat.read(target.notebook, as_version=4)
    if not same_source(read(target.source, solved=target.solved), kept):
        return f"is older than {target.source.name}"
    code = [cell for cell in kept.cells if cell.cell_type == "code" and cell.source.strip()]
    if target.solved and not all(cell.execution_count for cell in code):
        return "was not executed"
    if not target.solved and any(cell.outputs for cell in code):
        return "holds outputs"
    return ""


def orphans(root: Path) -> Iterator[Path]:
    """Notebooks that no source makes."""
    made = {target.notebook for target in targets(root)}
    for room in ("notebooks", "solutions", "exercises"):
        yield from sorted(set((root / room).glob("*.ipynb")) - made)


def main(words: list[str], root: Path) -> int:
    """Build or check the notebooks under `root` and return the exit status."""
    chosen = targets(root, [word for word in words if word != "--check"])
    if "--check" not in words:
        for target in chosen:
            print(f"building {target.notebook.relative_to(root)}", flush=True)
            build(target)
        return 0
    faults = {target.notebook: fault for target in chosen if (fault := check(target))}
    faults |= dict.fromkeys(orphans(root), "has no source")
    for notebook, fault in faults.items():
        print(f"{notebook.relative_to(root)} {fault}: run `make notebooks`", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], Path(__file__).parents[2]))
    except ValueError as error:
        sys.exit(f"minir1.lab.build: error: {error}")
