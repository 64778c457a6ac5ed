"""A model from outside: talked with, and trained in place of a base of our own."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from minir1 import recipes
from minir1.cli.main import main
from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.transformer import Transformer
from minir1.run.home import read_config
from minir1.run.models import new_model, with_base
from minir1.stages.sample import speaker
from minir1.text.chat import ChatTokenizer

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

SHAPE = ModelConfig(
    vocab_size=260, dim=32, n_layers=2, n_dense_layers=2, inter_dim=48, n_heads=2, attention="gqa",
    n_kv_heads=1, head_dim=16, n_shared_experts=0, score_func="softmax", max_seq_len=256,
)  # fmt: skip
TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'][0] }} {{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|start|>a {% endif %}"
)


def byte_tokenizer() -> Any:
    signs = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    fast = tokenizers.Tokenizer(tokenizers.models.BPE({s: i for i, s in enumerate(signs)}, []))
    fast.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = tokenizers.decoders.ByteLevel()
    face = transformers.PreTrainedTokenizerFast(
        tokenizer_object=fast, bos_token="<|start|>", eos_token="<|end|>"
    )
    face.chat_template = TEMPLATE
    return face


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama that nobody has trained, with a tokenizer of bytes."""
    model = Transformer(SHAPE)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(4)
    out = hub.save(model, tmp_path_factory.mktemp("outside") / "tiny")
    byte_tokenizer().save_pretrained(out)
    return out


def test_each_answer_becomes_a_part_of_the_next_prompt(folder: Path, monkeypatch) -> None:
    seen = []
    chat = ChatTokenizer.chat
    monkeypatch.setattr(
        ChatTokenizer, "chat", lambda self, turns: seen.append([*turns]) or chat(self, turns)
    )
    one = speaker(str(folder), temperature=0.0, max_new_tokens=6)
    first = "".join(one.say("hi"))
    second = "".join(one.say("again"))
    roles = ("user", "assistant", "user")
    said = zip(roles, ("hi", first, "again"), strict=True)
    assert seen[-1] == [{"role": role, "content": text} for role, text in said]
    assert one.turns[-1] == {"role": "assistant", "content": second}


def test_the_command_answers_one_question_or_talks(folder: Path, monkeypatch, capsys) -> None:
    words = ["sample", str(folder), "--temperature", "0", "--max-new-tokens", "5"]
    assert main([*words[:2], "hi", *words[2:]]) == 0
    once = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("hi\n"))
    assert main(words) == 0
    assert capsys.readouterr().out == once != "\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("hi\nexit\nhi\n"))
    assert main(words) == 0
    assert capsys.readouterr().out == once


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


def test_ctrl_c_ends_an_answer_and_not_the_talk(folder: Path, monkeypatch, capsys) -> None:
    """What was said by then stays said; a question from the command line has no next turn."""

    def stopped(*_: object) -> Iterator[str]:
        yield "well"
        raise KeyboardInterrupt

    seen = []
    monkeypatch.setattr("minir1.stages.sample.stream", stopped)
    chat = ChatTokenizer.chat
    monkeypatch.setattr(
        ChatTokenizer, "chat", lambda self, turns: seen.append([*turns]) or chat(self, turns)
    )
    monkeypatch.setattr("sys.stdin", Terminal("hi\nagain\n"))
    assert main(["sample", str(folder)]) == 0
    assert capsys.readouterr().out == "\n> well\n" * 2 + "\n> "
    assert [turn["content"] for turn in seen[-1]] == ["hi", "well", "again"]
    assert main(["sample", str(folder), "hi"]) == 130
    monkeypatch.setattr("sys.stdin", io.StringIO("hi\nagain\n"))
    assert main(["sample", str(folder)]) == 130


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody/nothing", "can't be fetched from the hub"),
        ("none.gguf", "there is no file none.gguf"),
        ("nothing", "nothing is not a run"),
    ],
)
def test_a_model_that_is_not_there(name: str, message: str, monkeypatch, capsys) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert main(["sample", name, "hi"]) == 2
    assert message in capsys.readouterr().err


def test_a_run_starts_from_it(folder: Path, tmp_path: Path, capsys) -> None:
    """`--model`: no pre-training, its shape, its tokenizer, its template, two steps of GRPO."""
    small = "--zero.steps 2 --zero.questions-per-step 2 --zero.group-size 2 --threads 1"
    small += " --zero.max-new-tokens 6 --eval.problems 2 --eval.max-new-tokens 6 --eval.every 0"
    out = tmp_path / "run"
    words = ["run", "smoke", "--model", str(folder), "--out", str(out), "--json", *small.split()]
    assert main(words) == 0, capsys.readouterr().err
    assert json.loads(capsys.readouterr().out)["final"]["pass@1"]["value"] == 0
    config = read_config(out)
    assert (config.base, config.pretrain.steps) == (str(folder), 0)
    assert config.model == SHAPE
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [("zero", 1), ("zero", 2)]
    # Sampler and trainer agree on what a real tokenizer's tokens are worth.
    assert max(row["sampling/sampling_logp_difference/max"] for row in rows) < 1e-4
    assert main(["sample", str(out), "What is 2 + 3?", "--max-new-tokens", "4"]) == 0
    assert capsys.readouterr().out.startswith("u What is 2 + 3?a \n")


def test_a_real_base_is_not_pre_trained(folder: Path) -> None:
    config = replace(recipes.get("smoke"), base=str(folder))
    with pytest.raises(ValueError, match=r"pretrain.steps = 40 .*: use 0: a real base"):
        new_model(config, torch.device("cpu"))
    assert with_base(config).pretrain.steps == 0
