"""Lesson 15, second half: a batch as a tree of tokens, and text as it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.rl.tree import grow
from minir1.text.stream import stream
from minir1.text.tokenizer import Tokenizer

NOTEBOOK = "15_a_real_model"


def tree_rows(draw: Draw, n_rows: int, width: int, words: int) -> list[list[int]]:
    """Rows that often begin like another one."""
    rows: list[list[int]] = []
    for _ in range(n_rows):
        kept = draw.choice(rows)[: draw.randint(0, width)] if rows else []
        rows.append(kept + [draw.randint(1, words) for _ in range(width - len(kept))])
    return rows


def shared_cases(draw: Draw) -> Iterator[Case]:
    """Full rows that share their beginnings."""
    for _ in range(4):
        rows = tree_rows(draw, draw.randint(2, 6), draw.randint(3, 7), 9)
        yield Case((rows, [len(row) for row in rows]))


def apart_cases(draw: Draw) -> Iterator[Case]:
    """The same words in other places: after other words, deeper, twice in one row."""
    a, b, c = draw.sample(range(1, 50), 3)
    for rows in ([[a, b, c], [b, b, c], [a, b, c]], [[a, a, a], [a, a, b]], [[a, b], [b, a]],
                 [[a, b, a, b], [b, a, b, a], [a, b, b, a]]):  # fmt: skip
        yield Case((rows, [len(row) for row in rows]))
    for _ in range(2):
        yield Case((tree_rows(draw, 6, 6, 2), [6] * 6))


def padded_cases(draw: Draw) -> Iterator[Case]:
    """Rows of different lengths, filled up with what is no token; one is empty."""
    for fill in (0, 7):
        rows, lengths = [], []
        for row in [*tree_rows(draw, 4, 6, 3), [fill] * 6]:
            length = draw.randint(1, 6) if row[0] != fill or lengths == [] else 0
            rows.append(row[:length] + [fill] * (6 - length))
            lengths.append(length)
        yield Case((rows, lengths))
    yield Case(([[5, 6, 7], [5, 6, 8], [5, 9, 0]], [3, 3, 2]))


GROW = Exercise(
    of=grow,
    notebook=NOTEBOOK,
    difficulty=4,
    importance=4,
    minutes=30,
    parts=(Part("shared", 2, shared_cases), Part("apart", 2, apart_cases),
           Part("padded", 1, padded_cases)),
    mistakes={
        "same_word": Edit("path = tuple(row[: depth + 1])", "path = row[depth]"),
        "same_depth": Edit("path = tuple(row[: depth + 1])", "path = depth, row[depth]"),
        "rows_of_their_own": Edit("path = tuple(row[: depth + 1])",
                                  "path = len(places), depth"),
        "root_is_its_parent": Edit("parent = [], -1", "parent = [], 0"),
        "padding_grows": Edit("range(length)", "range(len(row))"),
        "ragged": Edit("+ [0] * (len(row) - length)", ""),
        "all_under_the_root": Edit("parent = numbers[path]", "pass"),
        "parent_is_word": Edit("parents.append(parent)",
                               "parents.append(row[depth - 1] if depth else -1)"),
    },
)  # fmt: skip


@dataclass(frozen=True)
class Bytes(Tokenizer):
    """A tokenizer whose tokens are a few pieces of bytes: a real one, short enough to be shown."""

    pieces: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Bytes({', '.join(map(repr, self.pieces))})"

    def decode(self, ids: Iterable[int]) -> str:
        """The text of these tokens; what is no character is shown as a replacement sign."""
        return b"".join(self.pieces[i] for i in ids).decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Slow:
    """Tokens that come one by one; nobody may wait for the one after the last."""

    ids: tuple[int, ...]

    def __iter__(self) -> Iterator[int]:
        yield from self.ids
        raise RuntimeError("a token was asked for before the text so far was shown")


LETTERS = "ab 2\u00e9\u20ac\u65e5\N{PARTY POPPER}"
"""Characters of one to four bytes."""


def as_tokens(pieces: Sequence[bytes]) -> tuple[Bytes, list[int]]:
    """The tokenizer that knows these pieces and no others, and their ids."""
    known = sorted(set(pieces))
    return Bytes(tuple(known)), [known.index(piece) for piece in pieces]


def single(data: bytes) -> list[bytes]:
    """Each byte alone."""
    return [bytes([byte]) for byte in data]


def cut_up(draw: Draw, text: str) -> list[bytes]:
    """A text in pieces of one to three bytes, cut anywhere."""
    pieces, left = [], text.encode()
    while left:
        size = draw.randint(1, 3)
        pieces.append(left[:size])
        left = left[size:]
    return pieces


def text_cases(draw: Draw) -> Iterator[Case]:
    """Texts of all kinds of characters, and the toy tokenizer, which puts spaces between words."""
    for _ in range(10):
        text = "".join(draw.choice(LETTERS) for _ in range(draw.randint(3, 5)))
        yield Case(as_tokens(cut_up(draw, text)), take=99)
    tokenizer = Tokenizer()
    yield Case((tokenizer, tokenizer.encode("make 15 from 10 5 1")), take=99)
    yield Case((tokenizer, []), take=99)


def broken_cases(draw: Draw) -> Iterator[Case]:
    """Texts that end in the middle of a character, or hold bytes that are none."""
    party = "\N{PARTY POPPER}".encode()
    for text in (b"a" + party[:3], b"\xff" + b"a", b"a\xffb" + party, party[:1], b"\xff\xfe"):
        yield Case(as_tokens(single(text)), take=99)


def early_cases(draw: Draw) -> Iterator[Case]:
    """The first pieces must be there before anybody asks for what comes after."""
    for text in ("abc", "a\u20acb"):
        tokenizer, ids = as_tokens(single(text.encode()))
        yield Case((tokenizer, Slow(tuple(ids))), take=len(text))


STREAM = Exercise(
    of=stream,
    notebook=NOTEBOOK,
    difficulty=3,
    importance=3,
    minutes=20,
    parts=(Part("texts", 2, text_cases), Part("broken", 1, broken_cases),
           Part("early", 1, early_cases)),
    mistakes={
        "each_alone": Edit("seen.append(token)",
                           "yield tokenizer.decode([token])\n        continue"),
        "token_by_token": Edit("text = tokenizer.decode(seen)",
                               "text = text + tokenizer.decode([token])"),
        "at_the_end": Edit("if len(text) > shown:", "if False:"),
        "nothing_held_back": Edit("while text.endswith(UNFINISHED):", "while False:"),
        "one_sign_held_back": Edit("while text.endswith(UNFINISHED):",
                                   "if text.endswith(UNFINISHED):"),
        "said_again": Edit("yield text[shown:]\n", "yield text\n"),
        "empty_pieces": Edit("if len(text) > shown:", "if len(text) >= shown:"),
        "rest_forgotten": Edit("if len(whole) > shown:", "if False:"),
        "all_read_first": Edit("for token in tokens:", "for token in list(tokens):"),
    },
)  # fmt: skip

EXERCISES = (GROW, STREAM)
