# %%
def stream(tokenizer, tokens):
    ids, said = [], ""
    for token in tokens:
        ids = [*ids, token]
        sure = tokenizer.decode(ids).rstrip("\ufffd")
        piece = sure[len(said) :]
        if piece:
            said = sure
            yield piece
    if tokenizer.decode(ids) != said:
        yield tokenizer.decode(ids)[len(said) :]


# %%
from itertools import chain


def stream(tokenizer, tokens):
    """None marks the end, where nothing is held back any more."""
    ids, length = [], 0
    for token in chain(tokens, [None]):
        if token is not None:
            ids.append(token)
        text = tokenizer.decode(ids)
        end = len(text)
        while token is not None and end and text[end - 1] == "\ufffd":
            end -= 1
        if length < end:
            yield text[length:end]
            length = end


# %%
import re

from minir1.text.stream import UNFINISHED


class Printer:
    """Remembers what was shown."""

    def __init__(self, tokenizer):
        self.tokenizer, self.ids, self.shown = tokenizer, [], 0

    def new(self, text):
        piece, self.shown = text[self.shown :], max(self.shown, len(text))
        return [piece] if piece else []

    def add(self, token):
        self.ids.append(token)
        return self.new(re.sub(f"{UNFINISHED}+$", "", self.tokenizer.decode(self.ids)))

    def end(self):
        return self.new(self.tokenizer.decode(self.ids))


def stream(tokenizer, tokens):
    printer = Printer(tokenizer)
    for token in tokens:
        yield from printer.add(token)
    yield from printer.end()
