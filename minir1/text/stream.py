"""Text as it is written: tokens in, whole characters out.

A character outside plain English can be two to four bytes, and a token any piece of them. Printed
token by token, such a text is full of replacement signs. So what may still be the beginning of a
character is held back until the rest has come; the pieces together are the text, and no other.

    e2 82 | ac   ->   nothing yet, then the euro sign
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minir1.text.tokenizer import Tokenizer

UNFINISHED = "\ufffd"
"""What decoding shows in place of bytes that are no character, or not yet."""


def stream(tokenizer: Tokenizer, tokens: Iterable[int]) -> Iterator[str]:
    """The text of `tokens`, piece by piece, as soon as each is certain.

    >>> list(stream(Tokenizer(), [9, 10, 11]))
    ['+', ' -', ' *']
    """
    ids: list[int] = []
    shown = 0
    for token in tokens:
        ids.append(token)
        certain = tokenizer.decode(ids).rstrip(UNFINISHED)
        if len(certain) > shown:
            yield certain[shown:]
            shown = len(certain)
    rest = tokenizer.decode(ids)[shown:]
    if rest:
        yield rest
