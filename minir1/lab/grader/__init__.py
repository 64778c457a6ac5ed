"""The grader: a learner's answer in, points and a message that teaches out.

    notebook -> answer cell -> child process -> plain values -> comparison -> points, message

It runs answer cells and nothing else, each in a process that can be killed. The expected values
never leave the parent, and it never unpickles what comes back: a patched `torch.allclose`,
a deleted test cell, an endless loop or an `os._exit` in an answer can't earn a point.

What it is not: a prison for a hostile program. An answer runs with the learner's own rights, and
whoever wants to read the solutions can. An instructor keeps hidden parts elsewhere (`hidden.py`).

| file          | concept                                             |
|---------------|-----------------------------------------------------|
| exercise.py   | the nouns: an exercise, its parts, their cases      |
| answer.py     | find an answer in a notebook, a file or a cell      |
| plain.py      | values as plain data, across a pipe without pickle  |
| trials.py     | a learner's test: what it refuses or lets pass      |
| launches.py   | whether a kernel wrote the result                   |
| call.py       | call a function on a case: its value, its gradients |
| child.py      | the process that runs one answer, under limits      |
| nursery.py    | a warm process that bears the children              |
| worker.py     | the parent's side: ask, wait, kill                  |
| compare.py    | expected and got: what differs, and where           |
| grade.py      | one answer, graded                                  |
| mistakes.py   | the name of a classic mistake                       |
| outcome.py    | the nouns of a result, and the words it is told in  |
| hidden.py     | an instructor's own parts                           |
| submission.py | a folder of notebooks, and a class of them          |
"""
