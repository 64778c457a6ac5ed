"""Judge a program by hidden tests, behind the strongest walls that the host has.

verify.py   gold, program -> verdict: the expected values stay here
run.py      one program, one child process, one clock; nothing is left behind
values.py   read what came back, compare type and value
levels.py   which walls this host has, tried and not believed; what stays open
probe.py    the program that tries the doors
child/      all that runs on the far side
"""

from minir1.tasks.code.levels import Level as Level
from minir1.tasks.code.levels import strongest as strongest
from minir1.tasks.code.run import Limits as Limits
from minir1.tasks.code.verify import verify_code as verify_code
