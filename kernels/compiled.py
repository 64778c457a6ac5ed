"""Compile kernels for a chip that is not here, by running the wrappers that launch them.

The package's own wrappers run on tensors without memory, as training and sampling call them,
while Triton's driver only names the chip and a launch only compiles. So there is no second list
of kernels and signatures to keep in step with the first: a kernel that a wrapper launches is
compiled with the argument types that it really gets. Triton compiles a size that 16 divides
apart from others, so all of it is done twice: with such sizes, and with odd ones. The shape
"specialised" is "wide" with the tuner's first step away from the table, for an H100.

For a process of its own (aot.py starts it): it changes Triton for good.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any


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
    """One row a compiled kernel; one that fails to compile has an "error"."""
    import torch
    import triton
    from triton.runtime.jit import JITFunction
    from tune import neighbours

    from minir1_kernels import configs, contract

    no_device: Any = NoDevice(chip)
    triton.runtime.driver.set_active(no_device)
    contract.check_device = lambda name, tensor: None  # the tensors lie nowhere
    asked: list[tuple[str, dict[str, int]]] = [("tiles", {})]
    shape = ""
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
        tiles = look_up(op, arch, **widths)
        if shape == "specialised" and "SPECIALISED" in tiles:
            tiles = next(neighbours(tiles))
        asked.append((op, tiles))
        return dict(tiles)

    JITFunction.run, configs.config = only_compile, remember
    for shape, odd in product(shapes, (False, True)):
        first = len(found)
        with torch.device("meta"):
            call_wrappers(shape, odd)
        for op, tiles, name, made in found[first:]:
            yield {
                "triton": triton.__version__, "chip": chip, "shape": shape, "odd": odd,
                "op": op, "kernel": name, "config": tiles, "limit": configs.SHARED_BYTES[chip],
                **({"error": made} if isinstance(made, str) else read(made)),
            }  # fmt: skip


def sizes_of(shape: str, odd: bool = False) -> dict[str, int]:
    """D, F, E and V to compile a line of the table at: of a class, or of what the tuner wrote.
    Odd: not divisible by 16, but widths by the 8 that a kernel asks for.

    >>> sizes_of("D=1536"), sizes_of("E=60")["E"]
    ({'D': 1536, 'F': 768, 'E': 8, 'V': 256}, 60)
    >>> sizes_of("narrow", odd=True)
    {'D': 72, 'F': 56, 'E': 7, 'V': 50257}
    """
    sizes = {"D": 2048, "F": 768, "E": 8, "V": 256}
    if shape == "narrow":
        sizes |= {"D": 64, "F": 48}
    if odd:
        sizes = {"D": sizes["D"] + 8, "F": sizes["F"] + 8, "E": 7, "V": 50_257}
    return sizes | {letter: int(size) for letter, size in re.findall(r"([DFEV])=(\d+)", shape)}


def call_wrappers(shape: str, odd: bool = False) -> None:
    """Everything that the package offers, once, as training and as sampling call it."""
    import torch

    from minir1_kernels import logprob, moe
    from minir1_kernels.route import Rule
    from minir1_kernels.router import route

    d, f, e, v = sizes_of(shape, odd).values()
    # Many tiles of the sort: Triton compiles a count of one apart.
    n, k = (601, 3) if odd else (576, 2)

    def weights(*size: int) -> torch.Tensor:
        return torch.zeros(size, dtype=torch.bfloat16, requires_grad=True)

    # Qwen3's router, Moonlight's, and DeepSeek-V3's with its groups, replaying experts.
    routers = [
        (128, Rule(k=8, softmax=True), None),
        (64, Rule(k=6, scale=2.446), None),
        (256, Rule(k=8, groups=8, open_groups=4), torch.zeros(n, 8, dtype=torch.int64)),
    ]
    if odd or "E=" in shape:
        routers.append((e, Rule(k=k), None))
    for experts, rule, forced in routers:
        logits = torch.zeros(n, experts, requires_grad=True)
        route(logits, torch.zeros(experts), forced, rule)[0].sum().backward()
    x, idx = weights(n, d), torch.zeros(n, k, dtype=torch.int64)
    weight = torch.zeros(n, k, requires_grad=True)
    layer = (x, idx, weight, weights(e, 2 * f, d), weights(e, d, f))
    moe.experts(*layer).sum().backward()
    with torch.no_grad():
        moe.experts(*layer)
    targets = torch.zeros(n, dtype=torch.int64)
    torch.stack(logprob.token_logprobs(x, weights(v, d), targets)).sum().backward()


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
        # Products that may still be under way when a wait for them ends.
        "pending": max(
            map(int, re.findall(r"wgmma\.wait_group\.sync\.aligned (\d+)", ptx)), default=0
        ),
    }
