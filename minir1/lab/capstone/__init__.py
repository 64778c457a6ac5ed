"""The capstone: a task of the learner's own, audited, trained, compared with a control, reported.

    work/capstone/task.py      the task, one file (minir1/tasks/sources/own.py says what it has)
    work/capstone/run/         minir1 run claim --with work/capstone/task.py --out work/capstone/run
    work/capstone/control/     the same with one thing changed
    work/capstone/report.md    figures, what the doctor said, limits

`minir1 grade work/capstone` pays by parts (rubric.py). What is the learner's own code, and what
reads the learner's files, runs in processes that can be killed (inside.py).
"""
