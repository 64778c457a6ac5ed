"""Values: strict JSON in, type and value compared."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks.code.values import decode, same

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False).filter(lambda x: abs(x) != float("inf")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_plain_values_come_through_unchanged(value):
    assert same(value, decode(json.dumps(value).encode()))


@given(PLAIN, PLAIN)
def test_same_means_the_same_text_of_json(a, b):
    """An independent judge: JSON's text with sorted keys tells 1, 1.0 and true apart."""
    a_text, b_text = (json.dumps(one, sort_keys=True).replace("-0.0", "0.0") for one in (a, b))
    if '"' not in a_text + b_text:  # a text may hold "-0.0" itself
        assert same(a, b) == (a_text == b_text)
    assert same(a, b) == same(b, a)


@pytest.mark.parametrize(
    "line",
    [
        *(b"NaN", b"Infinity", b"-Infinity", b"[NaN]", b"1e999", b"-1e999", b"", b" ", b"1 2"),
        *(
            b"[1,]",
            b"'a'",
            b"01",
            b"+1",
            b".5",
            b"1.",
            b"0x1",
            b"True",
            b"None",
            b"{1: 2}",
            b'{"a": 1, "a": 1}',
        ),
        *(
            b"\xff",
            b'"\x01"',
            b"\x001",
            "\ufeff1".encode(),
            b"1" * 5000,
            b"[" * 100_000,
            b'"\\ud8"',
        ),
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(ValueError):
        decode(line)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_value_error(line):
    try:
        value = decode(line)
    except ValueError:
        return
    assert same(value, value)


KINDS = [None, True, False, 0, 1, 0.0, 1.0, "", "1", "true", "None", [], [1], [[1]], {}, {"1": 1}]


def test_no_two_kinds_are_the_same():
    for i, a in enumerate(KINDS):
        for j, b in enumerate(KINDS):
            assert same(a, b) == (i == j), (a, b)
            assert same([a], [b]) == same({"k": a}, {"k": b}) == (i == j)


def test_a_tolerance_is_relative_exact_and_never_for_truth_values():
    assert same(1.0, 1.0 + 1e-10, 1e-9) and not same(1.0, 1.0 + 1e-8, 1e-9)
    assert same(1e30, 1e30 + 1e20, 1e-9) and not same(1e-30, 2e-30, 1e-9)
    assert same(2, 2.0, 1e-9) and not same(2, 2.0)
    assert not same(0.0, 1e-300, 1e-3) and same(0, 0.0, 1e-3)
    assert not same(1, True, 1e-3) and not same(True, 1.0, 1e-3)
    assert not same(1.0, "1.0", 1e-3) and not same(1.0, None, 1e-3)
    assert not same(10**400, 1.5, 1e-3) and same(10**400, 10**400 + 1, 1e-9)
    assert not same(1.0, 1.0 + 1e-12)
