"""The report of a run: one page that a person wants to look at.

`write_report` reads what a run left (config, metrics, evaluations, ledger) and writes
`report/index.html`, which needs no network and no other file, and each chart as a PNG
beside it. What the run has not done yet is left out, with one line that says so.

    reading.py      the run's files, as one value
    words.py        numbers as people read them
    ink.py          colours of both themes, and a chart as SVG and PNG
    curves.py       the three curves of R1-Zero, and the health of the training
    patience.py     patience or insight: what blind search would have solved as well
    stages.py       what each stage of a pipeline can do
    transcripts.py  the same problems before and after RL
    sections.py     the other sections, in numbers and sentences
    page.py         all of it into the template
"""

from minir1.run.report.page import write_report as write_report
