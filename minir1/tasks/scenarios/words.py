"""Every word that the scenarios need beyond the toy language's own.

The order is alphabetical and never changes: a word's place is its token id. A new word changes
the ids of those after it, and with them every model that was trained before.
"""

from __future__ import annotations

from minir1.tasks.scenarios.manners import TELL
from minir1.tasks.scenarios.refusal import SECRET
from minir1.tasks.scenarios.stack_machine import WORDS as MACHINE_WORDS
from minir1.tasks.scenarios.tongues import TONGUES

PROGRAM_WORDS = ("program", "to")


def scenario_words() -> tuple[str, ...]:
    """The words of both languages, of the requests, and of the stack machine."""
    spoken = {word for tongue in TONGUES.values() for word in tongue.vocabulary}
    requests = {word for words in TELL.values() for word in words} | set(SECRET.values())
    return tuple(sorted(spoken | requests | set(PROGRAM_WORDS) | set(MACHINE_WORDS)))
