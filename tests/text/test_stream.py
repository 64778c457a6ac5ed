"""Pieces of a text against decoding all of it again after each token, which costs n^2."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.text.stream import UNFINISHED, stream
from minir1.text.tokenizer import Tokenizer


class Pieces(Tokenizer):
    """Each token is some bytes, perhaps none; counts the tokens that it decodes."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces, self.decoded = pieces, 0

    def decode(self, ids: Iterable[int]) -> str:
        ids = list(ids)
        self.decoded += len(ids)
        return b"".join(self.pieces[i] for i in ids).decode("utf-8", errors="replace")


def all_again(tokenizer: Tokenizer, tokens: Iterable[int]) -> Iterator[str]:
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


CHARACTERS = st.sampled_from("ab 2é€日\N{PARTY POPPER}\ufffd").map(str.encode)
BYTES = st.integers(0, 255).map(lambda i: bytes([i]))
TEXTS = st.lists(CHARACTERS | BYTES, max_size=16).map(b"".join)


@given(TEXTS, st.data())
def test_a_text_cut_anywhere_comes_in_the_same_pieces(text: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    edges = zip([0, *cuts], [*cuts, len(text)], strict=True)
    tokenizer = Pieces([text[start:stop] for start, stop in edges])  # cuts may coincide
    ids = range(len(tokenizer.pieces))
    assert list(stream(tokenizer, ids)) == list(all_again(tokenizer, ids))


@given(st.lists(st.integers(0, Tokenizer().vocab_size - 1), max_size=20))
def test_words_with_spaces_between_them_come_in_the_same_pieces(ids: list[int]) -> None:
    assert list(stream(Tokenizer(), ids)) == list(all_again(Tokenizer(), ids))


@pytest.mark.hub
@pytest.mark.parametrize("decoder", ["Metaspace", "ByteFallback"])
@given(ids=st.lists(st.integers(0, 11), max_size=16))
def test_tokenizers_that_drop_the_first_space_come_in_the_same_pieces(decoder, ids) -> None:
    """SentencePiece's: a space opens each word but the first, and lone bytes are tokens."""
    tokenizers = pytest.importorskip("tokenizers")
    words = ["▁a", "b", "▁", "▁€", "é", *(f"<0x{byte:02X}>" for byte in "日€".encode()), "▁▁"]
    fast = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}))
    by_hand = (
        tokenizers.decoders.Replace("▁", " "),
        tokenizers.decoders.ByteFallback(),
        tokenizers.decoders.Fuse(),
        tokenizers.decoders.Strip(content=" ", left=1),
    )
    one = tokenizers.decoders.Metaspace()
    fast.decoder = one if decoder == "Metaspace" else tokenizers.decoders.Sequence(list(by_hand))

    class Face(Tokenizer):
        def decode(self, ids: Iterable[int]) -> str:
            return fast.decode(list(ids))

    assert list(stream(Face(), ids)) == list(all_again(Face(), ids))


@pytest.mark.parametrize("text", ["a", "€", "日 é\N{PARTY POPPER}."])
def test_a_late_token_costs_what_an_early_one_does(text: str) -> None:
    tokenizer = Pieces([bytes([i]) for i in range(256)])
    ids = list(text.encode()) * 200
    assert "".join(stream(tokenizer, ids)) == text * 200
    assert tokenizer.decoded < 10 * len(ids)
