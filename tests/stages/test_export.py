"""Leaving the house: what is written can be loaded, and what rounding costs is measured."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1 import recipes
from minir1.cli.main import main
from minir1.model import hub
from minir1.run.home import open_run
from minir1.stages.export import export
from minir1.stages.pretrain import pretrain
from minir1.text.template import render_prompt
from minir1.text.tokenizer import Tokenizer

transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two untrained runs: the laptop's shape, and a small dense Llama."""
    base = recipes.get("smoke")
    base = replace(
        base,
        threads=1,
        pretrain=replace(base.pretrain, steps=0),
        eval=replace(base.eval, max_new_tokens=8),
    )
    llama = replace(
        base.model, attention="gqa", n_dense_layers=4, n_shared_experts=0, score_func="softmax"
    )
    made = {}
    for name, config in (("moe", base), ("llama", replace(base, model=llama))):
        made[name] = open_run(config, tmp_path_factory.mktemp("runs") / name)
        pretrain(config, made[name])
    return made


def test_the_folder_is_a_model_of_transformers(runs: dict[str, Path], tmp_path: Path) -> None:
    export(runs["moe"], tmp_path / "out")
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    face = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    question = "make 15 from 10 5 1"
    ids = face(f"<bos> {render_prompt(question)}", return_tensors="pt")["input_ids"]
    assert ids[0].tolist()[1:] == Tokenizer().encode(render_prompt(question))
    with torch.inference_mode():
        ours = hub.load(tmp_path / "out")(ids)
        torch.testing.assert_close(model(ids).logits, ours, rtol=0, atol=1e-4)
    assert model.config.eos_token_id == Tokenizer().eos_id


def test_each_form_is_asked_the_same_problems(runs: dict[str, Path], tmp_path: Path) -> None:
    rows = export(runs["llama"], tmp_path / "out", kinds=("f32", "q8_0", "q4_0"), problems=6)
    assert [row["form"] for row in rows] == ["folder", "f32", "q8_0", "q4_0"]
    sizes = [row["MB"] for row in rows]
    assert sizes[1] > 2.5 * sizes[2] > 4 * sizes[3] and sizes[0] == pytest.approx(sizes[1], rel=0.1)
    assert all(row["tokens_per_s"] > 0 for row in rows)
    # Nothing is rounded in the first two: not a word of an answer differs.
    assert rows[1]["pass@1"] == rows[0]["pass@1"]
    assert rows[1]["change"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    loaded = hub.load(tmp_path / "out" / "f32.gguf").state_dict()
    for name, tensor in hub.load(tmp_path / "out").state_dict().items():
        assert torch.equal(loaded[name], tensor)


def test_the_command(runs: dict[str, Path], tmp_path: Path, capsys) -> None:
    words = ["export", str(runs["llama"]), str(tmp_path / "out"), "--gguf", "q8_0", "--json"]
    assert main(words) == 0
    assert [row["form"] for row in json.loads(capsys.readouterr().out)] == ["folder", "q8_0"]
    assert main([*words[:3], "--json"]) == 2
    assert "is not empty" in capsys.readouterr().err
    moe = ["export", str(runs["moe"]), str(tmp_path / "moe")]
    assert main([*moe, "--gguf", "q8_0"]) == 2
    assert "a deepseek_v3 model has no place in GGUF here" in capsys.readouterr().err
    assert main([*moe, "--gguf", "q9"]) == 2
    assert "GGUF type 'q9' can't be used: use f32, f16" in capsys.readouterr().err
    assert not (tmp_path / "moe").exists()
    assert main(moe) == 0
    assert "The model: " in capsys.readouterr().out
