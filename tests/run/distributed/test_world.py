"""One process is a world of its own, and nobody else names torch.distributed."""

from pathlib import Path

import pytest
import torch

import minir1
from minir1.config import Config, ParallelConfig
from minir1.run.distributed import SOLO, World, join


def test_one_process_is_the_main_one_and_answers_for_all():
    world, value = World(), object()
    assert (world.rank, world.size, world.is_main) == (0, 1, True)
    assert world.gather(value) == [value]
    assert world.once(lambda: value) is value
    assert world.on_main(value) is value
    assert list(world.each(abs, [-1, 2])) == [1, 2]
    assert (world.any(True), world.any(False)) == (True, False)


def test_without_a_launcher_nothing_is_started(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with join(Config(device="cpu")) as world:
        assert world is SOLO
    assert not torch.distributed.is_initialized()


def test_owners_of_experts_need_processes(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    config = Config(parallel=ParallelConfig(expert_parallel=4))
    with (
        pytest.raises(ValueError, match=r"expert_parallel = 4 .*torchrun --nproc-per-node 4"),
        join(config),
    ):
        pass


def test_only_this_folder_names_torch_distributed():
    package = Path(minir1.__file__).parent
    named = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "torch.distributed" in path.read_text(encoding="utf-8")
    }
    assert named and {name.rpartition("/")[0] for name in named} == {"run/distributed"}
