"""A real model's tokenizer behind the face of our own, and the prompt it was taught to answer.

    encode, decode, pad_id, bos_id, eos_id, vocab_size                as `tokenizer.py`
    prompt("What is 2 + 3?")   ->   the ids that end where the model's answer begins

A model that was taught to chat brings a template, which says where each turn begins and ends. A
base model brings none: it gets the prompt of R1-Zero, word for word (arXiv 2501.12948, Table 1),
with earlier turns in the same form, and with a system prompt in the place of its first words.

The work is done by Hugging Face's tokenizers; no code of a model's own is ever run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from minir1.text import ranks
from minir1.text.tokenizer import Tokenizer

R1_ZERO = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves "
    "it. The assistant first thinks about the reasoning process in the mind and then provides the "
    "user with the answer. The reasoning process and answer are enclosed within <think> </think> "
    "and <answer> </answer> tags, respectively, i.e., <think> reasoning process here </think> "
    "<answer> answer here </answer>. User: {question}. Assistant:"
)
ROLES = ("user", "assistant")
Message = Mapping[str, str]


class ChatTokenizer(Tokenizer):
    """Hugging Face's tokenizer of one model.

    Every prompt for a question opens with `system` and the turns of `examples`, which show a
    small model by what it can imitate how it should answer.
    """

    def __init__(
        self, inner: Any, system: str = "", examples: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.inner, self.system, self.examples = inner, system, examples
        if inner.eos_token_id is None:
            raise ValueError("this tokenizer has no end token: an answer would never end")
        self.eos_id: int = inner.eos_token_id
        self.pad_id: int = self.eos_id if inner.pad_token_id is None else inner.pad_token_id
        self.bos_id: int = self.eos_id if inner.bos_token_id is None else inner.bos_token_id

    @classmethod
    def load(
        cls, path: Path, system: str = "", examples: Sequence[tuple[str, str]] = ()
    ) -> ChatTokenizer:
        """The tokenizer in a model's folder, or in its GGUF file."""
        try:
            from transformers import AutoTokenizer, logging
        except ModuleNotFoundError as error:
            raise ValueError(
                f"{path}: a real model's tokenizer needs: pip install 'minir1[hub]'"
            ) from error
        logging.set_verbosity_error()
        folder, more = (path.parent, {"gguf_file": path.name}) if path.is_file() else (path, {})
        try:
            if ranks.alone(folder):
                return cls(ranks.load_ranks(folder), system, examples)
            # A model's own code is not run, and nobody is asked whether it should be.
            known = {"local_files_only": True, "trust_remote_code": False}
            inner = AutoTokenizer.from_pretrained(str(folder), **known, **more)
        except (OSError, ValueError, KeyError) as error:
            cause = str(error)
            if is_code(folder):
                cause = "it is Python code, which is never run here: give it a tokenizer.json"
            raise ValueError(f"{path} holds no tokenizer that can be read: {cause}") from error
        return cls(inner, system, examples)

    @property
    def vocab_size(self) -> int:
        """Number of tokens, the special ones included."""
        return len(self.inner)

    def id(self, word: str) -> int:
        """The id of a text that is one token, such as <|im_end|>."""
        ids = self.encode(word)
        if len(ids) != 1:
            raise ValueError(f"{word!r} is {len(ids)} tokens of this model, not one")
        return ids[0]

    def encode(self, text: str) -> list[int]:
        """Ids of a text, with nothing added before or after it."""
        return self.inner.encode(text, add_special_tokens=False)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special tokens, such as the end of a turn, are left out."""
        return self.inner.decode(list(ids), skip_special_tokens=True)

    def prompt(self, question: str) -> list[int]:
        """Ids of the prompt for one question."""
        turns = [turn for pair in self.examples for turn in zip(ROLES, pair, strict=True)]
        turns.append((ROLES[0], question))
        return self.chat([{"role": role, "content": text} for role, text in turns])

    def chat(self, messages: Sequence[Message]) -> list[int]:
        """Ids of a whole conversation, which end where the next answer begins."""
        if self.inner.chat_template is None:
            return self.inner.encode(plain(self.system, messages))
        opening = [{"role": "system", "content": self.system}] if self.system else []
        try:
            found = self.inner.apply_chat_template(
                [*opening, *messages], add_generation_prompt=True, tokenize=True, return_dict=True
            )
        except TemplateError as error:  # some templates know no system prompt, and say so
            cure = "use a system_prompt and examples that it knows, or none"
            raise ValueError(f"the model's chat template refuses this ({error}): {cure}") from error
        return list(found["input_ids"])


def is_code(folder: Path) -> bool:
    """Whether a model's tokenizer is nothing but a class of its own, in a Python file beside it."""
    told = folder / "tokenizer_config.json"
    if ranks.alone(folder) or (folder / "tokenizer.json").is_file() or not told.is_file():
        return False
    return '"AutoTokenizer"' in told.read_text("utf-8", errors="replace")


def plain(system: str, messages: Sequence[Message]) -> str:
    """A conversation as a base model reads it.

    >>> plain("Add.", [{"role": "user", "content": "1 + 1"}])
    'Add. User: 1 + 1. Assistant:'
    """
    opening, user, _ = R1_ZERO.partition(" User:")
    text = system or opening
    for one in messages:
        if one["role"] == "user":
            text += f"{user} {one['content'].rstrip(' .')}. Assistant:"
        else:
            text += f" {one['content']}"
    return text
