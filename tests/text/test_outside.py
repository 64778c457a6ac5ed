"""A vocabulary as a GGUF file has it: every id has its word, and the reader's ids are ours."""

from pathlib import Path

import pytest

from minir1.config import ModelConfig
from minir1.model.transformer import Transformer
from minir1.text.chat import ChatTokenizer
from minir1.text.outside import CONTROL, NORMAL, UNUSED, gguf_words, special_ids
from minir1.text.tokenizer import Tokenizer

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

TEXTS = ["low lower lowest", "new newer newest", "wide wider widest"] * 4
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def chat_tokenizer(kind: str = "BPE", template: str | None = None) -> ChatTokenizer:
    """A small byte-level tokenizer with the special tokens of a chat model."""
    if kind == "BPE":
        inner = tokenizers.Tokenizer(tokenizers.models.BPE())
        inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = tokenizers.decoders.ByteLevel()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=300, special_tokens=SPECIALS,
            initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        )  # fmt: skip
        inner.train_from_iterator(TEXTS, trainer)
    else:
        inner = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
        inner.add_special_tokens(SPECIALS)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token=SPECIALS[1], eos_token=SPECIALS[2], pad_token=SPECIALS[0]
    )
    fast.chat_template = template
    return ChatTokenizer(fast)


def test_a_toy_model_takes_no_vocabulary_along() -> None:
    assert gguf_words(Tokenizer(128), 128) == {"tokenizer.ggml.model": "none"}


def test_every_id_has_its_word_and_the_rest_are_padding() -> None:
    tokenizer = chat_tokenizer()
    known = len(tokenizer.inner)
    words = gguf_words(tokenizer, known + 7)
    tokens, kinds = words["tokenizer.ggml.tokens"], words["tokenizer.ggml.token_type"]
    assert len(tokens) == len(kinds) == known + 7
    assert tokens[:known] == tokenizer.inner.convert_ids_to_tokens(range(known))
    assert tokens[known:] == [f"[PAD{i}]" for i in range(known, known + 7)]
    control = [i for i, kind in enumerate(kinds) if kind == CONTROL]
    assert control == [tokenizer.id(word) for word in SPECIALS]
    assert kinds[known:] == [UNUSED] * 7 and set(kinds[:known]) == {NORMAL, CONTROL}
    assert len(set(tokens)) == len(tokens)  # a reader looks words up by their text
    ids = [words[f"tokenizer.ggml.{name}_token_id"] for name in ("bos", "eos", "padding")]
    assert ids == list(special_ids(tokenizer).values()) == [1, 2, 0]
    assert words["tokenizer.ggml.add_bos_token"] is False  # the template has it already


def test_merges_are_two_known_words_that_make_a_third() -> None:
    words = gguf_words(chat_tokenizer(), 300)
    known = set(words["tokenizer.ggml.tokens"])
    assert len(words["tokenizer.ggml.merges"]) > 10
    for merge in words["tokenizer.ggml.merges"]:
        left, right = merge.split(" ")
        assert {left, right, left + right} <= known


def test_how_llama_cpp_cuts_a_text_goes_by_the_vocabulary() -> None:
    tokenizer = chat_tokenizer()
    assert gguf_words(tokenizer, 49152)["tokenizer.ggml.pre"] == "smollm"
    assert gguf_words(tokenizer, 300)["tokenizer.ggml.pre"] == "default"


@pytest.mark.parametrize("template", [None, "{{ messages[0].content }}"])
def test_the_template_goes_along_if_there_is_one(template: str | None) -> None:
    assert (
        gguf_words(chat_tokenizer("BPE", template), 300).get("tokenizer.chat_template") == template
    )


def test_a_vocabulary_of_another_kind_is_refused_with_a_way_out() -> None:
    with pytest.raises(
        ValueError, match="type WordLevel is not written to GGUF here: use a folder"
    ):
        gguf_words(chat_tokenizer("WordLevel"), 300)


def test_another_reader_of_the_file_gives_the_same_ids(tmp_path: Path) -> None:
    """transformers builds its tokenizer from the file's fields alone."""
    pytest.importorskip("gguf")
    from minir1.model.hub.gguf_writing import save_gguf

    tokenizer = chat_tokenizer()
    size = len(tokenizer.inner) + 5
    shape = ModelConfig(
        vocab_size=size, dim=32, n_layers=1, n_dense_layers=1, inter_dim=32, n_heads=2,
        attention="gqa", n_kv_heads=1, head_dim=16, n_shared_experts=0, score_func="softmax",
    )  # fmt: skip
    words = gguf_words(tokenizer, size)
    save_gguf(Transformer(shape), tmp_path / "m.gguf", "f32", words=words)
    other = ChatTokenizer.load(tmp_path / "m.gguf")
    for text in (
        *TEXTS[:3],
        "lower and wider, 12 + 3 = 15\n",
        "\u20ac \u65e5\u672c",
        SPECIALS[1] + "low",
    ):
        assert other.encode(text) == tokenizer.encode(text)
        assert other.decode(other.encode(text)) == tokenizer.decode(tokenizer.encode(text))
    assert special_ids(other) == special_ids(tokenizer)
