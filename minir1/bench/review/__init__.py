"""Are figures that don't hold found out? Bundles run again, and bundles with planted errors.

plants.py     errors of the kinds that reviewers find, each planted so that all hashes fit
measure.py    runs repeated from their bundles; planted bundles read, and run again
__main__.py   python -m minir1.bench.review
"""
