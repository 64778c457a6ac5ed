"""Triton kernels for a mixture of experts: the fast path beside minir1's readable torch.

Importing this package imports nothing else, so it is safe on a machine without triton. The
kernels stand in modules of their own, each with its equation, its kernel and its wrapper.
"""


def available() -> tuple[bool, str]:
    """Whether the kernels can run here, and why (not).

    >>> ok, reason = available()
    >>> bool(reason)
    True
    """
    import importlib.util
    import os

    if importlib.util.find_spec("triton") is None:
        return False, "triton is not installed (the extra `kernels`, Linux only)"
    if os.environ.get("TRITON_INTERPRET") == "1":
        return True, "Triton's interpreter, on the CPU (TRITON_INTERPRET=1)"
    import torch

    if not torch.cuda.is_available():
        return False, "torch sees no CUDA device (TRITON_INTERPRET=1 runs the kernels on the CPU)"
    return True, torch.cuda.get_device_name()
