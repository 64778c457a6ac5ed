"""GGUF in and out: the names of llama.cpp, the order of its rows, and what rounding costs."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.hub.gguf_names import as_halves, as_neighbours
from minir1.model.hub.gguf_writing import KINDS, save_gguf
from minir1.model.transformer import Transformer

gguf = pytest.importorskip("gguf")
transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

LLAMA = ModelConfig(
    vocab_size=60, dim=64, n_layers=2, n_dense_layers=2, inter_dim=96, n_heads=4, attention="gqa",
    n_kv_heads=2, head_dim=16, n_shared_experts=0, score_func="softmax", rope_theta=5000.0,
    norm_eps=1e-5,
)  # fmt: skip
QWEN = replace(LLAMA, qk_norm=True, tie_embeddings=False, head_dim=128)  # all of them
QWEN2 = replace(LLAMA, qkv_bias=True)
IDS = torch.randint(0, 60, (2, 12), generator=torch.Generator().manual_seed(1))


def random_model(config: ModelConfig) -> Transformer:
    model = Transformer(config)
    for name, tensor in model.state_dict().items():
        if "norm" not in name:
            draw = torch.Generator().manual_seed(len(name))
            tensor.normal_(0, tensor.shape[-1] ** -0.5, generator=draw)
    return model


def test_rows_of_a_head_of_four() -> None:
    rows = torch.arange(8)[:, None]
    assert as_neighbours(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert torch.equal(as_halves(as_neighbours(rows, 2), 2), rows)


@pytest.mark.parametrize("config", [LLAMA, QWEN, QWEN2, replace(LLAMA, tie_embeddings=False)])
@torch.inference_mode()
def test_there_and_back_without_rounding(config: ModelConfig, tmp_path: Path) -> None:
    model = random_model(config)
    found = hub.load(save_gguf(model, tmp_path / "m.gguf", "f32"))
    assert found.config == config
    assert torch.equal(found(IDS), model(IDS))
    assert hub.shape_of(tmp_path / "m.gguf") == config


@pytest.mark.parametrize("config", [LLAMA, QWEN, QWEN2])
@torch.inference_mode()
def test_transformers_reads_the_file_as_we_do(config: ModelConfig, tmp_path: Path) -> None:
    """An independent reader: it turns the rows back by code of its own."""
    model = random_model(config)
    save_gguf(model, tmp_path / "m.gguf", "q8_0", words=tiny_vocabulary())
    other = transformers.AutoModelForCausalLM.from_pretrained(
        str(tmp_path), gguf_file="m.gguf", dtype=torch.float32
    )
    expected = other(IDS).logits
    found = hub.load(tmp_path / "m.gguf")(IDS)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    assert 1e-4 < (expected - model(IDS)).abs().max() < 0.2  # rounded, and still the same model


def tiny_vocabulary() -> dict[str, Any]:
    return {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": [f"t{i}" for i in range(60)]}


@torch.inference_mode()
def test_fewer_bits_are_fewer_bytes_and_larger_errors(tmp_path: Path) -> None:
    model = random_model(LLAMA)
    sizes, errors = [], []
    for kind in KINDS:
        path = save_gguf(model, tmp_path / f"{kind}.gguf", kind)
        sizes.append(path.stat().st_size)
        weights = hub.load(path).state_dict()
        gaps = [(weights[n] - t).square().mean() for n, t in model.state_dict().items()]
        errors.append(float(sum(gaps)))
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] < 0.17 * sizes[0]
    assert errors[0] == 0
    small = dict(zip(KINDS, errors, strict=True))
    assert small["f16"] < small["q8_0"] < small["q5_0"] < small["q4_0"]


def test_four_bits_by_hand(tmp_path: Path) -> None:
    """Q4_1: 32 numbers have one scale and one minimum, and each is one of 16 steps."""
    weights = torch.linspace(-1, 2, 32)
    model = random_model(replace(LLAMA, dim=32, head_dim=8, inter_dim=32))
    with torch.no_grad():
        model.layers[0].mlp.gate_proj.weight[3] = weights
    found = hub.load(save_gguf(model, tmp_path / "m.gguf", "q4_1"))
    step = np.float16(3 / 15)
    expected = -1 + float(step) * torch.round((weights + 1) / (3 / 15))
    row = found.layers[0].mlp.gate_proj.weight[3].detach()
    torch.testing.assert_close(row, expected, rtol=0, atol=1e-3)


def test_what_the_format_has_no_place_for(tmp_path: Path) -> None:
    for config in (ModelConfig(), replace(LLAMA, rope_scaling="llama3", rope_factor=8.0)):
        with pytest.raises(ValueError, match=r"no place in GGUF here.*export a folder instead"):
            save_gguf(Transformer(config), tmp_path / "x.gguf")
    model = random_model(LLAMA)
    with pytest.raises(ValueError, match="'q3' can't be used: use one of f32"):
        save_gguf(model, tmp_path / "x.gguf", "q3")
    save_gguf(model, tmp_path / "x.gguf")
    with pytest.raises(ValueError, match="is there already"):
        save_gguf(model, tmp_path / "x.gguf")
    assert [file.name for file in tmp_path.iterdir()] == ["x.gguf"]


def test_damage_is_named(tmp_path: Path) -> None:
    path = save_gguf(random_model(LLAMA), tmp_path / "m.gguf", "q8_0")
    whole = path.read_bytes()
    for cut in (len(whole) - 500, 300, 10):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"m\.gguf is not a whole GGUF file"):
            hub.load(path)
    path.write_bytes(whole.replace(b"blk.1.ffn_up.weight", b"blk.7.ffn_up.weight"))
    with pytest.raises(ValueError, match=r"tensor blk\.1\.ffn_up\.weight is missing"):
        hub.load(path)
    path.write_bytes(whole.replace(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0mamba"))
    with pytest.raises(ValueError, match=r"general\.architecture = 'mamba' is not supported"):
        hub.load(path)
    with pytest.raises(ValueError, match="there is no file"):
        hub.load(tmp_path / "none.gguf")
    assert struct.unpack("<I", whole[4:8]) == (3,)  # the version that we write


def test_the_bundled_model_says_how_to_get_it(monkeypatch) -> None:
    from minir1.model.hub import sources

    monkeypatch.setattr(sources, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"smollm2 is not installed: `make real`"):
        hub.load("smollm2")
