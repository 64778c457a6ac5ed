"""Two languages, English and Indonesian, as small as a toy needs them.

    English      make fifteen from ten five one      10 minus 5 is 5 so 5 times 1 is 5 check 15 no
    Indonesian   buat lima belas dari sepuluh lima satu      10 kurang 5 jadi 5 lalu 5 kali 1 ...

A prompt says its numbers in words. The thinking writes digits, and every sign is a word of one
of the two languages. So a thinking can be wholly in one language, or mixed, and `purity` can
measure it as R1 does. The answer is in signs, the same in both.

What this leaves out: grammar, and that languages differ in how well they carry a thought. Here
they differ only in how often the base has read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SIGNS = ("+", "-", "*", "=", "?", ",", ";", "yes", "no")
"""What the symbolic trace of text/trace.py is written in, numbers apart."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: its word for each sign, for the frame of a prompt, and for numbers."""

    name: str
    signs: tuple[str, ...]
    make: str
    source: str
    ones: tuple[str, ...]
    """Words for 0 to 9, and on for as long as they are single words."""
    thanks: str
    please: str
    sorry: str

    def word(self, sign: str) -> str:
        """This language's word for a sign of the trace."""
        return self.signs[SIGNS.index(sign)]

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word that is this language's and not the other's."""
        return frozenset({*self.signs, self.make, self.source, *self.ones}) | {
            *(self.thanks, self.please, self.sorry),
            *NUMBER_PARTS[self.name],
        }


NUMBER_PARTS: Mapping[str, tuple[str, ...]] = {
    "english": (
        *("twenty", "thirty", "forty", "fifty"),
        *("sixty", "seventy", "eighty", "ninety"),
    ),
    "indonesian": ("belas", "puluh"),
}

ENGLISH = Tongue(
    name="english",
    signs=("plus", "minus", "times", "is", "check", "so", "then", "right", "wrong"),
    make="form",
    source="using",
    ones=(
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
        *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
        *("sixteen", "seventeen", "eighteen", "nineteen"),
    ),
    thanks="thanks",
    please="please",
    sorry="sorry",
)
INDONESIAN = Tongue(
    name="indonesian",
    signs=("tambah", "kurang", "kali", "jadi", "cek", "maka", "lalu", "ya", "tidak"),
    make="buat",
    source="dari",
    ones=(
        *("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"),
        *("sepuluh", "sebelas"),
    ),
    thanks="makasih",
    please="tolong",
    sorry="maaf",
)
TONGUES: Mapping[str, Tongue] = {tongue.name: tongue for tongue in (ENGLISH, INDONESIAN)}

_TO_SIGN = {
    word: sign
    for tongue in TONGUES.values()
    for sign, word in zip(SIGNS, tongue.signs, strict=True)
}


def say_number(number: int, tongue: Tongue) -> str:
    """A number from 0 to 99 in words.

    >>> say_number(42, ENGLISH), say_number(42, INDONESIAN), say_number(15, INDONESIAN)
    ('forty two', 'empat puluh dua', 'lima belas')
    """
    if not 0 <= number <= 99:
        raise ValueError(f"number = {number!r} can't be said: use 0 to 99")
    if number < len(tongue.ones):
        return tongue.ones[number]
    tens, ones = divmod(number, 10)
    if tongue.name == "indonesian":
        if tens == 1:
            return f"{tongue.ones[ones]} belas"
        head = f"{tongue.ones[tens]} puluh"
    else:
        head = NUMBER_PARTS["english"][tens - 2]
    return f"{head} {tongue.ones[ones]}" if ones else head


def say_trace(signs: str, tongues: Sequence[Tongue]) -> str:
    """A symbolic trace in words; the tries take the tongues in turn.

    >>> say_trace("10 + 5 = 15 ? 15 yes", [ENGLISH])
    '10 plus 5 is 15 check 15 right'
    >>> say_trace("1 + 2 = 3 ; 1 * 2 = 2", [ENGLISH, INDONESIAN])
    '1 plus 2 is 3 then 1 kali 2 jadi 2'
    """
    said, piece = [], 0
    for token in signs.split():
        tongue = tongues[piece % len(tongues)]
        said.append(tongue.word(token) if token in SIGNS else token)
        piece += token == ";"
    return " ".join(said)


def to_signs(thinking: str) -> str:
    """The same trace in signs, whatever language it is in: the inverse of `say_trace`.

    >>> to_signs("10 tambah 5 jadi 15 check 15 right")
    '10 + 5 = 15 ? 15 yes'
    """
    return " ".join(_TO_SIGN.get(word, word) for word in thinking.split())


def purity(thinking: str, tongue: Tongue) -> float:
    """R1's language consistency: words of the target language / words of any language.

    Numbers and signs are of no language. A thinking without words earns 0.

    >>> purity("10 plus 5 jadi 15", ENGLISH), purity("10 + 5", ENGLISH)
    (0.5, 0.0)
    """
    mine = sum(word in tongue.vocabulary for word in thinking.split())
    words = sum(any(word in t.vocabulary for t in TONGUES.values()) for word in thinking.split())
    return mine / words if words else 0.0
