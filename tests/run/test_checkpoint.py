"""A checkpoint is there whole or not at all, and gives back every bit."""

import contextlib
import errno
import hashlib
import json
import logging
import os
import shutil
import threading
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from minir1.run import checkpoint
from minir1.run.checkpoint import latest, load, load_into, save
from minir1.run.flatten import flatten, unflatten
from minir1.run.pieces import Reader


def same(left, right):
    """Equal trees: types, values and every bit of every tensor."""
    if isinstance(left, torch.Tensor):
        fits = isinstance(right, torch.Tensor) and left.dtype == right.dtype
        return fits and left.shape == right.shape and raw(left) == raw(right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def raw(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def a_model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))


def train(model, optimizer, steps):
    for step in range(steps):
        optimizer.zero_grad()
        inputs = torch.linspace(-1, 1, 15).reshape(5, 3) + step
        model(inputs).square().mean().backward()
        optimizer.step()


def save_step(root, step, keep=2, fill=None):
    weights = {"w": torch.full((4,), float(step if fill is None else fill))}
    return save(root, "zero", step, model=weights, keep=keep)


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_adamw_resumes_bit_for_bit(tmp_path, steps):
    def start():
        model = a_model()
        groups = [
            {"params": list(model[0].parameters()), "weight_decay": 0.1},
            {"params": list(model[1:].parameters()), "weight_decay": 0.0, "lr": 1e-4},
        ]
        return model, torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))

    model, optimizer = start()
    train(model, optimizer, steps)
    state = optimizer.state_dict()
    folder = save(tmp_path, "zero", steps, model=model.state_dict(), optimizer=state)
    read = load(folder)
    assert same(read.optimizer, state)
    assert same(read.model, dict(model.state_dict()))

    resumed, its_optimizer = start()
    load_into(resumed, read.model)
    its_optimizer.load_state_dict(read.optimizer)
    train(model, optimizer, 3)
    train(resumed, its_optimizer, 3)
    assert same(dict(resumed.state_dict()), dict(model.state_dict()))


def test_what_is_read_does_not_point_into_the_file(tmp_path):
    folder = save_step(tmp_path, 1)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    load(folder).model["w"].add_(1)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
