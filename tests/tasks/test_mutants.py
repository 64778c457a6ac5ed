"""The tests of the verifiers are tested: sown bugs turn them red (mutants.py)."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("mutants", Path(__file__).with_name("mutants.py"))
assert SPEC is not None and SPEC.loader is not None
mutants = sys.modules["mutants"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutants)
SLOW = [mutant for mutant in mutants.MUTANTS if mutant.name not in mutants.FAST]


def test_every_mutant_has_a_name_and_changes_text_that_stands_once():
    assert len(mutants.MUTANTS) >= 30
    assert max(Counter(mutant.name for mutant in mutants.MUTANTS).values()) == 1
    for mutant in mutants.MUTANTS:
        assert (mutants.ROOT / mutant.file).read_text("utf-8").count(mutant.old) == 1, mutant.name


def test_the_tests_pass_on_an_unharmed_copy(tmp_path):
    mutants.copy(tmp_path)
    assert mutants.passes(tmp_path, mutants.COMPLETION)


@pytest.mark.parametrize("name", mutants.FAST)
def test_a_few_mutants_are_caught(name):
    assert not mutants.survives(next(one for one in mutants.MUTANTS if one.name == name))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", SLOW, ids=lambda mutant: mutant.name)
def test_every_mutant_is_caught(mutant):
    assert not mutants.survives(mutant)
