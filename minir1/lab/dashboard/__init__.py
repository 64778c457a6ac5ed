"""`dashboard(run)`: any run, live in JupyterLab, with buttons to stop it and to let it go on.

    dashboard(recipes.smoke())        a run of your own: press Start
    dashboard("laptop")               a run in runs/, or one that came with the course
    dashboard("/data/runs/mine")      any run's folder

The run is a process of its own (process.py): the notebook watches its folder, so the page can be
closed, reloaded, or opened on a run that a terminal started. Curves, rollouts, experts and the
doctor's findings follow it (standing.py reads, page.py and its neighbours draw, handles.py holds
the widgets, watch.py moves them). Saved, or where nobody can press a button, the page keeps a
picture and words (still.py).
"""

from __future__ import annotations

from pathlib import Path

from minir1.config import Config
from minir1.lab.course import ROOT
from minir1.lab.dashboard.process import Process
from minir1.lab.dashboard.standing import view_of
from minir1.lab.explore import is_live
from minir1.recipes import RECIPES
from minir1.run.home import CONFIG, RUNS, find_run, read_config

__all__ = ["dashboard"]


def dashboard(run: Config | Path | str, start: bool = False, out: Path | None = None) -> None:
    """Show a run. With `start`, start it at once; without a live page, wait for its end.

    The run of a config lies in runs/NAME, or in `out`.
    """
    from IPython.display import display

    from minir1.lab.dashboard.still import still, told

    folder, config = place(run, out)
    process = Process(folder, config)
    if not is_live():
        if start and process.worker() is None:
            process.start()
            process.wait()
        found = view_of(process)
        display(still(found))
        display(told(found))
        return
    from minir1.lab.dashboard.handles import Handles
    from minir1.lab.dashboard.watch import Watcher, take_over

    take_over(folder)
    handles = Handles()
    display(handles.box)
    if start and process.worker() is None:
        process.start()
    found = view_of(process)
    stills = (display(still(found), display_id=True), display(told(found), display_id=True))
    watcher = Watcher(process, handles, stills)
    watcher.look()
    watcher.start()


def place(run: Config | Path | str, out: Path | None = None) -> tuple[Path, Config]:
    """The folder and the config of a run; a config's folder may not be there yet."""
    if isinstance(run, Config):
        return (ROOT / RUNS / run.name if out is None else Path(out)), run
    if not (Path(run) / CONFIG).is_file() and (ROOT / RUNS / run / CONFIG).is_file():
        run = ROOT / RUNS / run
    try:
        folder = find_run(run)
    except ValueError:
        if str(run) in RECIPES:
            return place(RECIPES[str(run)](), out)
        raise
    return folder, read_config(folder)
