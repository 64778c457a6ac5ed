"""Thinking on a budget: stop it when it is over, send it back when it stops too soon.

    think -> </think> too soon?    replace it by other words and let it go on  (forced continue)
          -> budget used up?       write </think> for it and ask for the answer    (forced stop)

This is "budget forcing" (s1, arXiv 2501.19393). It turns the length of the thinking into a dial
at test time, without any training. So it is also the control that a claim about RL needs: if the
base, forced to go on until its own check says yes, does as well at equal tokens, then RL taught
it nothing but not to stop.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.text.tokenizer import Tokenizer

ANSWER_TOKENS = 24

Enough = Callable[[str], bool]
"""Whether a thinking, as text, may stop here."""


@dataclass(slots=True)
class Forced:
    """One completion, and how often it was interfered with."""

    completion_ids: list[int]
    sent_back: int = 0
    cut: bool = False
    """Its thinking was stopped."""
    ended: bool = False
    """It wrote the end token inside its thinking, and has no answer."""


def always_enough(thinking: str) -> bool:
    """Let it stop when it wants: only the budget is forced."""
    return True


def until_yes(thinking: str) -> bool:
    """Go on until its own last check said yes.

    >>> until_yes("<think> 1 + 2 = 3 ? 4 no"), until_yes("<think> 1 + 3 = 4 ? 4 yes")
    (False, True)
    """
    return thinking.split()[-1:] == ["yes"]


def force(
    policy: Transformer,
    tokenizer: Tokenizer,
    prompts: Sequence[Sequence[int]],
    keys: Sequence[int],
    *,
    budget: int,
    enough: Enough = always_enough,
    instead: Sequence[Sequence[int]] | None = None,
    at_most: int | None = None,
    temperature: float = 1.0,
) -> list[Forced]:
    """Complete each prompt with at most `budget` tokens of thinking, then an answer.

    What is not `enough` is sent back, `at_most` so often: its end is replaced by the row's words
    in `instead` (s1 writes "Wait"; ";" opens another try of the toy language).
    """
    if budget < 1:
        raise ValueError(f"budget = {budget} can't be used: a thinking needs 1 token or more")
    instead = instead or [[tokenizer.id(";")]] * len(prompts)
    if not all(instead):
        raise ValueError("instead = [] can't be used: without words in its place, an end stays one")
    most = math.inf if at_most is None else at_most
    writer = _Writer(policy, prompts, keys, temperature)
    close, end = tokenizer.id("</think>"), tokenizer.eos_id
    done = [Forced([]) for _ in prompts]
    going = list(range(len(prompts)))
    while going:
        # All rows get the same room, the smallest: no row may outgrow its budget.
        room = budget - max(len(done[i].completion_ids) for i in going)
        for i, ids in writer.go_on(done, going, room, close):
            _take(done[i], ids, close, end)
            thinking = tokenizer.decode(done[i].completion_ids[:-1])
            ended = done[i].completion_ids[-1] == close
            if ended and done[i].sent_back < most and not enough(thinking):
                # Words that the budget has no room for are cut off: a row may not outgrow it.
                done[i].completion_ids = [*done[i].completion_ids[:-1], *instead[i]][:budget]
                done[i].sent_back += 1
        going = [i for i in going if _still_thinks(done[i], close, budget)]
    for forced in done:
        if not forced.ended and forced.completion_ids[-1] != close:
            forced.cut = True
            forced.completion_ids.append(close)
    answering = [i for i, forced in enumerate(done) if not forced.ended]
    for i, ids in writer.go_on(done, answering, ANSWER_TOKENS, end):
        done[i].completion_ids += ids
    return done


def _take(forced: Forced, ids: list[int], close: int, end: int) -> None:
    """Add what was written; a text that ended in the middle of its thinking stays ended."""
    if end in ids:
        forced.ended = True
        ids = ids[: ids.index(end) + 1]
    forced.completion_ids += ids


def _still_thinks(forced: Forced, close: int, budget: int) -> bool:
    ids = forced.completion_ids
    return not forced.ended and ids[-1] != close and len(ids) < budget


@dataclass(slots=True)
class _Writer:
    """Writes on where each row stands. Each round draws with random numbers of its own."""

    policy: Transformer
    prompts: Sequence[Sequence[int]]
    keys: Sequence[int]
    temperature: float
    round: int = 0

    def go_on(
        self, done: Sequence[Forced], rows: Sequence[int], room: int, stop_id: int
    ) -> list[tuple[int, list[int]]]:
        """Let some rows write, each until `stop_id` or for `room` tokens."""
        if not rows:
            return []
        written = sample(
            self.policy,
            [[*self.prompts[i], *done[i].completion_ids] for i in rows],
            [row_key(self.keys[i], self.round, 0, 0) for i in rows],
            max_new_tokens=room,
            eos_id=stop_id,
            temperature=self.temperature,
        )
        self.round += 1
        return [(i, one.completion_ids) for i, one in zip(rows, written, strict=True)]
