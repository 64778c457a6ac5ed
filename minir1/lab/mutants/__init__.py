"""Proof of the graders: wrong answers that each exercise rejects, right ones that it accepts.

A test is worth nothing until it has killed a named wrong answer. Every exercise is tried with

    by hand      the classic mistakes of `minir1/lab/exercises/`, each to be named in the message
    automatic    the solution with one operator, constant, axis or sign changed (`automatic.py`)
    right        the solution, the package's own function, and other ways to write it

`python -m minir1.lab.mutants` runs them all and writes the table (`table.py`).
"""
