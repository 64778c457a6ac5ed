"""What a lesson shows is what the package holds, and scales are read from one place."""

import functools
from pathlib import Path

import pytest

from minir1 import config
from minir1.lab.scale import at_scale, scale
from minir1.lab.show import show

ROOT = Path(__file__).parents[2]


def test_the_source_is_the_file(monkeypatch):
    monkeypatch.chdir(ROOT / "tests")
    shown = show(config.require)
    lines = (ROOT / "minir1" / "config" / "check.py").read_text().splitlines()
    assert shown.path == "../minir1/config/check.py"
    assert lines[shown.line - 1] == shown.text.splitlines()[0] == repr(shown).splitlines()[1]
    link = f"[minir1/config/check.py, line {shown.line}](../minir1/config/check.py)"
    assert shown._repr_markdown_().startswith(f"{link}\n\n```python\ndef require(")


def test_methods_lose_their_indentation_and_wrappers_are_looked_through():
    @functools.wraps(config.ZeroConfig.budget)
    def wrapped(*_):
        raise AssertionError("never called")

    assert show(wrapped).text.splitlines()[0].startswith("def budget(")
    assert "\n    past = " in show(wrapped).text


def test_classes_and_modules():
    # Python 3.13 takes a class's first line from what was compiled, which the checker of shapes
    # changes in these tests: there it may begin behind its decorator.
    assert "class RewardConfig:" in show(config.RewardConfig).text.splitlines()[:2]
    assert show(config).text.startswith('"""The nouns of a run,')


def test_what_has_no_source_says_so():
    with pytest.raises(ValueError, match="len> has no source to show"):
        show(len)


@pytest.mark.parametrize(("value", "expected"), [("", 2), ("smoke", 1), ("laptop", 2), ("full", 3)])
def test_scale(value, expected, monkeypatch):
    monkeypatch.setenv("MINIR1_SCALE", value)
    assert at_scale(smoke=1, laptop=2, full=3) == expected


def test_an_unknown_scale_is_refused(monkeypatch):
    monkeypatch.setenv("MINIR1_SCALE", "huge")
    with pytest.raises(ValueError, match="'huge' can't be used: use smoke, laptop or full"):
        scale()
