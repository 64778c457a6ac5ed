"""Loading streams: anonymous memory stays under the model and its largest tensor.

A process of its own loads a made-up checkpoint in shards. It looks at its anonymous memory (what
the system can't take back, unlike pages of a mapped file) each millisecond and after each tensor.
"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.count import parameters
from minir1.model.transformer import Transformer

pytestmark = [
    pytest.mark.hub,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc"),
]

LOOK = r"""
import json, re, sys, threading, time, torch
from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.hub import reading
from minir1.model.transformer import Transformer

def anonymous():
    return int(re.search(r"RssAnon:\s+(\d+) kB", open("/proc/self/status").read())[1]) * 1024

class Watched:
    def __init__(self, shard): self.shard = shard
    def __enter__(self): self.opened = self.shard.__enter__(); return self
    def __exit__(self, *error): return self.shard.__exit__(*error)
    def __getattr__(self, name): return getattr(self.opened, name)
    def get_tensor(self, name):
        tensor = self.opened.get_tensor(name)
        if SLOPPY: kept.append(tensor.clone())
        sizes.append(tensor.nbytes); seen.append(anonymous())
        return tensor

SLOPPY, kept, sizes = sys.argv[2] == "sloppy", [], []
# What torch loads when it first computes, and first makes a model without data, is not counted.
Transformer(ModelConfig(), device="meta"); torch.ones(8, 8) @ torch.ones(8, 8)
opened = reading.open_shard
reading.open_shard = lambda file: Watched(opened(file))
seen, going = [anonymous()], True

def watch():
    while going:
        seen.append(anonymous()); time.sleep(0.001)

thread = threading.Thread(target=watch); thread.start()
model = hub.load(sys.argv[1])
going = False; thread.join()
size = sum(t.nbytes for t in model.state_dict().values())
assert all(t[..., -1:].any() for n, t in model.state_dict().items() if "bias" not in n)
print(json.dumps({"peak": max(seen) - seen[0], "model": size, "largest": max(sizes)}))
"""
SLACK = 8 * 2**20
"""What Python, torch and the table of names take by themselves."""


def peak(folder: Path, how: str = "careful") -> dict[str, int]:
    command = [sys.executable, "-c", LOOK, str(folder), how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


SMALL = ModelConfig(
    vocab_size=16_000, dim=256, n_layers=6, inter_dim=1024, moe_inter_dim=256, n_heads=4,
    n_routed_experts=16, tie_embeddings=False,
)  # fmt: skip


def test_anonymous_memory_stays_under_the_bound(tmp_path: Path) -> None:
    folder = hub.save(Transformer(SMALL), tmp_path / "model", shard_bytes=20 * 2**20)
    assert len(list(folder.glob("*.safetensors"))) > 4
    seen = peak(folder)
    assert seen["model"] > 90 * 2**20
    assert seen["peak"] <= seen["model"] + seen["largest"] + SLACK
    # The same look at a load that keeps a copy of all it reads finds it.
    sloppy = peak(folder, "sloppy")
    assert sloppy["peak"] > sloppy["model"] + sloppy["largest"] + SLACK


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_three_gigabytes(tmp_path: Path) -> None:
    config = replace(
        SMALL, vocab_size=32_000, dim=1024, n_layers=12, n_routed_experts=32, moe_inter_dim=1280,
        n_heads=16, inter_dim=4096,
    )  # fmt: skip
    assert parameters(config) > 1.45e9
    model = Transformer(config, device="meta").to(torch.bfloat16).to_empty(device="cpu")
    for tensor in model.state_dict().values():
        tensor.fill_(0.5)
    folder = hub.save(model, tmp_path / "model", shard_bytes=400 * 2**20)
    del model
    assert len(list(folder.glob("*.safetensors"))) > 6
    seen = peak(folder)
    assert seen["model"] > 2.8 * 2**30
    assert seen["peak"] <= seen["model"] + seen["largest"] + SLACK
