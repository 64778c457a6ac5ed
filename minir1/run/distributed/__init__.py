"""The processes of a run: the only folder that may name torch.distributed.

One process is not a special case with an `if` around it: it is a `World` of size 1, whose answer
to every question about the others is its own. Code that asks the world the same questions on one
process and on many stays one code path.

    world.py       one process, alone: the null object
    processes.py   many: share work, gather results, agree
    start.py       `join`: which of the two this is; how it ends when a process is lost
    shard.py       each process keeps a part of each tensor (FSDP2), and some of the experts
    experts.py     rows travel to the process that owns their expert, and back (all-to-all)
    links.py       how fast the links between them are
    box.py         which part of a tensor lies here
    recompute.py   activation checkpointing
    simulate.py    one process that plays one of many, on tensors without data
    attention.py   what attention would keep on a GPU, for it
    saving.py      checkpoints in pieces, read back by any other number of processes
"""

from minir1.run.distributed.start import ProcessLost as ProcessLost
from minir1.run.distributed.start import fitting as fitting
from minir1.run.distributed.start import join as join
from minir1.run.distributed.world import SOLO as SOLO
from minir1.run.distributed.world import World as World
