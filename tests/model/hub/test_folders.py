"""Folders: what we write, transformers loads without a word, and back; damage is named."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors
import safetensors.torch
import torch

from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.hub.shards import INDEX
from minir1.model.transformer import Transformer

transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

MLA = ModelConfig(
    vocab_size=60, dim=32, n_layers=3, inter_dim=40, moe_inter_dim=16, n_heads=2, n_mtp_layers=1
)
QWEN = replace(
    MLA, attention="gqa", score_func="softmax", qk_norm=True, n_shared_experts=0, n_mtp_layers=0
)
IDS = torch.randint(0, 60, (2, 12), generator=torch.Generator().manual_seed(1))


def ours(config: ModelConfig, folder: Path, **options: Any) -> tuple[Transformer, Path]:
    """A random model, and the folder it was saved to."""
    model = Transformer(config)
    if config.score_func == "sigmoid":
        for router in model.routers():
            router.e_score_correction_bias.uniform_(-0.3, 0.3)
    return model, hub.save(model, folder / "model", **options)


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    found = {}
    for file in folder.glob("*.safetensors"):
        found |= safetensors.torch.load_file(file)
    return found


@torch.inference_mode()
def test_there_and_back(pair: tuple[Any, Transformer], tmp_path: Path) -> None:
    """Ours, saved, loads in transformers with the same logits; its own save has the same bits."""
    other, model = pair
    folder = hub.save(model, tmp_path / "ours")
    again, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, output_loading_info=True
    )
    empty = {name for name, tensor in again.state_dict().items() if not tensor.numel()}
    assert set(report["missing_keys"]) <= empty
    assert not report["unexpected_keys"] and not report["mismatched_keys"]
    torch.testing.assert_close(again(IDS).logits, model(IDS), rtol=0, atol=1e-4)
    other.save_pretrained(tmp_path / "theirs")
    mine, their = tensors(folder), tensors(tmp_path / "theirs")
    assert mine.keys() == {name for name, tensor in their.items() if tensor.numel()}
    assert all(torch.equal(mine[name], their[name]) for name in mine)
    same = hub.load(folder)
    assert same.config == model.config
    assert all(torch.equal(a, same.state_dict()[n]) for n, a in model.state_dict().items())


def test_the_old_words_for_rope_are_read_too(saved, tmp_path: Path) -> None:
    for shape in ("v3 yarn", "v3 eps, theta", "llama 3 rope"):
        _, folder = saved(shape)
        words = json.loads((folder / "config.json").read_text())
        rope = words.pop("rope_parameters")
        words["rope_theta"] = rope.pop("rope_theta")
        kind = rope.pop("rope_type")
        words["rope_scaling"] = None if kind == "default" else {**rope, "type": kind}
        old = tmp_path / shape
        shutil.copytree(folder, old)
        (old / "config.json").write_text(json.dumps(words))
        assert hub.load(old).config == hub.load(folder).config


@pytest.mark.parametrize("config", [MLA, QWEN, replace(QWEN, n_dense_layers=3)])
def test_shards(config: ModelConfig, tmp_path: Path) -> None:
    model, folder = ours(config, tmp_path, shard_bytes=9000)
    assert len(list(folder.glob("model-*-of-*.safetensors"))) > 4
    found = hub.load(folder)
    assert found.config.n_mtp_layers == config.n_mtp_layers
    for name, tensor in model.state_dict().items():
        assert torch.equal(found.state_dict()[name], tensor), name


def test_types(tmp_path: Path) -> None:
    model, _ = ours(MLA, tmp_path)
    half = hub.save(model.bfloat16(), tmp_path / "half")
    assert {p.dtype for p in hub.load(half).parameters()} == {torch.bfloat16}
    wide = hub.load(half, dtype=torch.float32)
    assert {p.dtype for p in wide.parameters()} == {torch.float32}
    assert all(r.e_score_correction_bias.dtype == torch.float32 for r in hub.load(half).routers())
    assert json.loads((half / "config.json").read_text())["dtype"] == "bfloat16"
    assert tensors(half)["model.layers.1.mlp.gate.e_score_correction_bias"].dtype == torch.float32


def test_config_json_is_enough_for_a_server(tmp_path: Path) -> None:
    """vLLM: no topk_method, no correction bias; no scoring_func, a softmax."""
    config = replace(MLA, n_expert_groups=4, n_limited_groups=2, n_shared_experts=2)
    _, folder = ours(config, tmp_path, extra={"eos_token_id": 2})
    words = json.loads((folder / "config.json").read_text())
    expected = {
        "model_type": "deepseek_v3",
        "architectures": ["DeepseekV3ForCausalLM"],
        "topk_method": "noaux_tc",
        "scoring_func": "sigmoid",
        "moe_router_dtype": "float32",
        "moe_layer_freq": 1,
        "hidden_act": "silu",
        "n_group": 4,
        "topk_group": 2,
        "n_shared_experts": 2,
        "num_nextn_predict_layers": 1,
        "q_lora_rank": None,
        "num_key_value_heads": 2,
        "rope_theta": 10000.0,
        "torch_dtype": "float32",
        "eos_token_id": 2,
    }
    assert {word: words.get(word, "absent") for word in expected} == expected
    names = tensors(folder)
    assert "model.layers.1.mlp.experts.7.up_proj.weight" in names
    # A server reads an MTP layer by itself and wants embedding and head in it.
    for name in (
        "enorm.weight",
        "eh_proj.weight",
        "shared_head.norm.weight",
        "embed_tokens.weight",
    ):
        assert f"model.layers.3.{name}" in names
    assert "model.layers.3.shared_head.head.weight" in names


def damage(folder: Path, name: str, change: Any) -> None:
    """Change one tensor of the checkpoint; None removes it."""
    stored = tensors(folder)
    value = change(stored.get(name))
    stored |= {name: value} if value is not None else {}
    if value is None:
        del stored[name]
    for file in folder.glob("model*.safetensors*"):
        file.unlink()
    safetensors.torch.save_file(stored, folder / "model.safetensors")


EXPERT = "model.layers.1.mlp.experts.3.up_proj.weight"
FAULTS = [
    (EXPERT, lambda t: None, rf"tensor {EXPERT} is missing: nothing was loaded"),
    (
        "model.norm.weight",
        lambda t: t[:-1].clone(),
        r"model.norm.weight has shape \(31,\).*\(32,\)",
    ),
    ("model.layers.9.x.weight", lambda t: torch.ones(3), r"layers.9.x.weight .* is too many"),
    ("model.norm.weight", lambda t: t.to(torch.float8_e4m3fn), "fp8 weights are not supported"),
    ("model.norm.weight", lambda t: t.to(torch.int8), "is I8, not one of"),
    ("lm_head.weight", lambda t: torch.ones(60, 32), "should repeat embed_tokens.weight"),
    (
        "model.layers.3.shared_head.head.weight",
        lambda t: t[:3].clone(),
        r"shared_head.head.weight has shape \(3, 32\)",
    ),
]


@pytest.mark.parametrize(("name", "change", "message"), FAULTS)
def test_a_damaged_tensor_is_named(name: str, change: Any, message: str, tmp_path: Path) -> None:
    _, folder = ours(MLA, tmp_path)
    damage(folder, name, change)
    with pytest.raises(ValueError, match=message) as caught:
        hub.load(folder)
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


def test_heads_that_a_copy_dropped_are_left_out(tmp_path: Path) -> None:
    """config.json promises an MTP layer, and the weights hold none: fine-tuned copies are so."""
    model, folder = ours(MLA, tmp_path)
    for name in list(tensors(folder)):
        if name.startswith("model.layers.3."):
            damage(folder, name, lambda t: None)
    found = hub.load(folder)
    assert found.config == replace(MLA, n_mtp_layers=0)
    assert torch.equal(found(IDS), model(IDS))


def test_half_a_head_is_an_error(tmp_path: Path) -> None:
    _, folder = ours(MLA, tmp_path)
    damage(folder, "model.layers.3.hnorm.weight", lambda t: None)
    with pytest.raises(ValueError, match=r"layers.3.hnorm.weight is missing"):
        hub.load(folder)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    _, folder = ours(MLA, tmp_path, shard_bytes=9000)
    shard = sorted(folder.glob("model-*"))[2]
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-10])
    with pytest.raises(ValueError, match=f"{shard.name} is not a whole safetensors file"):
        hub.load(folder)
    shard.unlink()
    with pytest.raises(ValueError, match=f"{shard.name} is missing"):
        hub.load(folder)
    (folder / INDEX).write_text("{}")
    with pytest.raises(ValueError, match=f"{INDEX} can't be read"):
        hub.load(folder)
    (folder / INDEX).unlink()
    with pytest.raises(ValueError, match="holds no weights"):
        hub.load(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config.json can't be read"):
        hub.load(folder)


REFUSED = [
    ({"model_type": "deepseek_v2"}, r"'deepseek_v2' is not supported \(DeepSeek-V2 and V2-Lite"),
    ({"model_type": "olmoe"}, r"'olmoe' is not supported \(OLMoE"),
    ({"model_type": "deepseek_v33"}, r"unknown family \(did you mean 'deepseek_v3'\?\)"),
    ({"model_type": None}, r"unknown family; supported: deepseek_v3, qwen3_moe"),
    ({"quantization_config": {"quant_method": "fp8"}}, "fp8 of DeepSeek-V3.* are not supported"),
    ({"scoring_func": "softmax"}, "scoring_func = 'softmax', which"),
    ({"hidden_act": "gelu"}, "hidden_act = 'gelu', which"),
    ({"attention_bias": True}, "attention_bias = True, which"),
    ({"num_key_value_heads": 1}, "num_key_value_heads = 1, which"),
    ({"rope_parameters": {"rope_type": "longrope", "factor": 2.0}}, "'longrope' is not supported"),
    ({"rope_parameters": {"rope_type": "yarn", "factor": 2.0}}, "needs original_max_position"),
    (
        {"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "mscale": 0.7}},
        "only one of mscale and mscale_all_dim",
    ),
    (
        {"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "attention_factor": 1.2}},
        "yarn with attention_factor is not supported",
    ),
    (
        {"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "truncate": False}},
        "truncate = False is not supported",
    ),
    ({"rope_parameters": {"partial_rotary_factor": 0.5}}, "a part of each head only"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_what_is_not_computed_is_refused(words: dict, message: str, tmp_path: Path) -> None:
    _, folder = ours(MLA, tmp_path)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rope_scaling": None} | words))
    with pytest.raises(ValueError, match=message):
        hub.load(folder)


def test_a_missing_word_is_named(tmp_path: Path) -> None:
    _, folder = ours(MLA, tmp_path)
    path = folder / "config.json"
    words = json.loads(path.read_text())
    del words["kv_lora_rank"]
    path.write_text(json.dumps(words))
    with pytest.raises(ValueError, match="has no kv_lora_rank: a deepseek_v3 model needs it"):
        hub.load(folder)


def test_models_without_a_family_are_refused(tmp_path: Path) -> None:
    for config in (
        replace(MLA, score_func="softmax"),
        replace(QWEN, n_shared_experts=1),
        replace(QWEN, qk_norm=False),
        replace(QWEN, n_mtp_layers=1),
        replace(QWEN, n_dense_layers=3, qkv_bias=True),
    ):
        with pytest.raises(ValueError, match="no family on the hub"):
            hub.save(Transformer(config), tmp_path / "x")
    model = Transformer(QWEN)
    model.routers()[0].e_score_correction_bias[2] = 0.5
    with pytest.raises(ValueError, match="is not zero, and qwen3_moe has no place for it"):
        hub.save(model, tmp_path / "x")
    with pytest.raises(ValueError, match="can't be written without mscale_all_dim"):
        hub.save(Transformer(replace(MLA, rope_scaling="yarn", mscale=0.5)), tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_full_folder_is_not_overwritten(tmp_path: Path) -> None:
    model, folder = ours(MLA, tmp_path)
    with pytest.raises(ValueError, match="is not empty"):
        hub.save(model, folder)


def test_a_full_disk_is_told_and_leaves_no_model(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise safetensors.SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    with pytest.raises(OSError, match=r"written \(I/O .*: the model needs .* bytes"):
        ours(MLA, tmp_path)
    assert not (tmp_path / "model").exists()


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    model = Transformer(MLA)
    assert hub.load(hub.save(model, tmp_path / "made")).config == model.config


def test_models_are_told_from_runs_by_their_names(tmp_path: Path) -> None:
    _, folder = ours(MLA, tmp_path)
    assert all(hub.is_model(name) for name in ("smollm2", "m.gguf", "Qwen/Qwen3-0.6B", folder))
    assert not any(hub.is_model(name) for name in ("laptop", tmp_path))


def test_an_id_without_a_network_says_what_to_do(monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=r"can't be fetched .* `hf download Qwen/Not-Here"):
        hub.load("Qwen/Not-Here")
    with pytest.raises(ValueError, match="neither a folder here nor an id"):
        hub.load("no_such_folder")
