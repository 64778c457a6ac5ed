"""Values across the pipe, and their comparison, whatever an answer returns."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.lab.exercises import COURSE
from minir1.lab.grader.compare import Tolerance, compare
from minir1.lab.grader.grade import draw_cases
from minir1.lab.grader.plain import Record, pack, plain, unpack
from minir1.lab.grader.worker import records
from minir1.tasks.base import Verdict

numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5),
    st.fractions(),
)  # fmt: skip
trees = st.recursive(
    numbers,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
        | st.builds(
            Record, st.text(max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)
        )
    ),
    max_leaves=8,
)


@given(trees)
def test_plain_data_survives_the_pipe(value):
    assert unpack(pack(plain(value))) == plain(value)
    assert compare(plain(value), unpack(pack(plain(value))), Tolerance()) is None


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(2, 3).T,
        torch.randn(3, dtype=torch.complex64).conj(),
        torch.arange(6).reshape(2, 3)[:, ::2],
        torch.tensor(True),
        torch.tensor([math.nan, math.inf]),
        torch.zeros(0, 4),
        torch.randn(2, requires_grad=True),
        torch.ones(2, dtype=torch.bfloat16).expand(3, 2),
        torch._neg_view(torch.ones(3)),
    ],
)
def test_tensors_survive_the_pipe(tensor):
    back = unpack(pack(plain(tensor)))
    assert back.dtype == tensor.dtype and back.shape == tensor.shape and not back.requires_grad
    assert torch.equal(back.nan_to_num(7), tensor.detach().nan_to_num(7))


def test_what_is_no_data_keeps_only_its_name():
    assert plain(object()) == Record("object", {})
    assert plain(Verdict.CORRECT) == "Verdict.CORRECT"
    assert plain({(1, 2): np.float64(3)}) == {"(1, 2)": 3.0}
    assert plain({3, 1}) == Record("set", {"items": [1, 3]})
    deep: list = []
    deep.append(deep)
    assert "too deep" in repr(plain(deep))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_records_are_no_error(data):
    assert isinstance(records(data), list)


def test_records_end_where_they_can_no_longer_be_read():
    one = pack({"ready": True})
    good = len(one).to_bytes(8, "big") + one
    assert records(good + good[:-3]) == [{"ready": True}]
    assert records(good + (5).to_bytes(8, "big") + b"xxxxx" + good) == [{"ready": True}]


DIFFER = {
    "value": [(1.0, 1.1), ([1, 2], [1, 3]), ("a", "b"), (True, False), (3, 4),
              (torch.ones(2), torch.tensor([1.0, 1.01])), ({"a": 1}, {"a": 2}),
              (Fraction(1, 3), Fraction(1, 2)), (1.0, math.nan), (1, 10**400)],
    "shape": [([1], [1, 2]), (torch.ones(2), torch.ones(2, 1)), (torch.ones(2), torch.ones(3))],
    "type": [(1.0, None), (torch.ones(2), [1.0, 1.0]), (True, 1),
             (torch.ones(1), torch.ones(1).int()),
             (torch.ones(2).bool(), torch.ones(2)), ("a", 1), ([1], {"a": 1}),
             (Record("A", {}), Record("B", {})), (Record("A", {"x": 1}), Record("A", {"y": 1})),
             (torch.ones(2), Record("huge tensor", {}))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "pair"), [(k, pair) for k, pairs in DIFFER.items() for pair in pairs]
)
def test_a_difference_is_found_and_named(kind, pair):
    found = compare(*map(plain, pair), Tolerance())
    assert found is not None and found.kind == kind
    assert found.expected != found.got


AGREE = [(1.0, 1.00001), ((1, 2), [1, 2]), (3.0, torch.tensor(3.0)), (torch.tensor(3.0), 3),
         (torch.ones(2), np.ones(2)), (torch.ones(2), torch.ones(2).double()),
         ([1, 2], torch.tensor([1, 2])),
         (math.nan, math.nan), (0.5, Fraction(1, 2)), (torch.arange(2), torch.arange(2).int()),
         (math.inf, math.inf)]  # fmt: skip


@pytest.mark.parametrize("pair", AGREE)
def test_what_means_the_same_agrees(pair):
    assert compare(*map(plain, pair), Tolerance()) is None


def test_the_first_place_and_the_count_are_told():
    right = torch.zeros(2, 3)
    wrong = right.clone()
    wrong[1, 0] = wrong[1, 2] = 5
    found = compare({"x": [right]}, {"x": [wrong]}, Tolerance())
    assert (found.where, found.count, found.of) == ("['x'][0][1, 0]", 2, 6)


ODD = [None, True, 3, -1.5, math.nan, "text", [], [None], [[1, 2], [0]], [[-1]], ["a"], {},
       {"a": 1},
       torch.zeros(()), torch.zeros(4, 5), torch.zeros(4), torch.zeros(0), torch.zeros(2, 3).bool(),
       torch.ones(3, dtype=torch.complex64), Record("Batch", {}),
       Record("Interval", {"value": None}),
       Record("Interval", {"value": 1, "low": "x", "high": 2}), Record("Batch", {"inputs": [1]}),
       Record("Parsed", {}), 10**400, Fraction(1, 3), [[10**30]], [[True]]]  # fmt: skip


@pytest.mark.parametrize("exercise", COURSE, ids=lambda one: one.id)
def test_no_value_however_odd_breaks_a_judge_or_passes_it(exercise):
    """What comes back from a learner's process may be anything."""
    for part in draw_cases(exercise.parts, 1):
        for case in part:
            for value in ODD:
                exercise.tidy(value)
                if case.judge is not None:
                    assert isinstance(case.judge(value), str)
        if part[0].judge is not None:
            for value in ODD:
                assert any(case.judge(value) for case in part if case.judge), (part[0], value)
