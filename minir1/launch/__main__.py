"""`python -m minir1.launch RECIPE ...`: `minir1 run`, on all GPUs of all machines.

Every provider says in variables of its own how many machines there are and which one this is.
This file turns them into torchrun's options, prints the command, and becomes it.

    python -m minir1.launch --print h800_8 --out /shared/h800_8     only print it
    python -m minir1.launch preflight h800_8 --out /shared/h800_8   look at the machines first
"""

from __future__ import annotations

import os
import shlex
import sys

from minir1.launch.variables import check_gpus, machines, torchrun
from minir1.run.pipe import reader_may_leave

SECONDS_TO_SAVE = 1200
"""How long torchrun waits for processes that were asked to stop. The rest of a step and a
checkpoint must fit into it: 3 minutes (planned) and 192 GB for h800_8, 16 minutes at 200 MB/s."""


def main(words: list[str]) -> int:
    """Print torchrun's command, and start it unless `--print` came first."""
    only_print = words[:1] == ["--print"]
    words = words[only_print:]
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if words else 2
    try:
        where = machines(os.environ)
        command = torchrun(where, words)
        if not only_print:
            check_gpus(where, os.environ)
    except ValueError as error:
        print(f"minir1.launch: error: {error}", file=sys.stderr)
        return 2
    print(shlex.join(command), flush=True)
    if not only_print:
        # Sampling and training take turns with memory; segments that grow leave no gaps behind.
        os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
        # Not as the option of that name: the torchrun of torch 2.11 has none, and waits 30 seconds.
        os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", str(SECONDS_TO_SAVE))
        os.execvp(command[0], command)
    return 0


if __name__ == "__main__":
    with reader_may_leave():
        sys.exit(main(sys.argv[1:]))
