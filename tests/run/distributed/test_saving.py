"""What any layout saved, any other reads: to the last bit in the same, within 1e-6 in others."""

import itertools
import json
import logging
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from minir1.run import checkpoint
from minir1.run.distributed import SOLO
from minir1.run.metrics import read_metrics, without_clocks
from minir1.run.pieces import INDEX, Reader, overlap

pytestmark = pytest.mark.timeout(600)  # several processes, on a machine that may be busy

ANY = [(0, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4)]
"""0 processes: the null object, without any launcher."""


def go(jobs, crew, layout, out, name, steps):
    """Let a stage run up to `steps` in this layout."""
    if layout[0] == 0:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jobs.groups_module, "judge", jobs.judge)
            jobs.stage(SOLO, jobs.CONFIG, out, name, steps)
    else:
        crew.run("stage", *layout, out=out, name=name, steps=steps)


def diary(out, stage):
    return [without_clocks(row) for row in read_metrics(out) if row["stage"] == stage]


def assert_close(found, expected):
    """Rows of two diaries agree as the layouts do."""
    assert len(found) == len(expected) > 0
    for a, b in zip(found, expected, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            close = {"rel": 1e-6} if name == "grad_norm" else {"abs": 1e-6, "rel": 0}
            assert a[name] == (b[name] if name == "stage" else pytest.approx(b[name], **close)), (
                name
            )


@pytest.fixture(scope="module")
def saved(jobs, crew, tmp_path_factory):
    """A run of two steps in every layout, and one more step in the same layout."""
    runs = {}
    for layout in ANY:
        out = tmp_path_factory.mktemp("saved") / "run"
        go(jobs, crew, layout, out, "pretrain", 2)
        straight = tmp_path_factory.mktemp("straight") / "run"
        shutil.copytree(out, straight)
        go(jobs, crew, layout, straight, "pretrain", 3)
        runs[layout] = out, straight
    return runs


@pytest.mark.parametrize("writer", ANY, ids=str)
def test_saved_in_one_layout_resumed_in_any_other(jobs, crew, saved, tmp_path, writer):
    out, straight = saved[writer]
    for reader in ANY:
        copy = tmp_path / f"{reader}"
        shutil.copytree(out, copy)
        go(jobs, crew, reader, copy, "pretrain", 3)
        assert_close(diary(copy, "pretrain"), diary(straight, "pretrain"))
        last = checkpoint.latest(copy / "checkpoints", "pretrain")
        again = checkpoint.latest(straight / "checkpoints", "pretrain")
        assert last.step == again.step == 3
        assert last.model.keys() == again.model.keys()
        if reader == writer:
            assert diary(copy, "pretrain") == diary(straight, "pretrain")
            assert all(torch.equal(last.model[name], again.model[name]) for name in again.model)
            for i, state in again.optimizer["state"].items():
                for name, tensor in state.items():
                    assert torch.equal(last.optimizer["state"][i][name], tensor)


def test_rl_goes_through_four_layouts_and_ends_where_one_process_does(jobs, crew, tmp_path):
    """Rollouts, reference, bias and problems: everything that a step of RL depends on."""
    alone, wander = tmp_path / "alone", tmp_path / "wander"
    go(jobs, crew, (0, 1), alone, "pretrain", 3)
    shutil.copytree(alone, wander)
    go(jobs, crew, (0, 1), alone, "zero", 4)
    # The base is whole; each of the four steps of RL is made by other processes.
    for steps, layout in enumerate([(4, 2), (1, 1), (2, 2), (4, 4)], 1):
        go(jobs, crew, layout, wander, "zero", steps)
    assert_close(diary(wander, "zero"), diary(alone, "zero"))
    assert all(row["kl"] > 0 for row in diary(alone, "zero")[1::2])
    last = checkpoint.latest(wander / "checkpoints", "zero")
    expected = checkpoint.latest(alone / "checkpoints", "zero")
    assert last.extra_tensors.keys() == expected.extra_tensors.keys() != set()
    for name, tensor in expected.model.items():
        exact = {"rtol": 0, "atol": 0} if name.endswith("bias") else {"rtol": 0, "atol": 2e-4}
        torch.testing.assert_close(last.model[name], tensor, **exact)
    same = ("problem_seed", "questions", "reference_step", "seed")
    assert [last.state[n] for n in same] == [expected.state[n] for n in same] == [
        jobs.problem_seed(3, 4), 12, 2, 3
    ]  # fmt: skip
    assert (last.state["processes"], expected.state["processes"]) == (4, 1)


def test_rl_goes_on_in_its_own_layout_to_the_last_bit(jobs, crew, tmp_path):
    """Stopped after the first and the third of four steps: the reference was renewed between."""
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    go(jobs, crew, (0, 1), straight, "pretrain", 3)
    shutil.copytree(straight, stopped)
    go(jobs, crew, (2, 2), straight, "zero", 4)
    for steps in (1, 3, 4):
        go(jobs, crew, (2, 2), stopped, "zero", steps)
    rows = diary(straight, "zero")
    assert diary(stopped, "zero") == rows and rows[3]["kl"] > 0
    last, again = (checkpoint.latest(out / "checkpoints", "zero") for out in (stopped, straight))
    assert last.extra_tensors.keys() == again.extra_tensors.keys() != set()
    for mine, its in ((last.model, again.model), (last.extra_tensors, again.extra_tensors)):
        assert all(torch.equal(mine[name], its[name]) for name in its)


# --- Damage -----------------------------------------------------------------------------------


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


SHARD = "model-00002-of-00002.safetensors"
DAMAGE = {
    "a flipped byte": lambda new, old: flip(new / SHARD),
    "a missing shard": lambda new, old: (new / SHARD).unlink(),
    "a stale shard": lambda new, old: shutil.copy(old / SHARD, new / SHARD),
    "half a shard": lambda new, old: (new / SHARD).write_bytes((new / SHARD).read_bytes()[:50]),
    "a torn index": lambda new, old: (new / INDEX).write_text("{"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_checkpoint_is_named_and_skipped(saved, tmp_path, caplog, kind):
    shutil.copytree(saved[2, 2][0], tmp_path, dirs_exist_ok=True)
    new, old = (tmp_path / "checkpoints" / f"pretrain-00000{step}" for step in (2, 1))
    DAMAGE[kind](new, old)
    with caplog.at_level(logging.WARNING):
        found = checkpoint.latest(tmp_path / "checkpoints", "pretrain")
    assert found.step == 1
    assert "pretrain-000002" in caplog.text
    assert (INDEX if "index" in kind else SHARD) in caplog.text


def test_many_processes_skip_it_too_and_end_in_the_same_bits(saved, crew, jobs, tmp_path):
    out, straight = saved[2, 2]
    shutil.copytree(out, tmp_path, dirs_exist_ok=True)
    flip(tmp_path / "checkpoints" / "pretrain-000002" / SHARD)
    go(jobs, crew, (2, 2), tmp_path, "pretrain", 3)
    assert diary(tmp_path, "pretrain") == diary(straight, "pretrain")


@pytest.mark.parametrize("rank", [0, 1])
def test_a_full_disk_of_one_process_stops_all_and_loses_nothing(crew, tmp_path, rank):
    for text in crew.run("full_disk", 2, 2, out=tmp_path, rank=rank):
        assert "the disk is full" in text and "What was saved before is untouched" in text
    assert [path.name for path in tmp_path.iterdir()] == ["pretrain-000001"]
    assert checkpoint.latest(tmp_path, "pretrain").step == 1


# --- Pieces, without any process --------------------------------------------------------------


@st.composite
def cuts(draw):
    """A tensor's shape, where it is cut along each axis, and a box to read."""
    shape = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
    edges = [sorted({0, n, *draw(st.lists(st.integers(0, n), max_size=3))}) for n in shape]
    box = [sorted(draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in shape]
    return shape, edges, box


@given(case=cuts())
def test_any_box_is_read_from_any_pieces(tmp_path_factory, case):
    shape, edges, box = case
    folder = tmp_path_factory.mktemp("pieces")
    whole = torch.arange(torch.Size(shape).numel()).reshape(shape)
    pieces = []
    for number, spans in enumerate(itertools.product(*(itertools.pairwise(e) for e in edges))):
        part = whole[tuple(slice(a, b) for a, b in spans)]
        save_file({"t": part.contiguous()}, folder / f"{number}.safetensors")
        offset = [a for a, _ in spans]
        piece = {"file": f"{number}.safetensors", "offset": offset, "shape": list(part.shape)}
        pieces.append(piece)
    (folder / INDEX).write_text(json.dumps({"model": {"t": {"shape": shape, "pieces": pieces}}}))
    reader = Reader(folder, "model")
    assert torch.equal(reader.read("t"), whole)
    offset, size = [a for a, _ in box], [b - a for a, b in box]
    assert torch.equal(reader.read("t", offset, size), whole[tuple(slice(a, b) for a, b in box)])
    assert reader.shape("t") == tuple(shape) and reader.names == ["t"]
    if len(pieces) > 1:  # the index forgets a piece
        (folder / INDEX).write_text(
            json.dumps({"model": {"t": {"shape": shape, "pieces": pieces[1:]}}})
        )
        with pytest.raises(ValueError, match="numbers are missing"):
            Reader(folder, "model").read("t")


def test_boxes_that_do_not_overlap():
    assert overlap([0, 0], [2, 2], [2, 0], [2, 2]) == (None, None)
    assert overlap([], [], [], []) == ((), ())
