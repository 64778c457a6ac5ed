"""A kernel exercise wants a kernel: right numbers from torch earn nothing, and are told why."""

from importlib.util import find_spec

import pytest
import torch

from minir1.lab.course import solution_of, wrong_solutions
from minir1.lab.exercises import get
from minir1.lab.grader.launches import NOT_LAUNCHED, OUTSIDE, Launches, addresses, without_kernel
from minir1.lab.grader.outcome import Status
from minir1.lab.grader.told import Told
from minir1.lab.words import LANGUAGES, Words

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="needs the extra kernels")

TORCH = """
import torch

def tile_counts(experts, n_experts, block, out):
    for number, tile in enumerate(experts.split(block)):
        out[:n_experts, number] = torch.bincount(tile, minlength=n_experts)
"""
KERNEL = """
import torch
import triton
import triton.language as tl

@triton.jit
def kernel(expert_ptr, out_ptr, n_rows, n_tiles, FIRST: tl.constexpr, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = rows < n_rows
    expert = tl.load(expert_ptr + rows, mask=real, other=0)
    counted = real & (expert >= FIRST)
    tl.atomic_add(out_ptr + expert * n_tiles + tl.program_id(0), 1, mask=counted)

def tile_counts(experts, n_experts, block, out):
    n_tiles = triton.cdiv(len(experts), block)
    out[:n_experts] = 0
"""
LAUNCH = """    kernel[(n_tiles,)](
        experts, {out}, len(experts), n_tiles, FIRST={first}, BLOCK=block
    )
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_torch_answer_earns_nothing_and_is_told_why(language, graded):
    outcome = graded("tile_counts", TORCH)
    assert outcome.points == 0
    assert {(part.status, part.said) for part in outcome.parts} == {
        (Status.NO_KERNEL, NOT_LAUNCHED)
    }
    assert Words(language).say(NOT_LAUNCHED) in repr(
        Told(outcome, get("tile_counts"), Words(language))
    )


def test_zeros_before_the_launch_are_allowed(graded):
    text = KERNEL + LAUNCH.format(out="out", first=0)
    outcome = graded("tile_counts", text)
    assert outcome.points == outcome.max_points


def test_a_launch_beside_the_point_is_seen(graded):
    """The kernel counts some, or into memory of its own; torch writes the rest."""
    aside = KERNEL + LAUNCH.format(out="out.clone()", first=0)
    half = KERNEL + LAUNCH.format(out="out", first=2)
    rest = """    for number, tile in enumerate(experts.split(block)):
        out[:n_experts, number] = torch.bincount(tile, minlength=n_experts)
"""
    for text in (aside + rest, half + rest):
        outcome = graded("tile_counts", text)
        assert outcome.points < outcome.max_points
        assert outcome.first_fault.status is Status.NO_KERNEL
        assert outcome.first_fault.said == OUTSIDE


def test_wrong_numbers_are_told_first(graded):
    outcome = graded(
        "tile_counts", TORCH.replace("minlength=n_experts)", "minlength=n_experts) + 1")
    )
    assert outcome.status is Status.WRONG_VALUE


def test_the_mistake_is_named(graded):
    text = wrong_solutions(get("tile_counts"))["plain_torch"]
    assert graded("tile_counts", text, named=True).mistake == "plain_torch"


def test_an_exercise_without_a_kernel_asks_for_none(graded):
    assert not get("k3").asks_for_kernel
    assert graded("k3", solution_of(get("k3"))).status is Status.RIGHT


@pytest.mark.parametrize(
    "tensor",
    [torch.zeros(3, 4), torch.zeros(4, 3).T, torch.zeros(7)[2:6], torch.zeros(2, 6)[:, ::2],
     torch.zeros(5, dtype=torch.int16), torch.zeros(()), torch.zeros(0, 2)],
)  # fmt: skip
def test_addresses_are_those_of_each_number(tensor):
    """The oracle: a view of each single number knows where it lies."""
    found = addresses(tensor)
    assert found.shape == tensor.shape
    for place in torch.ones(tensor.shape).nonzero().tolist():
        assert found[tuple(place)].item() == tensor[tuple(place)].data_ptr()


def test_what_nobody_stored_is_outside():
    launches = Launches()
    before, now = torch.tensor([5.0, 5.0, 5.0]), torch.tensor([5.0, 0.0, 7.0])
    assert launches.seen(before, now) == {"launches": 0, "outside": 1}, "kept, cleared, changed"
    launches.forget()
    assert launches.seen(before, before) == {"launches": 0, "outside": 0}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({}, NOT_LAUNCHED),
        ({"launches": 0, "outside": 0}, NOT_LAUNCHED),
        ({"launches": 1}, OUTSIDE),
        ({"launches": 2, "outside": 3}, OUTSIDE),
        ({"launches": 2, "outside": 0}, ""),
    ],
)
def test_what_a_child_may_tell(record, said):
    assert without_kernel(record) == said
