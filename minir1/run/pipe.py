"""A reader that leaves early is no error: `minir1 diff smoke laptop | head -3`.

`head` closes its end of the pipe after three lines. What is printed then fails with a
BrokenPipeError, here and again when Python flushes its output at the end.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Whatever is printed inside the `with` after the reader has gone is dropped, in silence."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # there never was a reader: `minir1 run laptop >&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - to the end of the process
    try:
        yield
    except BrokenPipeError:
        if not reader_has_left():
            raise  # another pipe broke, such as that of a verifier's worker
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reader_has_left() -> bool:
    """Whether nobody reads what this process prints."""
    watch = select.poll()
    watch.register(sys.stdout.fileno(), 0)  # an error, or the other end closed, is always told
    return bool(watch.poll(0))
