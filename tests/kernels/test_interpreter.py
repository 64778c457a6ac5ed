"""Triton 3.6's interpreter can read the bound of a loop, whatever numpy is beside it."""

import harness  # noqa: F401 - the interpreter is on before Triton is imported
import pytest
import torch
import triton
import triton.language as tl
from triton.runtime import interpreter

from minir1_kernels.interpreter import read_numbers


@triton.jit
def count(out_ptr, n):
    found = 0
    for _ in range(0, n):
        found += 1
    tl.store(out_ptr, found)


def counted(n: int) -> int:
    out = torch.zeros(1, dtype=torch.int32)
    count[(1,)](out, n)
    return int(out)


@pytest.fixture
def triton_3_6(monkeypatch):
    """Any Triton reads numbers as 3.6 does: only from an array without an axis."""
    patch = interpreter._patch_lang_tensor

    def read(tensor):
        if tensor.handle.data.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return int(tensor.handle.data)

    def as_then(tensor, scope):
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", read)

    monkeypatch.setattr(interpreter, "_patch_lang_tensor", as_then)
    monkeypatch.setattr(triton, "__version__", "3.6.0")


def test_a_loops_bound_is_read_in_triton_3_6(triton_3_6):
    with pytest.raises(triton.runtime.errors.InterpreterError, match="0-dimensional"):
        counted(3)
    read_numbers()
    assert counted(3) == 3


def test_a_newer_triton_is_left_as_it_is(monkeypatch):
    patch = interpreter._patch_lang_tensor
    monkeypatch.setattr(triton, "__version__", "3.7.1")
    read_numbers()
    assert interpreter._patch_lang_tensor is patch and counted(3) == 3
