"""kernels/README.md: its example runs, and its tables are those of the committed rows."""

import doctest
import json
import re

import bench
import blocks
import predict

RESULTS = blocks.README.parent / "results" / "aot.jsonl"
PAGE = blocks.README.read_text("utf-8")


def test_the_example_runs():
    failed, tried = doctest.testfile(str(blocks.README), module_relative=False)
    assert failed == 0 < tried


def test_tables_are_computed_from_rows():
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    page = blocks.filled(PAGE, "aot", blocks.compiled_table(rows))
    page = blocks.filled(page, "predict", predict.table())
    assert blocks.filled(page, "bench", bench.saved_tables()) == PAGE, (
        "run `make aot` and `python kernels/bench.py --predict --save`"
    )


def test_it_says_that_nothing_was_timed_as_long_as_that_is_so():
    assert ("Nothing on this page was timed on a GPU yet" in PAGE) != bench.RESULTS.exists()


def test_every_file_it_names_exists():
    folder = blocks.README.parent
    for name in re.findall(r"\b([a-z_]+\.(?:py|jsonl))\b", PAGE):
        found = [*folder.rglob(name), *(folder.parent / "tests" / "kernels").glob(name)]
        assert found or name == "bench.jsonl", name
