"""Which part of a tensor a process holds: a box, with an offset and a shape.

A tensor of [5, 4] that 4 processes share along axis 0 is cut as `torch.chunk` cuts: they hold
rows 0-1, rows 2-3, row 4, and nothing.
"""

from torch import Tensor
from torch.distributed.tensor import DTensor, Shard


def chunk(length: int, size: int, index: int) -> tuple[int, int]:
    """First place and number of places of part `index`, where an axis is cut into `size` parts.

    All parts are as long as the first, until nothing is left.

    >>> [chunk(5, 4, index) for index in range(4)]
    [(0, 2), (2, 2), (4, 1), (5, 0)]
    """
    each = -(-length // size)
    start = min(index * each, length)
    return start, min(each, length - start)


def box(tensor: Tensor) -> tuple[list[int], list[int]]:
    """Offset and shape of what this process holds of a tensor."""
    offset, shape = [0] * tensor.ndim, list(tensor.shape)
    if isinstance(tensor, DTensor):
        mesh = tensor.device_mesh
        where = mesh.get_coordinate()
        assert where is not None
        for placement, index, size in zip(tensor.placements, where, mesh.shape, strict=True):
            if isinstance(placement, Shard):
                axis = placement.dim
                start, count = chunk(shape[axis], size, index)
                offset[axis], shape[axis] = start, count
        assert tuple(shape) == tuple(tensor.to_local().shape), "the axis was cut in another way"
    return offset, shape
