"""The toy language's tokenizer: one token a word, one token a number.

Text is words separated by spaces. Each word of the fixed vocabulary is one token, and so is
each number from 0 to 99: a four-layer model should spend its capacity on arithmetic, not on
putting digits together. The price is plain: what is not in the vocabulary can't be written,
and says so. Real models' tokenizers have the same face (`encode`, `decode`, the special ids).

    encode("7 * 3 = 21")  ->  five ids        decode(ids)  ->  "7 * 3 = 21"
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from minir1.tasks.scenarios.words import scenario_words

SPECIAL = (
    *("<pad>", "<bos>", "<eos>", "<user>", "<assistant>"),
    *("<think>", "</think>", "<answer>", "</answer>"),
)
SYMBOLS = ("+", "-", "*", "/", "=", "?", ",", ";", "(", ")")
WORDS = ("yes", "no", "make", "from", "compute")
NUMBERS = tuple(str(n) for n in range(100))


class Tokenizer:
    """A fixed vocabulary, filled up with reserved tokens to `vocab_size`.

    The words of the all-scenario prompts (two languages, a stack machine) come first among the
    reserved ones, where all of them fit.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.decode(tokenizer.encode("make 15 from 10 5 1"))
    'make 15 from 10 5 1'
    """

    def __init__(self, vocab_size: int = 128) -> None:
        words = [*SPECIAL, *SYMBOLS, *WORDS, *NUMBERS]
        if vocab_size < len(words):
            raise ValueError(
                f"vocab_size = {vocab_size} can't be used: the toy language needs {len(words)}"
            )
        if vocab_size >= len(words) + len(scenario_words()):
            words += scenario_words()
        words += [f"<reserved_{i}>" for i in range(vocab_size - len(words))]
        self.words = tuple(words)
        self._ids = {word: i for i, word in enumerate(words)}
        self.pad_id, self.bos_id, self.eos_id = (self._ids[w] for w in SPECIAL[:3])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vocab_size})"

    @property
    def vocab_size(self) -> int:
        """Number of tokens, reserved ones included."""
        return len(self.words)

    def id(self, word: str) -> int:
        """The id of one word of the vocabulary."""
        if word not in self._ids:
            near = difflib.get_close_matches(word, self.words, n=3)
            hint = f"near it: {', '.join(near)}" if near else "see minir1/text/tokenizer.py"
            raise ValueError(
                f"{word!r} is not in the vocabulary (words, signs and the numbers 0..99, "
                f"separated by spaces); {hint}"
            )
        return self._ids[word]

    def encode(self, text: str) -> list[int]:
        """Ids of the words in `text`."""
        return [self.id(word) for word in text.split()]

    def decode(self, ids: Iterable[int]) -> str:
        """The words of `ids`, separated by single spaces; special tokens are shown."""
        return " ".join(self.words[i] for i in ids)
