"""What a caller must give a kernel: checked before anything is launched.

A GPU does not notice a tensor that is too short or lies elsewhere; it reads what is there.
So each wrapper states what it takes, and anything else is a ValueError that says what was
expected. The checks read shapes and types, which the CPU knows; none waits for the GPU.

One thing can't be known without waiting: the values of indices. In the interpreter they are
checked. On a GPU an index outside 0 .. E-1 is left out by `sort` and its row adds nothing to
the result: no memory outside the tensors is touched, and nothing waits.
"""

import threading
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from minir1_kernels.interpreter import read_numbers

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
INTEGERS = (torch.int32, torch.int64)
ALIGNMENT = 16
"""Bytes. The tensor memory accelerator of sm_90 wants rows that begin at a multiple of it."""


INTERPRETER = threading.RLock()
"""Triton's interpreter keeps the number of the running program in one place, for all threads."""


def launching_on(x: Tensor) -> AbstractContextManager[object]:
    """Inside, kernels are launched where `x` lies. Triton launches on the current device, which
    is another one for most layers of a model that was spread over several GPUs.

    In the interpreter: inside, no other thread launches a kernel.
    """
    return INTERPRETER if interpreting() else torch.cuda.device_of(x)


def interpreting() -> bool:
    """Whether the kernels run on the CPU, in Triton's interpreter."""
    import triton

    return triton.knobs.runtime.interpret


if interpreting():
    read_numbers()


def require(ok: bool, name: str, given: object, expected: str) -> None:
    """Raise the ValueError that names the tensor, what was given, and what would do."""
    if not ok:
        raise ValueError(f"{name} is {given}: expected {expected}")


def check(
    name: str,
    tensor: Tensor,
    shape: tuple[int | None, ...],
    dtypes: tuple[torch.dtype, ...],
    like: Tensor | None = None,
) -> None:
    """Check one tensor; None in `shape` is any size; `like` gives the device.

    >>> check("x", torch.zeros(3, 4), (None, 5), FLOATS)
    Traceback (most recent call last):
    ValueError: x is of shape (3, 4): expected (any, 5)
    """
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name} is {type(tensor).__name__}: expected a torch.Tensor")
    fits = tensor.dim() == len(shape) and all(
        want in (None, size) for want, size in zip(shape, tensor.shape, strict=True)
    )
    wanted = ", ".join("any" if size is None else str(size) for size in shape)
    require(fits, name, f"of shape {tuple(tensor.shape)}", f"({wanted})")
    require(tensor.dtype in dtypes, name, tensor.dtype, " or ".join(map(str, dtypes)))
    require(
        tensor.is_contiguous(), name, f"not contiguous, strides {tensor.stride()}", ".contiguous()"
    )
    if like is not None:
        require(tensor.device == like.device, name, f"on {tensor.device}", f"{like.device}")


def check_device(name: str, tensor: Tensor) -> None:
    """Kernels run on a CUDA device, or in the interpreter on the CPU."""
    device = tensor.device
    if interpreting():
        require(device.type == "cpu", name, f"on {device}", "cpu, where the interpreter runs")
        require(
            tensor.dtype != torch.bfloat16,
            name,
            "bfloat16",
            "float32 or float16: Triton's interpreter multiplies bfloat16 wrongly, and silently",
        )
        return
    require(
        device.type == "cuda",
        name,
        f"on {device}",
        "a CUDA device (or set TRITON_INTERPRET=1 before the first import of triton)",
    )


def check_width(name: str, width: int, itemsize: int) -> None:
    """A row of `width` elements must fill whole units of 16 bytes: the copies' unit, and what
    `box.whole` tells the compiler."""
    step = ALIGNMENT // itemsize
    require(width > 0 and width % step == 0, name, width, f"a multiple of {step}, above 0")


def check_indices(name: str, indices: Tensor, low: int, high: int) -> None:
    """In the interpreter: every index is low .. high - 1 (see the top for a GPU)."""
    if interpreting() and indices.numel():
        smallest, largest = int(indices.min()), int(indices.max())
        require(
            low <= smallest and largest < high,
            name,
            f"from {smallest} to {largest}",
            f"indices from {low} to {high - 1}",
        )
