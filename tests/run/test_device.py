"""The device that is picked, and the description of the machine."""

import json

import pytest
import torch

from minir1.run.device import describe, pick_device, usable_cores


def test_auto_takes_the_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")


def test_auto_never_takes_mps(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cpu")
    assert pick_device("mps") == torch.device("mps")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "cuda:-1", "CPU"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match=r"device = .* can't be used"):
        pick_device(name)


def test_an_absent_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ValueError, match="has 2 CUDA GPUs"):
        pick_device("cuda:2")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no Apple GPU"):
        pick_device("mps")


def test_the_description_is_json_and_complete():
    machine = describe()
    assert json.loads(json.dumps(machine)) == machine
    assert machine["processor"] and machine["torch"] == torch.__version__
    assert 1 <= usable_cores() == machine["cores"]
