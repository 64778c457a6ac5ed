"""Split a completion into its parts: the thinking and the answer.

    <think> 10 + 5 = 15 ? 15 yes </think> <answer> 10 + 5 </answer> <eos>

A hop of the journey: rollout text -> `Parsed` -> verdict -> reward. Two questions are kept
apart, as in R1 (arXiv 2501.12948, section 2.2.2):

- Can the answer be judged? (accuracy) There is exactly one answer, it is the last thing in
  the completion, and it isn't part of the thinking. The thinking may be absent.
- Is the text well formed? (format) One thinking part, then one answer, and nothing else.

The rule is strict because a policy finds every gap. A grader that takes the last of several
answers pays for guessing; one that looks inside the thinking pays for a try never chosen.

The work is one pass of a regex without repetition, so the time is linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from minir1.tasks.base import Verdict

MAX_COMPLETION = 300_000
"""Characters. R1's longest completions, 32,768 tokens, are about 130,000 characters."""
MAX_ANSWER = 200
"""Characters of an answer, spaces around it not counted."""

NO_ANSWER = "no answer part"
EMPTY_ANSWER = "the answer is empty"
LONG_COMPLETION = "the completion is too long"
LONG_ANSWER = "the answer is too long"

_WHITESPACE = " \t\r\n"
_TAG = re.compile(r"</?(?:think|answer)>|<eos>")
_THINK = ["<think>", "</think>"]
_ANSWER = ["<answer>", "</answer>"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A completion taken apart.

    `answer` is None when there is nothing to judge; `verdict` then says what it is worth.
    `fault` says in plain words what keeps the text from being well formed, "" when it is.
    """

    think: str
    answer: str | None
    well_formed: bool
    fault: str

    @property
    def verdict(self) -> Verdict | None:
        """What the structure alone decides; None when there is an answer to judge."""
        if self.answer is not None:
            return None
        if self.fault in (NO_ANSWER, EMPTY_ANSWER):
            return Verdict.NO_ANSWER
        if self.fault in (LONG_COMPLETION, LONG_ANSWER):
            return Verdict.TOO_LARGE
        return Verdict.MALFORMED


def parse(completion: str, max_answer: int = MAX_ANSWER) -> Parsed:
    """Take a completion apart. Any text at all gives a `Parsed`.

    >>> parse("<think> 2 + 3 </think> <answer> 5 </answer> <eos>")
    Parsed(think='2 + 3', answer='5', well_formed=True, fault='')
    >>> parse("<answer> 5 </answer>")
    Parsed(think='', answer='5', well_formed=False, fault='no think part')
    >>> parse("<answer> 5 </answer> <answer> 6 </answer>").fault
    'more than one answer'
    """
    if len(completion) > MAX_COMPLETION:
        return Parsed("", None, False, LONG_COMPLETION)
    # No valid structure has more than five tags, so six are enough to refuse the others.
    tags = list(islice(_TAG.finditer(completion), 6))
    names = [tag.group() for tag in tags]
    think = _think(completion, tags)
    if names[-1:] == ["<eos>"]:
        completion, tags, names = _drop_end(completion, tags, names)
    if names not in (_ANSWER, _THINK + _ANSWER):
        return Parsed(think, None, False, _structure_fault(completion, names))
    opening, closing = tags[-2:]
    answer = completion[opening.end() : closing.start()].strip(_WHITESPACE)
    outside = _outside(completion, tags)
    if outside[-1]:
        return Parsed(think, None, False, "text after the answer")
    if not answer:
        return Parsed(think, None, False, EMPTY_ANSWER)
    if len(answer) > max_answer:
        return Parsed(think, None, False, LONG_ANSWER)
    if names == _ANSWER:
        return Parsed(think, answer, False, "no think part")
    if any(outside):
        return Parsed(think, answer, False, "text outside the two parts")
    return Parsed(think, answer, True, "")


def _think(completion: str, tags: list[re.Match[str]]) -> str:
    """The text of the thinking; when it was cut off, all that there is of it."""
    if not tags or tags[0].group() != "<think>":
        return ""
    end = tags[1].start() if len(tags) > 1 else len(completion)
    return completion[tags[0].end() : end].strip(_WHITESPACE)


def _drop_end(
    completion: str, tags: list[re.Match[str]], names: list[str]
) -> tuple[str, list[re.Match[str]], list[str]]:
    """Take away the end token where it is the very last thing, as a sampler leaves it."""
    if completion[tags[-1].end() :].strip(_WHITESPACE):
        return completion, tags, names
    return completion[: tags[-1].start()], tags[:-1], names[:-1]


def _outside(completion: str, tags: list[re.Match[str]]) -> list[str]:
    """What stands before, between and after the parts, without the spaces around it."""
    ends = [0] + [tag.end() for tag in tags[1::2]]
    starts = [tag.start() for tag in tags[0::2]] + [len(completion)]
    return [completion[a:b].strip(_WHITESPACE) for a, b in zip(ends, starts, strict=True)]


def _structure_fault(completion: str, names: list[str]) -> str:
    """Name what is wrong with the order of the tags."""
    opened, closed = (completion.count(tag) for tag in _ANSWER)
    if opened == closed == 0:
        return NO_ANSWER
    if opened > 1 or closed > 1:
        return "more than one answer"
    if opened != closed:
        return "an answer tag without its partner"
    if "<eos>" in names:
        return "text after the end token"
    if names[:2] == ["<think>", "<answer>"]:
        return "the answer stands inside the thinking"
    return "think tags in the wrong place"
