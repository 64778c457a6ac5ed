"""One process is a world of its own, and nobody else names torch.distributed."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import minir1
from minir1.config import Config, ParallelConfig
from minir1.run.distributed import SOLO, World, join
from minir1.run.metrics import read_metrics, without_clocks


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


@pytest.mark.parametrize(
    "parallel",
    [ParallelConfig(dtype="bfloat16"), ParallelConfig(offload_optimizer=True)],
    ids=["bfloat16", "offload"],
)
def test_one_process_may_keep_its_model_in_shards(monkeypatch, tmp_path, jobs, parallel):
    """On one GPU too, rounding and offloading are FSDP's: the same code as on eight."""
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(jobs.groups_module, "judge", jobs.judge)
    config = replace(jobs.CONFIG, parallel=parallel)
    with join(config) as world:
        assert world is not SOLO and (world.rank, world.size) == (0, 1)
        jobs.stage(world, config, tmp_path, "pretrain", 3)
        jobs.stage(world, config, tmp_path, "zero", 2)
    assert not torch.distributed.is_initialized()
    rows = read_metrics(tmp_path)
    assert [row["stage"] for row in rows] == ["pretrain"] * 3 + ["zero"] * 2
    gap = 0.2 if parallel.dtype == "bfloat16" else 1e-5
    assert all(row["sampling/sampling_logp_difference/max"] < gap for row in rows[3:])


def test_offloaded_parameters_leave_all_else_where_the_passes_run(monkeypatch, jobs):
    """A GPU is played by the meta device, on which nothing can lie by mistake."""
    monkeypatch.delenv("RANK", raising=False)
    from minir1.run.distributed.processes import Processes

    gpu = torch.device("meta")
    with join(replace(jobs.CONFIG, parallel=ParallelConfig(offload_optimizer=True))) as world:
        assert isinstance(world, Processes)
        monkeypatch.setattr(world, "_device", gpu)
        model = world._empty(replace(jobs.CONFIG, parallel=world.parallel), gpu)
        assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}
        assert [buffer.device for buffer in model.buffers()] == [gpu] * len(model.routers())
        batch = world.bring(jobs.document(0))
        assert {batch.inputs.device, batch.targets.device, batch.weights.device} == {gpu}


def test_forgetting_activations_changes_no_bit(tmp_path, jobs, monkeypatch):
    """In the null object too, for the policy and for its twin, the reference."""
    monkeypatch.setattr(jobs.groups_module, "judge", jobs.judge)
    diaries = []
    for forget in (False, True):
        config = replace(jobs.CONFIG, parallel=ParallelConfig(activation_checkpointing=forget))
        out = tmp_path / str(forget)
        jobs.stage(SOLO, config, out, "pretrain", 3)
        jobs.stage(SOLO, config, out, "zero", 3)
        diaries.append([without_clocks(row) for row in read_metrics(out)])
    assert diaries[0] == diaries[1] and diaries[0][-1]["kl"] > 0
    model = SOLO.place(lambda: jobs.new_model(config, jobs.CPU), config, jobs.CPU)
    twin = SOLO.twin(model, config, jobs.CPU)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    ids = torch.ones(1, 4, dtype=torch.long)
    assert twin(ids).abs().max() > 0 == model(ids).abs().max()  # a twin computes with its own


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
