"""What a kernel is given is checked first, and a message says what would do."""

import doctest
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import harness
import pytest
import torch
from layers import layer

import minir1_kernels
from minir1_kernels import contract, logprob, moe, router
from minir1_kernels.contract import (
    FLOATS,
    check,
    check_device,
    check_indices,
    check_width,
    launching_on,
)
from minir1_kernels.route import Rule

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
    for device in ("cuda:0", "cuda:1"):
        check_device("x", fake(device, torch.bfloat16))
    with pytest.raises(ValueError, match="x is on cpu: expected a CUDA device"):
        check_device("x", fake("cpu"))


def test_on_a_gpu_no_value_is_read_and_no_lock_is_held(monkeypatch):
    """Reading an index would wait for the GPU; there the sort leaves a wrong one out."""
    wrong = torch.tensor([7])
    with pytest.raises(ValueError, match="ids is from 7 to 7: expected indices from 0 to 3"):
        check_indices("ids", wrong, 0, 4)
    assert launching_on(wrong) is contract.INTERPRETER
    monkeypatch.setattr(contract, "interpreting", lambda: False)
    check_indices("ids", wrong, 0, 4)
    assert isinstance(launching_on(wrong), torch.cuda.device_of)


def test_every_kernel_is_launched_on_the_device_of_its_tensors(monkeypatch):
    """A model spread over GPUs: most layers don't lie on the current one. A stand-in for
    `torch.cuda.device_of` notes the tensor whose device is current at each launch."""
    current, launched = [], []

    class DeviceOf:
        def __init__(self, x):
            self.x = x

        def __enter__(self):
            current.append(self.x)

        def __exit__(self, *error):
            assert current.pop() is self.x

    real = harness.BUILDER.set_grid_dim
    monkeypatch.setattr(
        harness.BUILDER, "set_grid_dim", lambda *grid: launched.append(current[-1]) or real(*grid)
    )
    monkeypatch.setattr(torch.cuda, "device_of", DeviceOf)
    monkeypatch.setattr(contract, "interpreting", lambda: False)
    for module in (moe, router, logprob):
        monkeypatch.setattr(module, "check_device", lambda name, tensor: None)
    a = layer(n=3, d=8, f=8, e=2, k=1)
    x, weight, gate_up, down = (t.requires_grad_() for t in a.floats)
    for call in (
        lambda: moe.experts(x, a.idx, weight, gate_up, down),
        lambda: router.route(x, torch.zeros(8), None, Rule(k=2))[0],
        lambda: torch.stack(logprob.token_logprobs(x, gate_up[0], a.idx[:, 0])),
    ):
        out = call()
        forward = len(launched)
        out.sum().backward()
        assert 0 < forward < len(launched), "both directions launch kernels"
        assert not current and all(t.device == x.device for t in launched)
        launched.clear()


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
