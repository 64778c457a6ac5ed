"""A bundle: what a published run leaves to a reviewer, small enough to be read.

bundle.json    config, seeds, data hashes, versions, device, figures with intervals, cost
base.jsonl     every transcript that the figures before RL follow from
final.jsonl    and after it
curves.jsonl   the rows of the curves
manifest.json  size and SHA-256 of every file above

shape.py     reading and writing one
making.py    from a finished run          minir1 export RUN FOLDER --bundle
figures.py   the figures, from transcripts
checks.py    read first: do the figures follow from the rows?       minir1 reproduce BUNDLE --check
again.py     then run again: do they come out?                      minir1 reproduce BUNDLE
"""
