"""A model's tokenizer as others read it: beside a Hugging Face folder, and inside a GGUF file.

The toy language is one token a word, which Hugging Face's library can say. llama.cpp can't, so a
GGUF file of a toy model holds no vocabulary, and its user feeds it ids. A real model's vocabulary
goes along: tokens, merges, special ids and the template of its chats.

In the prompt's journey: after it, when the trained policy leaves the house.
"""

from __future__ import annotations

import json
from typing import Any

from minir1.text.chat import ChatTokenizer
from minir1.text.tokenizer import Tokenizer

NORMAL, CONTROL, UNUSED = 1, 3, 5
"""Kinds of tokens in a GGUF file."""
SPLITTERS = {49152: "smollm", 151936: "qwen2", 128256: "llama-bpe"}
"""How llama.cpp cuts a text before it merges, by the size of the vocabulary: its own names."""


def hub_face(tokenizer: Tokenizer) -> Any:
    """Hugging Face's tokenizer with the same words and the same ids."""
    if isinstance(tokenizer, ChatTokenizer):
        return tokenizer.inner
    try:
        import tokenizers
        from transformers import PreTrainedTokenizerFast
    except ModuleNotFoundError as error:
        raise ValueError("a tokenizer for others needs: pip install 'minir1[hub]'") from error
    words = {word: i for i, word in enumerate(tokenizer.words)}
    fast = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<pad>"))
    fast.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        pad_token=tokenizer.words[tokenizer.pad_id],
        bos_token=tokenizer.words[tokenizer.bos_id],
        eos_token=tokenizer.words[tokenizer.eos_id],
        padding_side="left",
    )


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """The words that config.json has for them."""
    return {
        "bos_token_id": tokenizer.bos_id,
        "eos_token_id": tokenizer.eos_id,
        "pad_token_id": tokenizer.pad_id,
    }


def gguf_words(tokenizer: Tokenizer, vocab_size: int) -> dict[str, Any]:
    """The tokenizer's fields of a GGUF file; `vocab_size` is the model's, which may be larger."""
    if not isinstance(tokenizer, ChatTokenizer):
        return {"tokenizer.ggml.model": "none"}
    described = json.loads(tokenizer.inner.backend_tokenizer.to_str())
    if described["model"]["type"] != "BPE":
        raise ValueError(
            f"a vocabulary of type {described['model']['type']} is not written to GGUF here: use "
            "a folder, and convert it with llama.cpp"
        )
    tokens = [f"[PAD{i}]" for i in range(vocab_size)]
    kinds = [UNUSED] * vocab_size
    for token, i in described["model"]["vocab"].items():
        tokens[i], kinds[i] = token, NORMAL
    for added in described["added_tokens"]:
        tokens[added["id"]], kinds[added["id"]] = added["content"], CONTROL
    merges = described["model"]["merges"]
    words: dict[str, Any] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": SPLITTERS.get(vocab_size, "default"),
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": [m if isinstance(m, str) else " ".join(m) for m in merges],
        "tokenizer.ggml.bos_token_id": tokenizer.bos_id,
        "tokenizer.ggml.eos_token_id": tokenizer.eos_id,
        "tokenizer.ggml.padding_token_id": tokenizer.pad_id,
        "tokenizer.ggml.add_bos_token": False,
    }
    if tokenizer.inner.chat_template:
        words["tokenizer.chat_template"] = tokenizer.inner.chat_template
    return words
