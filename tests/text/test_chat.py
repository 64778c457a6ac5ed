"""A real model's tokenizer behind our face; streams that never break a character."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.text.chat import R1_ZERO, ChatTokenizer
from minir1.text.stream import UNFINISHED, stream
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def inner(template: str | None = TEMPLATE, **special: Any) -> Any:
    """A tokenizer of single bytes: each character outside ASCII is several tokens."""
    signs = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    model = tokenizers.models.BPE({sign: i for i, sign in enumerate(signs)}, [])
    fast = tokenizers.Tokenizer(model)
    fast.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = tokenizers.decoders.ByteLevel()
    special = {"bos_token": "<|start|>", "eos_token": "<|end|>"} | special
    face = transformers.PreTrainedTokenizerFast(tokenizer_object=fast, **special)
    face.chat_template = template
    return face


BYTES = ChatTokenizer(inner())


@given(st.text(max_size=40))
def test_encode_and_decode_are_inverse(text: str) -> None:
    assert BYTES.decode(BYTES.encode(text)) == text
    assert len(BYTES.encode(text)) == len(text.encode())


@given(st.text(max_size=40))
def test_pieces_are_the_text_and_whole_characters(text: str) -> None:
    ids = BYTES.encode(text)
    pieces = list(stream(BYTES, iter(ids)))
    assert "".join(pieces) == text
    assert all(pieces)
    if UNFINISHED not in text:
        assert not any(UNFINISHED in piece for piece in pieces)
        assert len(pieces) == len(text)  # each character as soon as its last byte is there


@given(st.lists(st.integers(0, 255), max_size=30))
def test_bytes_that_are_no_text_are_shown_as_decoding_shows_them(ids: list[int]) -> None:
    assert "".join(stream(BYTES, iter(ids))) == BYTES.decode(ids)


def test_a_character_waits_for_its_last_byte() -> None:
    def written():
        for i, one in enumerate(BYTES.encode("a€")):
            given.append(i)
            yield one

    given: list[int] = []
    seen = [(piece, len(given)) for piece in stream(BYTES, written())]
    assert seen == [("a", 1), ("€", 4)]


def test_words_of_the_toy_stream_too() -> None:
    tokenizer = Tokenizer()
    ids = tokenizer.encode("<think> 7 * 3 = 21 </think>")
    assert "".join(stream(tokenizer, iter(ids))) == tokenizer.decode(ids)
    assert len(list(stream(tokenizer, iter(ids)))) == len(ids)


def test_the_face_is_our_own() -> None:
    assert isinstance(BYTES, Tokenizer)
    assert BYTES.vocab_size == 258
    assert (BYTES.bos_id, BYTES.eos_id) == (BYTES.id("<|start|>"), BYTES.id("<|end|>"))
    assert BYTES.pad_id == BYTES.eos_id  # none of its own
    assert ChatTokenizer(inner(pad_token="<|pad|>")).pad_id == 256 + 2
    assert BYTES.decode([*BYTES.encode("hi"), BYTES.eos_id]) == "hi"
    with pytest.raises(ValueError, match="'hi' is 2 tokens of this model, not one"):
        BYTES.id("hi")
    with pytest.raises(ValueError, match="no end token"):
        ChatTokenizer(inner(eos_token=None))


def test_prompts_follow_the_models_template() -> None:
    expected = "<|start|>user\n2 + 3?<|end|>\n<|start|>assistant\n"
    assert prompt_ids(BYTES, "2 + 3?") == BYTES.inner.encode(expected, add_special_tokens=False)
    polite = ChatTokenizer(inner(), system="Be brief.")
    opening = "<|start|>system\nBe brief.<|end|>\n"
    assert polite.prompt("2 + 3?") == polite.encode(opening + expected)
    talk = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "2 + 3?"},
    ]
    said = "<|start|>user\nhi<|end|>\n<|start|>assistant\nyes<|end|>\n"
    assert BYTES.chat(talk) == BYTES.encode(said + expected)


def test_a_base_without_a_template_gets_the_prompt_of_r1_zero() -> None:
    base = ChatTokenizer(inner(template=None))
    text = base.decode(prompt_ids(base, "What is 2 + 3?"))
    assert text == R1_ZERO.format(question="What is 2 + 3?")
    assert text.endswith("<answer> answer here </answer>. User: What is 2 + 3?. Assistant:")


def test_a_base_without_a_template_reads_the_system_prompt_and_the_examples() -> None:
    shown = [("1 + 1?", "<answer> 2 </answer>")]
    base = ChatTokenizer(inner(template=None), examples=shown)
    opening, _ = R1_ZERO.split(" User: {question}")
    rest = "User: 1 + 1?. Assistant: <answer> 2 </answer> User: 2 + 3?. Assistant:"
    assert base.decode(base.prompt("2 + 3?")) == f"{opening} {rest}"
    base.system = "Work it out."
    assert base.decode(base.prompt("2 + 3?")) == f"Work it out. {rest}"


def test_a_template_that_refuses_is_told() -> None:
    """Gemma's says so of a system prompt."""
    refusing = "{{ raise_exception('System role not supported') }}"
    with pytest.raises(ValueError, match=r"refuses this \(System role not supported\): use a"):
        ChatTokenizer(inner(template=refusing), system="Be brief.").prompt("2 + 3?")


def test_a_folder_is_read_and_an_empty_one_is_refused(tmp_path: Path) -> None:
    BYTES.inner.save_pretrained(tmp_path / "model")
    again = ChatTokenizer.load(tmp_path / "model")
    assert again.prompt("2 + 3?") == BYTES.prompt("2 + 3?")
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="none holds no tokenizer that can be read"):
        ChatTokenizer.load(tmp_path / "none")
