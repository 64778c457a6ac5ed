"""All that runs on the far side: a process that starts here, walls itself in, runs a program.

Standard library only. The folder is started as a program (`python -P -s -S child/`), never
imported by the package: its `__main__` finds the other files beside it.
"""
