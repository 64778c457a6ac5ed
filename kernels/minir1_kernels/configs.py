"""Which tile sizes a kernel runs with: a plain table, by op, chip and shape.

The table is `configs.jsonl`, one line a choice, so that a change of one tile is a change of
one line. There is no autotuning: a kernel that measures itself at its first call picks other
tiles on another day, and other tiles add the same numbers in another order. `kernels/tune.py`
measures on a GPU and writes lines here; `kernels/aot.py` compiles every line without one.

    chip        shared memory a block   matrix instruction
    sm_80       163 kB (A100)           mma
    sm_89        99 kB (RTX 4090)       mma
    sm_90       227 kB (H100, H800)     wgmma
    interpret   any                     numpy, on the CPU: small tiles, to run many programs

A shape is either the weights' own widths ("D=2048 F=768", written by the tuner) or one of
two classes: "wide", every width at least 256, or "narrow", the laptop's models.

The number of tokens is never asked for. If it chose the tiles, a token's result would depend
on how many others stand in its batch, and the trainer could not repeat the sampler's bits.

>>> config("up", "interpret", D=64, F=48)["BLOCK_M"]
32
>>> config("up", "sm_90", D=2048, F=768)["num_warps"]
8
"""

import json
import os
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("configs.jsonl")

# Whether a * b + c is one rounding or two belongs to a kernel's bits. Triton 3.10 will change
# its default and 3.9 warns; this keeps what both have had.
os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")

SHARED_BYTES = {"sm_80": 163 * 1024, "sm_89": 99 * 1024, "sm_90": 227 * 1024}
"""The most shared memory that one block may ask for (CUDA programming guide, table of
compute capabilities)."""

WIDE = 256
"""From this width on a tile of 128 columns is worth its registers."""


def config(op: str, arch: str, *, itemsize: int = 2, **widths: int) -> dict[str, int]:
    """The tile sizes, warps and stages of `op` on `arch` for weights of these widths.

    `widths` are axes of the weights, by their letter: D=2048, F=768. `itemsize` is the bytes
    of one element: tiles are listed for 2 (bf16, fp16). 4 (fp32) is multiplied without tensor
    cores, where wide tiles spill: it takes the narrow ones, and half of the inner axis at a time.
    """
    choices = table().get((op, arch))
    if choices is None:
        known = sorted({a for o, a in table() if o == op})
        raise ValueError(
            f"no config of op {op!r} for {arch!r}: "
            + (f"this op has {', '.join(known)}" if known else f"ops are {', '.join(ops())}")
        )
    shape = "narrow" if itemsize > 2 else shape_class(widths)
    chosen = dict((itemsize == 2 and choices.get(exact(widths))) or choices[shape])
    if itemsize > 2 and arch != "interpret" and "BLOCK_K" in chosen:
        chosen["BLOCK_K"] = max(16, chosen["BLOCK_K"] * 2 // itemsize)
    return chosen


def exact(widths: dict[str, int]) -> str:
    """The name of one exact shape: letters in order.

    >>> exact({"F": 768, "D": 2048})
    'D=2048 F=768'
    """
    return " ".join(f"{letter}={widths[letter]}" for letter in sorted(widths))


def shape_class(widths: dict[str, int]) -> str:
    """Wide if the width of the model and of an expert are both wide.

    >>> shape_class({"D": 2048, "F": 48})
    'narrow'
    """
    smallest = min((widths[letter] for letter in ("D", "F") if letter in widths), default=WIDE)
    return "wide" if smallest >= WIDE else "narrow"


def current_arch() -> str:
    """The line of the table for the GPU that Triton compiles for now, or "interpret".

    Chips whose blocks hold as much memory share a line: an RTX 3090 (8.6) and an RTX 5090
    (12.0) read sm_89's.
    """
    import triton

    if triton.knobs.runtime.interpret:
        return "interpret"
    capability = triton.runtime.driver.active.get_current_target().arch
    if 90 <= capability < 120:
        return "sm_90"
    return "sm_80" if capability in (80, 87) else "sm_89"


def ops() -> list[str]:
    """Every op of the table, in its order."""
    return list(dict.fromkeys(op for op, _ in table()))


@cache
def table() -> dict[tuple[str, str], dict[str, dict[str, int]]]:
    """(op, arch) -> shape -> config."""
    return parse(TABLE.read_text().splitlines())


def parse(lines: list[str]) -> dict[tuple[str, str], dict[str, dict[str, int]]]:
    """Read the lines of a table; a shape is listed once, and "narrow" and "wide" always are."""
    found: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        choices = found.setdefault((row["op"], row["arch"]), {})
        if row["shape"] in choices:
            raise ValueError(f"configs.jsonl line {number} lists {row['shape']!r} a second time")
        choices[row["shape"]] = row["config"]
    for (op, arch), choices in found.items():
        missing = {"narrow", "wide"} - set(choices)
        if missing:
            raise ValueError(f"configs.jsonl has no line {op} {arch} {' and '.join(missing)}")
    return found
