r"""Language consistency: the share of the thinking's words that are in the target language.

    r = words of the target language in the thinking / words in the thinking

R1 added this part because R1-Zero mixed languages, and found that it costs a little accuracy
(arXiv 2501.12948, section 2.3.2; there it is added to the accuracy of reasoning tasks).

Whose word is it? Its script tells most languages apart, without any list. Two languages of one
script need a list of the target's words. Numbers, signs and LaTeX commands are of no language
and don't count. A thinking without words earns 0: else silence would be the safest language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

SCRIPTS: Mapping[str, frozenset[str]] = {
    "latin": frozenset({"LATIN"}),
    "han": frozenset({"CJK"}),
    "japanese": frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    "hangul": frozenset({"HANGUL"}),
    "cyrillic": frozenset({"CYRILLIC"}),
    "greek": frozenset({"GREEK"}),
    "arabic": frozenset({"ARABIC"}),
    "hebrew": frozenset({"HEBREW"}),
    "devanagari": frozenset({"DEVANAGARI"}),
    "thai": frozenset({"THAI"}),
}
"""A target language by its script: the first word of its characters' names in Unicode."""

WITHOUT_SPACES = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "THAI"})
"""Scripts in which no space parts the words: each character counts as one."""

_COMMAND = re.compile(r"\\[A-Za-z]+")


def consistency(thinking: str, target: str, words: Collection[str] = ()) -> float:
    """The share of words in the target language; with `words`, of words that are in that list.

    >>> consistency("we add 10 + 5", "latin"), consistency("we \u52a0 10", "latin")
    (1.0, 0.5)
    >>> consistency("so benar", "latin", words={"so", "yes"})
    0.5
    """
    scripts = SCRIPTS[target]
    count = right = 0
    for script, word in words_of(thinking):
        count += 1
        right += word.lower() in words if words else script in scripts
    return right / count if count else 0.0


def words_of(text: str) -> Iterator[tuple[str, str]]:
    """Each word with its script. A word ends where the script changes.

    >>> list(words_of("x\u52a0\u4e00 = 2 \\\\frac"))
    [('LATIN', 'x'), ('CJK', '\u52a0'), ('CJK', '\u4e00')]
    """
    letters = unicodedata.normalize("NFC", _COMMAND.sub(" ", text))  # an accent joins its letter
    for script, run in groupby(letters, key=_script):
        if script in WITHOUT_SPACES:
            yield from ((script, character) for character in run)
        elif script:
            yield script, "".join(run)


def _script(character: str) -> str:
    """The script of a letter; "" for what is no letter."""
    if character.isascii():
        return "LATIN" if character.isalpha() else ""
    if not character.isalpha() and unicodedata.category(character) not in ("Mn", "Mc"):
        return ""
    return unicodedata.name(character, "").partition(" ")[0]
