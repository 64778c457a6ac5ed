"""Compile every kernel with every config for a chip that is not here, and read what came out.

    python kernels/aot.py                              this Triton, every chip
    python kernels/aot.py --chip sm_90 --shape wide    less
    python kernels/aot.py --triton 3.6.0 3.9.0         each version, in a folder of its own

ptxas comes with Triton, so a laptop can know what an H100 would run: how many registers a
thread takes, whether some spill to memory, how much shared memory a block asks for, whether a
matrix product became the tensor cores' `wgmma` and a descriptor the TMA unit's copy. It can't
know how fast that is.

There is no second list of kernels and signatures to keep in step with the first. The package's
own wrappers run, as a training step would call them, under a driver that names the chip and a
launcher that compiles and does not launch. A kernel added to a wrapper is compiled here from
the next run on, with the argument types that it really gets.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "aot.jsonl"
CHIPS = ("sm_80", "sm_89", "sm_90")
TOLD = ("registers", "spill", "shared", "limit", "wgmma", "tma", "cp_async")
COLUMNS = ("triton", "chip", "shape", "op", "kernel", *TOLD)
"""Of the printed table; a row of results/aot.jsonl holds more."""


class NoDevice:
    """Triton's driver for a chip that is not here: it can say its name, and no more."""

    def __init__(self, chip: str) -> None:
        from triton.backends.compiler import GPUTarget

        self.target = GPUTarget("cuda", int(chip.removeprefix("sm_")), 32)

    def get_current_target(self) -> Any:
        return self.target

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0


def compile_all(chip: str, shapes: list[str]) -> Iterator[dict[str, Any]]:
    """One row a compiled kernel. For a process of its own: it changes Triton for good."""
    import triton
    from triton.runtime.jit import JITFunction

    from minir1_kernels import configs, contract

    triton.runtime.driver.set_active(NoDevice(chip))
    contract.check_device = lambda name, tensor: None  # the tensors lie on the CPU
    asked: list[tuple[str, dict[str, int]]] = [("tiles", {})]
    found: list[tuple[str, dict[str, int], str, Any]] = []
    compile_and_launch, look_up = JITFunction.run, configs.config

    def only_compile(self: Any, *args: Any, grid: Any, warmup: bool, **kwargs: Any) -> None:
        try:
            made = compile_and_launch(self, *args, grid=grid, warmup=True, **kwargs)
        except RuntimeError as failure:
            made = str(failure).splitlines()[0]
        if all(made is not known for *_, known in found):
            found.append((*asked[-1], self.__name__, made))

    def remember(op: str, arch: str, **widths: int) -> dict[str, int]:
        asked.append((op, look_up(op, arch, **widths)))
        return dict(asked[-1][1])

    JITFunction.run, configs.config = only_compile, remember
    for shape in shapes:
        first = len(found)
        call_wrappers(shape)
        for op, tiles, name, made in found[first:]:
            yield {
                "triton": triton.__version__, "chip": chip, "shape": shape,
                "op": op, "kernel": name, "config": tiles, "limit": configs.SHARED_BYTES[chip],
                **({"error": made} if isinstance(made, str) else read(made)),
            }  # fmt: skip


def call_wrappers(shape: str) -> None:
    """Everything that the package offers, once, as training and as sampling call it."""
    import torch

    from minir1_kernels import logprob, moe

    widths = {"wide": (2048, 768), "narrow": (64, 48)}
    d, f = widths[shape] if shape in widths else tuple(map(int, re.findall(r"\d+", shape)))
    n, e, k, v = 64, 8, 2, 256

    def weights(*size: int) -> torch.Tensor:
        return torch.zeros(size, dtype=torch.bfloat16, requires_grad=True)

    x, idx = weights(n, d), torch.zeros(n, k, dtype=torch.int64)
    weight = torch.zeros(n, k, requires_grad=True)
    layer = (x, idx, weight, weights(e, 2 * f, d), weights(e, d, f))
    moe.experts(*layer).sum().backward()
    with torch.no_grad():
        moe.experts(*layer)
    targets = torch.zeros(n, dtype=torch.int64)
    sum(o.sum() for o in logprob.token_logprobs(x, weights(v, d), targets)).backward()


