"""A vocabulary of ranks, against the rule itself: cut, then join the lowest rank, and again."""

import base64
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minir1.text.chat import ChatTokenizer
from minir1.text.ranks import PATTERN, RESERVED, read_ranks

pytest.importorskip("transformers")
regex = pytest.importorskip("regex")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

LEARNED = ["He", "ll", "Hell", "Hello", " w", "or", " wor", "ld", " world", "'s", "12", "123", "  "]
TOKENS = [bytes([i]) for i in range(256)] + [word.encode() for word in (*LEARNED, "世", "世界")]
FIRST = len(TOKENS)
WORDS = {
    "bos_token": "[BOS]",
    "eos_token": "[EOS]",
    "added_tokens_decoder": {
        str(FIRST): {"content": "[BOS]"},
        str(FIRST + 1): {"content": "[EOS]"},
        str(FIRST + RESERVED - 1): {"content": "[PAD]"},
    },
    "auto_map": {"AutoTokenizer": ["tokenization_own.Own", None]},
}


def write(folder: Path, tokens: list[bytes] = TOKENS, words: dict | None = None) -> Path:
    """A folder as the hub has it, with code that must not be run."""
    lines = [f"{base64.b64encode(token).decode()} {i}\n" for i, token in enumerate(tokens)]
    (folder / "tiktoken.model").write_text("".join(lines))
    (folder / "tokenizer_config.json").write_text(json.dumps(words or WORDS))
    (folder / "tokenization_own.py").write_text("raise AssertionError('it was run')\n")
    (folder / "config.json").write_text(json.dumps({"model_type": "deepseek_v3"}))
    return folder


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ChatTokenizer:
    return ChatTokenizer.load(write(tmp_path_factory.mktemp("ranks")))


def joined(piece: bytes) -> list[int]:
    """The lowest rank first, one union at a time."""
    ranks = {token: i for i, token in enumerate(TOKENS)}
    parts = [piece] if piece in ranks else [bytes([b]) for b in piece]
    while True:
        unions = [
            (ranks[a + b], i)
            for i, (a, b) in enumerate(itertools.pairwise(parts))
            if a + b in ranks
        ]
        if not unions:
            return [ranks[part] for part in parts]
        _, i = min(unions)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


TEXTS = st.text(st.sampled_from("Helo word's123 \n\t世界。é-"), max_size=24)


@settings(deadline=None)
@given(TEXTS)
def test_the_rule(tokenizer: ChatTokenizer, text: str) -> None:
    pieces = regex.findall(f"(?V1){PATTERN}", text)
    assert "".join(pieces) == text
    assert tokenizer.encode(text) == [i for piece in pieces for i in joined(piece.encode())]
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_words_chinese_and_three_digits_are_pieces() -> None:
    found = regex.findall(f"(?V1){PATTERN}", "It's 12345世界ok\n\n  x=1")
    assert found == ["It's", " ", "123", "45", "世界", "ok", "\n\n", " ", " x", "=", "1"]


def test_special_tokens_have_the_ids_that_the_model_knows(tokenizer: ChatTokenizer) -> None:
    assert (tokenizer.bos_id, tokenizer.eos_id) == (FIRST, FIRST + 1)
    assert tokenizer.id("[PAD]") == FIRST + RESERVED - 1
    assert tokenizer.id(f"<|reserved_token_{FIRST + 2}|>") == FIRST + 2
    assert tokenizer.vocab_size == FIRST + RESERVED


def test_what_is_exported_needs_no_code(tokenizer: ChatTokenizer, tmp_path: Path) -> None:
    tokenizer.inner.save_pretrained(tmp_path)
    again, text = ChatTokenizer.load(tmp_path), "Hello world's 世界 123\n"
    assert again.encode(text) == tokenizer.encode(text) and again.eos_id == tokenizer.eos_id


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("SGk= 0\nno\n", "line 2: no token and rank"),
        ("SGk= 0\nSGU= 2\n", "not 0, 1, 2"),
        ("S 0\n", "line 1"),
    ],
)
def test_a_damaged_file_is_named(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tiktoken.model"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        read_ranks(path)


def test_a_special_token_that_the_model_has_no_place_for(tmp_path: Path) -> None:
    folder = write(tmp_path, words=WORDS | {"eos_token": "[STOP]"})
    with pytest.raises(ValueError, match="no place for them"):
        ChatTokenizer.load(folder)


def test_a_tokenizer_that_is_code_is_not_run_and_nobody_is_asked(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "tiktoken.model").unlink()
    with pytest.raises(ValueError, match=r"never run here: give it a tokenizer\.json"):
        ChatTokenizer.load(folder)
