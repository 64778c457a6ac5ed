"""Several real processes for a lesson, on one machine: started by one call, gone after it.

    crew.run("travel", processes=4, owners=2)      what each of four processes saw

What a launcher such as torchrun does for a run, this does for a cell: it starts the same work
several times and says to each copy which one it is. The copies meet over gloo, as on a laptop.

    crew.py   the parent's side: ask, wait, end
    host.py   a warm process that has imported torch once, and forks the copies
    jobs.py   what the copies do: pieces of a real run
"""

from minir1.lab.crew.crew import Crew as Crew
