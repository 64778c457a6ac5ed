"""One process is a world of its own, and nobody else names torch.distributed."""

from pathlib import Path

import minir1
from minir1.run.distributed import World


def test_one_process_is_the_main_one_and_its_sum_is_its_own_value():
    world = World()
    value = object()
    assert (world.rank, world.size, world.is_main) == (0, 1, True)
    assert world.sum(value) is value
    assert world.barrier() is None


def test_only_the_first_process_is_the_main_one():
    assert not World(rank=1, size=2).is_main


def test_no_other_file_names_torch_distributed():
    package = Path(minir1.__file__).parent
    named = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "torch.distributed" in path.read_text(encoding="utf-8")
    }
    assert named == {"run/distributed.py"}
