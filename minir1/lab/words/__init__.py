"""Everything that the grader says, in one place: one table a language (`en.toml`, `id.toml`).

The language comes from MINIR1_LANG, "en" if it is not set. Both tables have the same keys and the
same places for values; a test compares them.
"""

from __future__ import annotations

import functools
import os
import tomllib
from pathlib import Path
from typing import Any

VARIABLE = "MINIR1_LANG"
FOLDER = Path(__file__).parent
LANGUAGES = ("en", "id")


class Words:
    """The table of one language.

    >>> Words("en").say("status.right")
    'right'
    >>> Words("id").say("status.right")
    'benar'
    """

    def __init__(self, language: str = "") -> None:
        language = language or os.environ.get(VARIABLE, "") or "en"
        if language not in LANGUAGES:
            raise ValueError(
                f"{VARIABLE} = {language!r} can't be used: use one of {', '.join(LANGUAGES)}"
            )
        self.language = language
        self.table = table(language)

    def get(self, key: str) -> Any:
        """What stands under a dotted key, or None."""
        found: Any = self.table
        for step in key.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def say(self, key: str, **values: object) -> str:
        """The sentence under a key, with its values filled in."""
        sentence = self.get(key)
        assert isinstance(sentence, str), f"no words for {key}"
        return sentence.format(**values) if values else sentence


@functools.cache
def table(language: str) -> dict[str, Any]:
    """All words of one language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