TENSORS = st.builds(
    lambda shape, dtype, seed: (
        torch.randn(shape, generator=torch.Generator().manual_seed(seed)).mul(9).to(dtype)
    ),
    st.lists(st.integers(0, 3), max_size=3),
    st.sampled_from(DTYPES),
    st.integers(0, 9),
)
TREES = st.recursive(
    LEAVES | TENSORS,
    lambda tree: (
        st.lists(tree, max_size=3)
        | st.lists(tree, max_size=3).map(tuple)
        | st.dictionaries(st.integers(0, 9), tree, max_size=3)
        | st.dictionaries(st.sampled_from(["lr", "tensor", "dict", "exp_avg"]), tree, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(tree=TREES)
def test_flatten_through_json_and_a_file_is_exactly_inverted(tmp_path_factory, tree):
    shape, tensors = flatten(tree)
    assert same(unflatten(json.loads(json.dumps(shape)), tensors), tree)
    root = tmp_path_factory.mktemp("root")
    folder = save(root, "s", 0, model={}, optimizer={"tree": tree}, extra_tensors=tensors)
    read = load(folder)
    assert same(read.optimizer, {"tree": tree})
    assert set(read.extra_tensors) == set(tensors)


def test_what_json_cannot_hold_is_refused_by_name():
    with pytest.raises(ValueError, match=r"root\.groups\.0 = \{1\} can't be saved"):
        flatten({"groups": [{1}]})


def test_tied_weights_are_stored_once_and_come_back_under_both_names(tmp_path):
    weight = torch.randn(64, 8)
    view = weight[:32]
    model = {"embed": weight, "head": weight, "part": view, "turned": weight.T}
    folder = save(tmp_path, "pretrain", 1, model=model)
    read = load(folder).model
    assert same(read, {"embed": weight, "part": view, "turned": weight.T, "head": weight})
    stored = (folder / "model.safetensors").stat().st_size
    assert stored < (2 * 64 * 8 + 32 * 8) * 4 + 1000  # embed, part and turned; not head


def test_the_same_state_gives_the_same_bytes(tmp_path):
    model, again = a_model(), a_model()
    left = save(tmp_path / "a", "zero", 1, model=model.state_dict(), state={"seed": 1})
    right = save(tmp_path / "b", "zero", 1, model=again.state_dict(), state={"seed": 1})
    assert (left / "manifest.json").read_bytes() == (right / "manifest.json").read_bytes()


def test_state_and_extra_tensors_come_back(tmp_path):
    state = {"questions": 12, "price": 0.1 + 0.2, "done": [1, None, "x"]}
    random = torch.get_rng_state()
    save(tmp_path, "zero", 7, model={}, extra_tensors={"rng": random}, state=state)
    read = latest(tmp_path, "zero")
    assert (read.stage, read.step, read.state, read.optimizer) == ("zero", 7, state, None)
    assert same(read.extra_tensors, {"rng": random})


def test_the_last_ones_are_kept_a_stage(tmp_path):
    save(tmp_path, "pretrain", 3, model={})
    (tmp_path / "zero-000900 (copy)").mkdir()  # somebody's own: neither read nor removed
    for step in (1, 2, 10, 100):
        save_step(tmp_path, step, keep=2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["pretrain-000003", "zero-000010", "zero-000100", "zero-000900 (copy)"]
    assert latest(tmp_path, "zero").step == 100
    assert latest(tmp_path, "pretrain").step == 3
    assert latest(tmp_path, "sft") is None
    assert latest(tmp_path / "absent", "zero") is None


DAMAGE = {
    "a flipped byte": lambda f: flip(f / "model.safetensors"),
    "a flipped byte in the state": lambda f: flip(f / "state.json"),
    "a missing file": lambda f: (f / "optimizer.safetensors").unlink(),
    "a truncated file": lambda f: os.truncate(f / "model.safetensors", 20),
    "an empty file": lambda f: os.truncate(f / "state.json", 0),
    "no manifest": lambda f: (f / "manifest.json").unlink(),
    "a torn manifest": lambda f: os.truncate(f / "manifest.json", 30),
    "a manifest of another shape": lambda f: (f / "manifest.json").write_text("[1]"),
    "an empty folder": lambda f: [path.unlink() for path in f.iterdir()],
}


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_named_and_skipped(tmp_path, caplog, damage):
    save_step(tmp_path, 1)
    damaged = save_step(tmp_path, 2)
    damage(damaged)
    with caplog.at_level(logging.WARNING):
        assert latest(tmp_path, "zero").step == 1
    assert "zero-000002" in caplog.text
    with pytest.raises(ValueError, match="zero-000002"):
        load(damaged)
    # The run comes to this step again, and the damaged one is replaced.
    save_step(tmp_path, 2)
    assert latest(tmp_path, "zero").step == 2


def test_files_are_checked_side_by_side(tmp_path, monkeypatch):
    """Each of the four waits for the others, which would never come one after the other."""
    folder, real = save(tmp_path, "zero", 1, model={"w": torch.ones(2)}), hashlib.file_digest
    meeting = threading.Barrier(4, timeout=60)

    def digest(file, kind):
        meeting.wait()
        return real(file, kind)

    monkeypatch.setattr("hashlib.file_digest", digest)
    assert load(folder).step == 1


def test_a_skipped_damaged_checkpoint_does_not_push_out_the_good_one(tmp_path):
    save_step(tmp_path, 20)
    flip(save_step(tmp_path, 40) / "model.safetensors")
    save_step(tmp_path, 30, keep=1)
    assert latest(tmp_path, "zero").step == 30


class Killed(BaseException):
    """Stands for SIGKILL: nothing more is done to the disk after it."""


def kill_at(monkeypatch, call):
    """Kill the process at the n-th fsync or rename; return how many were made."""
    made = []

    def dies(real):
        def wrapped(*args):
            if len(made) == call:
                raise Killed
            made.append(args)
            return real(*args)

        return wrapped

    remove = shutil.rmtree
    monkeypatch.setattr(os, "fsync", dies(os.fsync))
    monkeypatch.setattr(os, "rename", dies(os.rename))
    monkeypatch.setattr(shutil, "rmtree", lambda p, **k: len(made) == call or remove(p, **k))
    return made


@pytest.mark.parametrize("again", [False, True], ids=["next step", "same step again"])
def test_a_save_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path, monkeypatch, again):
    step = 1 if again else 2
    outcomes = []
    for call in range(20):
        root = tmp_path / str(call)
        save_step(root, 1, keep=1)
        with monkeypatch.context() as patch:
            made = kill_at(patch, call)
            with contextlib.suppress(Killed):
                save_step(root, step, keep=1, fill=99)
        read = latest(root, "zero")
        assert read.model["w"].tolist() in ([1.0] * 4, [99.0] * 4)
        assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []
        outcomes.append(read.model["w"][0].item())
        if len(made) < call:
            break
    assert outcomes == sorted(outcomes)  # the old one up to a moment, the new one from then on
    assert {1.0, 99.0} == set(outcomes) and len(outcomes) >= 8


@pytest.mark.parametrize("again", [False, True], ids=["next step", "same step again"])
def test_a_full_disk_says_what_to_do_and_leaves_the_rest_alone(tmp_path, monkeypatch, again):
    save_step(tmp_path, 1)
    before = sorted(tmp_path.rglob("*"))
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"needs [\d,]+ bytes .*Free some space.*zero") as caught:
            save_step(tmp_path, 1 if again else 2, fill=99)
    assert caught.value.errno == errno.ENOSPC
    assert sorted(tmp_path.rglob("*")) == before
    assert latest(tmp_path, "zero").model["w"].tolist() == [1.0] * 4


def test_another_error_of_the_disk_is_passed_on_as_it_is(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="Input/output error"):
            save_step(tmp_path, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_a_live_run_leaves_its_temporary_folder_alone(tmp_path):
    save_step(tmp_path, 1)
    (tmp_path / ".new-zero-000002").mkdir()
    assert latest(tmp_path, "zero", repair=False).step == 1
    assert (tmp_path / ".new-zero-000002").exists()
    assert latest(tmp_path, "zero").step == 1
    assert not (tmp_path / ".new-zero-000002").exists()


def test_weights_must_fit_the_model():
    model, good = a_model(), dict(a_model().state_dict())
    missing = {name: tensor for name, tensor in good.items() if name != "2.bias"}
    with pytest.raises(ValueError, match=r"no tensor 2\.bias.*shape \(2,\)"):
        load_into(model, missing)
    with pytest.raises(ValueError, match=r"a tensor head of shape \(1,\)"):
        load_into(model, good | {"head": torch.ones(1)})
    with pytest.raises(ValueError, match=r"0\.weight: the model expects shape \(4, 3\).*\(3, 4\)"):
        load_into(model, good | {"0.weight": torch.ones(3, 4)})


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(ValueError, match="can't be read"):
        Reader(tmp_path, "model")
    (tmp_path / "model.safetensors").write_text("hello")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        Reader(tmp_path, "model")


def test_a_run_must_keep_what_it_saved(tmp_path):
    with pytest.raises(AssertionError):
        save_step(tmp_path, 1, keep=0)


def test_nothing_is_ever_unpickled():
    source = Path(checkpoint.__file__).read_text(encoding="utf-8")
    assert "torch.load" not in source and "pickle" not in source.replace("unpickled", "")