def read(kernel: Any) -> dict[str, Any]:
    """Registers, spilled bytes, shared memory, and the instructions that matter."""
    import triton

    cuobjdump = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(kernel.asm["cubin"])
        file.flush()
        told = subprocess.run(
            [cuobjdump, "-res-usage", file.name], capture_output=True, text=True, check=True
        ).stdout
    usage = {name: int(value) for name, value in re.findall(r"(REG|STACK|LOCAL):(\d+)", told)}
    ptx, ttir = kernel.asm["ptx"], kernel.asm["ttir"]
    count: Callable[[str], int] = lambda pattern: len(re.findall(pattern, ptx))  # noqa: E731
    return {
        "registers": usage["REG"],
        "spill": usage["STACK"] + usage["LOCAL"],  # ptxas spills onto the stack
        "shared": kernel.metadata.shared,
        "has_dot": "tt.dot" in ttir,
        "has_descriptor": "tt.descriptor_load" in ttir,
        "wgmma": count(r"wgmma\.mma_async"),
        "tma": count(r"cp\.async\.bulk\.tensor"),
        "cp_async": count(r"cp\.async\.c[ag]"),
        "warp_specialized": count("setmaxnreg") > 0,
    }


def faults(row: dict[str, Any]) -> list[str]:
    """What is wrong with one compiled kernel; an empty list if nothing is."""
    if "error" in row:
        return [f"does not compile: {row['error']}"]
    found = []
    if row["spill"]:
        found.append(f"{row['spill']} bytes of registers spill to memory")
    if row["shared"] > row["limit"]:
        found.append(f"{row['shared']} bytes of shared memory, the chip has {row['limit']}")
    if row["chip"] == "sm_90" and row["has_dot"] and not row["wgmma"]:
        found.append("a matrix product without wgmma")
    if row["chip"] == "sm_90" and row["has_descriptor"] and not row["tma"]:
        found.append("a descriptor without a TMA copy")
    return found


def in_process(version: str, chip: str, shapes: list[str]) -> list[dict[str, Any]]:
    """The rows of one chip, and of another Triton if one is named, from a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    if version:
        folder = Path(sys.prefix) / "aot" / f"triton-{version}"
        if not (folder / "triton").exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
            subprocess.run([*pip, str(folder), f"triton=={version}"], check=True)
        env["PYTHONPATH"] = str(folder)
    words = ["--json", "--chip", chip, "--shape", *shapes]
    told = subprocess.run(
        [sys.executable, __file__, *words], env=env, capture_output=True, text=True
    )
    if not told.stdout:
        raise SystemExit(f"nothing compiled for {chip} {version}:\n{told.stderr}")
    return [json.loads(line) for line in told.stdout.splitlines()]


def show(rows: list[dict[str, Any]]) -> None:
    """The table, and every fault in a line of its own."""
    lines = [COLUMNS, *([str(row.get(c, "-")) for c in COLUMNS] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)))
    for row in rows:
        for fault in faults(row):
            print(f"{row['chip']} {row['op']} {row['kernel']} {row['config']}: {fault}")


def main() -> int:
    sys.path.insert(0, str(HERE))
    from minir1_kernels.configs import table

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chip", nargs="+", default=CHIPS, choices=CHIPS)
    parser.add_argument("--shape", nargs="+", help="wide, narrow, or 'D=2048 F=768'; default: all")
    parser.add_argument("--triton", nargs="+", metavar="VERSION", help="install and use these")
    parser.add_argument("--json", action="store_true", help="rows of one chip, in this process")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    args = parser.parse_args()
    shapes = args.shape or sorted({shape for choices in table().values() for shape in choices})
    if args.json:
        for row in compile_all(args.chip[0], shapes):
            print(json.dumps(row))
        return 0
    runs = [(version, chip) for version in args.triton or [""] for chip in args.chip]
    rows = [row for version, chip in runs for row in in_process(version, chip, shapes)]
    show(rows)
    if args.write:
        RESULTS.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return int(any(faults(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
