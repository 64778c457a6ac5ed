"""A device that is not the CPU, for machines without one: `pytest -p tests.elsewhere FILES`.

Many first runs on a GPU end at a tensor that was left on the CPU. With this plugin `pick_device`
gives a device of the kind that torch keeps for other makers' chips (PrivateUse1). A tensor there
keeps its numbers in a tensor here, which only `compute` sees. So an operation that is given tensors
of both sides is refused, as on a GPU, and a copy from one side to the other has to be asked for.

It says nothing about a GPU's speed, its memory or its kernels.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map, tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

ELSEWHERE = torch.device("privateuseone", 0)

COPIES = ("aten::_to_copy", "aten::copy_")
INDEXED = ("aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_")
"""A GPU lets a CPU tensor say which rows: it fetches the numbers itself."""


class There(Tensor):
    """A tensor of the other device. `here` holds its numbers."""

    here: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, here: Tensor) -> "There":
        layout = {"strides": here.stride(), "storage_offset": here.storage_offset()}
        with torch.inference_mode(False):  # views of a weight are made in that mode, too
            made = Tensor._make_wrapper_subclass(
                cls, here.shape, dtype=here.dtype, device=ELSEWHERE, **layout
            )
        made.here = here
        return made

    def __repr__(self) -> str:
        return f"There({self.here})"

    def data_ptr(self) -> int:
        """By it a checkpoint knows weights that are tied."""
        return self.here.data_ptr()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copy: Tensor = There(self.here.detach().clone())
        if isinstance(self, torch.nn.Parameter):
            copy = torch.nn.Parameter(copy, self.requires_grad)
        return memo.setdefault(id(self), copy)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return compute(func, args, kwargs or {})


class Device(TorchDispatchMode):
    """Also sees what has no tensor yet, such as `torch.zeros(3, device=...)`."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return compute(func, args, kwargs or {})


class Functions(TorchFunctionMode):
    """What torch decides before an operation gets to its device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in (torch.tensor, torch.as_tensor) and is_there(kwargs.get("device")):
            device = kwargs.pop("device")
            return func(*args, **kwargs).to(device)
        if isinstance(args[0] if args else None, There):
            if func is Tensor.tolist:
                return args[0].cpu().tolist()
            if func is F.scaled_dot_product_attention:  # which has no kernel for a device like this
                return attention(*args, **kwargs)
        return func(*args, **kwargs)


def attention(q: Tensor, k: Tensor, v: Tensor, attn_mask: Tensor | None = None, **how: Any) -> Any:
    """As a formula, of operations that every device has. To it a mask is added, True or False."""
    if attn_mask is not None:
        attn_mask = torch.zeros_like(attn_mask, dtype=q.dtype).masked_fill(~attn_mask, -torch.inf)
    return torch.ops.aten._scaled_dot_product_attention_math(q, k, v, attn_mask, **how)[0]


def is_there(device: torch.device | str | None) -> bool:
    return device is not None and torch.device(device).type == ELSEWHERE.type


def compute(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run one operation on the numbers, if all of them lie on one side."""
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        with Device():  # made of other operations: those are looked at one by one
            return func.decompose(*args, **kwargs)
    name, leaves = func._schema.name, tree_leaves((args, kwargs))
    there = {id(one.here): one for one in leaves if isinstance(one, There)}
    if there and name not in COPIES:
        for one in args[:1] if name in INDEXED else leaves:
            if isinstance(one, Tensor) and not isinstance(one, There) and one.dim():
                raise RuntimeError(f"{name} got tensors of two devices: {tuple(one.shape)} is here")
    to = kwargs.get("device")
    lands_there = is_there(to) if to is not None else bool(there) and name != "aten::copy_"
    if lands_there and any(isinstance(one, torch.Generator) for one in leaves):
        raise RuntimeError(f"{name} got a generator of the CPU")
    if is_there(to):
        kwargs = {**kwargs, "device": torch.device("cpu")}
    args, kwargs = tree_map(lambda one: one.here if isinstance(one, There) else one, (args, kwargs))
    found = func(*args, **kwargs)
    if name == "aten::copy_":
        return there.get(id(found), found)
    known = {**{id(one): one for one in leaves if isinstance(one, Tensor)}, **there}

    def wrapped(one: Tensor) -> Tensor:
        return known[id(one)] if id(one) in known else There(one.resolve_conj())

    return tree_map_only(Tensor, wrapped, found) if lands_there else found


def pytest_configure() -> None:
    """Torch can't take it back: in this process there is such a device from now on."""
    _setup_privateuseone_for_python_backend("elsewhere")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Fixtures too: some make the runs that the tests look at."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, module in list(sys.modules.items()):
            if name.startswith("minir1") and hasattr(module, "pick_device"):
                patch.setattr(module, "pick_device", lambda name: ELSEWHERE)
        stack.enter_context(Functions())
        stack.enter_context(Device())
        return (yield)
