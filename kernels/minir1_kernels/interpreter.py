"""Triton 3.6's interpreter, mended for numpy 2.4 and newer.

A kernel's number, such as the bound of a loop, is there an array of one number. Triton 3.6, which
torch 2.11 brings, reads it by `int(array)`, and numpy 2.4 refuses that of all arrays but those
without an axis. Triton 3.7 takes the number out first; this does the same.
"""

from typing import Any


def read_numbers() -> None:
    """Let the interpreter of this process read numbers. Triton 3.7 and newer do it themselves."""
    import triton
    from triton.runtime import interpreter

    if not triton.__version__.startswith("3.6."):
        return
    patch = interpreter._patch_lang_tensor

    def mended(tensor: Any, scope: Any) -> None:
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: self.handle.data.item())

    interpreter._patch_lang_tensor = mended
