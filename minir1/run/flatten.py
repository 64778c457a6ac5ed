"""An optimizer's state as plain tensors plus JSON, and back, bit for bit.

Safetensors holds a flat dictionary of named tensors and nothing else: no pickled code,
so a file from a stranger is safe to read. An optimizer's `state_dict` is a tree of
dictionaries, lists, numbers and tensors. `flatten` takes the tensors out of the tree and
leaves their names in it; `unflatten` is its exact inverse.

JSON has no integer keys, no tuples and only one kind of name for them all, so every
container is written as a small tagged object.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor


def flatten(tree: Any, path: str = "root") -> tuple[Any, dict[str, Tensor]]:
    """The tree in JSON, and the tensors taken out of it, by name.

    >>> import torch
    >>> flatten({0: [1e-3, torch.ones(2)]})
    ({'dict': [[0, {'list': [0.001, {'tensor': 'root.0.1'}]}]]}, {'root.0.1': tensor([1., 1.])})
    """
    if isinstance(tree, Tensor):
        return {"tensor": path}, {path: tree}
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree, {}
    if isinstance(tree, dict):
        keys, values, kind = list(tree), list(tree.values()), "dict"
    elif isinstance(tree, list | tuple):
        keys, values, kind = list(range(len(tree))), list(tree), type(tree).__name__
    else:
        raise ValueError(
            f"{path} = {tree!r} can't be saved: use tensors, numbers, text, "
            "None, and lists, tuples and dictionaries of them"
        )
    parts, tensors = [], {}
    for key, value in zip(keys, values, strict=True):
        part, found = flatten(value, f"{path}.{key}")
        assert not found.keys() & tensors.keys(), f"two tensors are called {path}.{key}"
        parts.append([key, part] if kind == "dict" else part)
        tensors |= found
    return {kind: parts}, tensors


def unflatten(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """The inverse of `flatten`.

    >>> unflatten({"dict": [[0, {"tuple": [0.9, 0.95]}]]}, {})
    {0: (0.9, 0.95)}
    """
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: unflatten(value, tensors) for key, value in content}
    return {"list": list, "tuple": tuple}[kind](unflatten(value, tensors) for value in content)
