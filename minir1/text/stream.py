"""Text as it is written: tokens in, whole characters out.

A character outside plain English can be two to four bytes, and a token any piece of them. Printed
token by token, such a text is full of replacement signs. So what may still be the beginning of a
character is held back until the rest has come; the pieces together are the text, and no other.

    e2 82 | ac   ->   nothing yet, then the euro sign

A token can't be decoded alone, since many tokenizers put something between two words. But only its
neighbours matter, so the tokens of the last piece are kept beside the new ones, and no older ones:
the last token of 32,768 takes as long as the second.
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
    old = shown = 0  # the first `old` of ids, and the first `shown` characters of their text
    for token in tokens:
        ids.append(token)
        text = tokenizer.decode(ids)
        certain = text.rstrip(UNFINISHED)
        if len(certain) > shown:
            yield certain[shown:]
            shown = len(certain)
            if certain == text:  # no character is cut in two here
                ids, old = ids[old:], len(ids) - old
                shown = len(tokenizer.decode(ids))
    rest = tokenizer.decode(ids)[shown:]
    if rest:
        yield rest
