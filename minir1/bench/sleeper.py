"""A worker that does nothing for as long as it is told: what a hang costs the others."""

import time
from collections.abc import Callable
from typing import Any


def start() -> Callable[[Any], Any]:
    """The target of a pool whose requests say how many seconds they take."""
    return lambda seconds: time.sleep(seconds) or True
