"""Where the training rows of a run come from, and whether held-out problems are among them.

origin.py    a row and a data set, as an auditor sees them
made.py      rows that are made on the fly: the base's texts, RL's questions
written.py   rows that a model wrote: cold start, kept samples, pairs, teacher's traces
leaks.py     decontamination: by problem key for toys, by n-grams for prose
audit.py     all of it, for a run's folder
"""
