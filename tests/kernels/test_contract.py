"""What a kernel is given is checked first, and a message says what would do."""

import doctest
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import minir1_kernels
from minir1_kernels import contract
from minir1_kernels.contract import FLOATS, alone, check, check_device, check_indices, check_width

FILES = sorted(Path(minir1_kernels.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", [f.stem for f in FILES if f.stem != "__init__"])
def test_worked_examples(file):
    module = importlib.import_module(f"minir1_kernels.{file}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_file_with_a_kernel_says_what_it_equals_and_what_it_costs(file):
    """The lesson of an op: its definition in torch, its bytes and its arithmetic."""
    text = file.read_text("utf-8")
    launched = re.findall(r"^@triton\.jit\ndef (\w+)\([^)]*_ptr", text, re.MULTILINE)
    if launched:
        head = text.split('"""')[1]
        costs = "Moves" in head or "FLOPs" in head
        assert "Spec:" in head and costs, f"{file.name} has the kernels {launched}"


def fake(device: str, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return SimpleNamespace(device=torch.device(device), dtype=dtype)  # type: ignore[return-value]


def test_the_device_must_be_the_one_that_kernels_run_on(monkeypatch):
    check_device("x", fake("cpu"))
    for given, message in (
        (fake("cuda:0"), "x is on cuda:0: expected cpu, where the interpreter runs"),
        (fake("cpu", torch.bfloat16), "x is bfloat16: expected float32 or float16"),
    ):
        with pytest.raises(ValueError, match=message):
            check_device("x", given)
    monkeypatch.setattr(contract, "interpreting", lambda: False)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    check_device("x", fake("cuda:0", torch.bfloat16))
    for given, message in (
        (fake("cpu"), "x is on cpu: expected a CUDA device .or set TRITON_INTERPRET=1"),
        (fake("cuda:1"), "x is on cuda:1: expected the current device, cuda:0"),
    ):
        with pytest.raises(ValueError, match=message):
            check_device("x", given)


def test_on_a_gpu_no_value_is_read_and_no_lock_is_held(monkeypatch):
    """Reading an index would wait for the GPU; there the sort leaves a wrong one out."""
    wrong = torch.tensor([7])
    with pytest.raises(ValueError, match="ids is from 7 to 7: expected indices from 0 to 3"):
        check_indices("ids", wrong, 0, 4)
    assert alone() is contract.INTERPRETER
    monkeypatch.setattr(contract, "interpreting", lambda: False)
    check_indices("ids", wrong, 0, 4)
    assert alone() is not contract.INTERPRETER


@pytest.mark.parametrize(("width", "itemsize", "ok"), [(8, 2, 1), (4, 4, 1), (4, 2, 0), (0, 4, 0)])
def test_a_row_fills_units_of_16_bytes(width, itemsize, ok):
    if ok:
        check_width("D", width, itemsize)
    else:
        with pytest.raises(ValueError, match=f"D is {width}: expected a multiple of"):
            check_width("D", width, itemsize)


def test_a_tensor_that_fits_passes():
    x = torch.zeros(3, 4)
    check("x", x, (None, 4), FLOATS, like=x)
    with pytest.raises(ValueError, match="x is on cpu: expected meta"):
        check("x", x, (3, 4), FLOATS, like=torch.zeros(1, device="meta"))
