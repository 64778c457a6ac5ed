"""`minir1 lab`: your own copies of the exercises, and JupyterLab on the lessons."""

import os
import sys


def main(*, copy_only: bool = False, browser: bool = True, port: int = 8888) -> int:
    """Copy the exercises into work/ once, never over your answers, and open JupyterLab.

    The server listens on this machine alone, and asks for its token.

    Args:
        copy_only: copy, and open nothing
        browser: open a browser too
        port: where the server listens
    """
    from minir1.lab.course import ROOT, work_folder
    from minir1.lab.words import Words
    from minir1.lab.work import lay_out

    work = work_folder()
    print("\n".join(lay_out(work, Words())), flush=True)
    if copy_only:
        return 0
    import jupyterlab  # noqa: F401 - the frame turns its absence into a line that says what to install

    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"]
    words += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += ["--LabApp.default_url=/lab/tree/notebooks"]
    words += [] if browser else ["--no-browser"]
    os.execv(sys.executable, words)
