r"""A vocabulary that is a list of ranks, as Moonlight and Kimi publish theirs: `tiktoken.model`.

    SGVsbG8= 4242        the bytes of a token in base64, and its rank

A text is cut into pieces by a pattern, and a piece into bytes; then the two neighbours whose
union has the lowest rank are joined, again and again. The file holds no pattern: it stands in a
Python file beside it, the model's own code, which is never run here. So it is told here.

In the prompt's journey: where the question becomes ids, for such a model.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

FILE = "tiktoken.model"
CONFIG = "tokenizer_config.json"
RESERVED = 256
"""Special tokens after the last rank; those that have no name are called <|reserved_token_...|>."""
LETTERS = r"\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]"
TAIL = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PATTERN = "|".join(
    [
        r"[\p{Han}]+",
        rf"[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}{LETTERS}]*[\p{{Ll}}{LETTERS}]+{TAIL}",
        rf"[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}{LETTERS}]+[\p{{Ll}}{LETTERS}]*{TAIL}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
"""How the Moonlight and Kimi models cut a text: Chinese, words, up to three digits, the rest."""


def alone(folder: Path) -> bool:
    """Whether a folder has such a file, and no tokenizer.json that says all of it."""
    return (folder / FILE).is_file() and not (folder / "tokenizer.json").is_file()


def read_ranks(path: str | Path) -> dict[bytes, int]:
    """The rank of every token, or a ValueError that names the line."""
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(Path(path).read_bytes().splitlines(), 1):
        if line:
            token, _, rank = line.partition(b" ")
            try:
                ranks[base64.b64decode(token, validate=True)] = int(rank)
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: no token and rank: {error}") from error
    if sorted(ranks.values()) != list(range(len(ranks))):
        raise ValueError(f"{path}: the ranks of its {len(ranks)} tokens are not 0, 1, 2, ...")
    return ranks


def load_ranks(folder: Path) -> Any:
    """Hugging Face's tokenizer for a folder that holds such a file."""
    from transformers import PreTrainedTokenizerFast
    from transformers.convert_slow_tokenizer import TikTokenConverter

    words = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    named = {int(i): one["content"] for i, one in words.get("added_tokens_decoder", {}).items()}
    first = len(read_ranks(folder / FILE))
    special = [named.get(i, f"<|reserved_token_{i}|>") for i in range(first, first + RESERVED)]

    class Converter(TikTokenConverter):
        # In its place, to do without the package tiktoken.
        load_tiktoken_bpe = staticmethod(read_ranks)  # type: ignore[assignment]

    path = str(folder / FILE)
    fast = Converter(path, pattern=PATTERN, extra_special_tokens=special).converted()
    kept = ("bos_token", "eos_token", "pad_token", "chat_template")
    known = {name: words[name] for name in kept if isinstance(words.get(name), str)}
    inner = PreTrainedTokenizerFast(tokenizer_object=fast, **known)
    if len(inner) != first + RESERVED:
        raise ValueError(
            f"{folder / CONFIG} names special tokens without an id between {first} and "
            f"{first + RESERVED - 1}: the model has no place for them"
        )
    return inner
