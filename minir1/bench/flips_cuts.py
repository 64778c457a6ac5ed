"""One word of a completion flipped: where it stands, how the rest is written, what follows.

    1 + 5 = 6 , 6 + 7 = 13 ? 14 no | ; 7 * 1 = 7 , ...        left: the row's own words
    1 + 5 = 6 , 6 + 7 = 13 ? 14 yes | </think> <answer> ...   flipped: the same random numbers

The number drawn at place t hangs on (key, t) alone, so a row can be opened anywhere and go on with
the numbers that it would have drawn. Left as it is, it becomes the evaluation's own completion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Any

from minir1.config import Config, EvalConfig, require
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.rl.sampling import GOLDEN, row_key
from minir1.run.evaluate import evaluate
from minir1.tasks import Problem, Task, Verdict, make_task, parse
from minir1.tasks.search import Try
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import is_right, read_tries

OTHER = {"no": "yes", "yes": "no"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """A completion that is opened at the word of a check."""

    index: int
    """Which of the problems it answers; its random numbers hang on that."""
    problem: Problem
    words: tuple[str, ...]
    """The whole completion. In the toy language a word is a token."""
    at: int
    """Where the word stands."""
    tried: Try
    """What it judges."""

    def head(self, flip: bool) -> list[str]:
        """What is kept: all up to the word, and the word or the other one."""
        word = self.words[self.at]
        return [*self.words[: self.at], OTHER[word] if flip else word]


def first_true(words: Sequence[str], said: str, problem: Problem, max_value: int) -> int | None:
    """Where the thinking's first check stands that says `said`, truly; None without one."""
    numbers, target = problem.gold["numbers"], problem.gold["target"]
    for at, word in enumerate(words):
        if word == "</think>":
            return None
        tried = try_before(words, at) if word == said else None
        if tried and is_right(tried, numbers, target, max_value) == (said == "yes"):
            return at
    return None


def try_before(words: Sequence[str], at: int) -> Try | None:
    """The try whose check has its word at `at`; None where no check stands.

    >>> try_before("1 + 5 = 6 ; 7 - 5 = 2 ? 6 no".split(), 13).expression
    '7 - 5'
    """
    tries = read_tries(" ".join(words[: at + 1]).split(";")[-1])
    checked = words[max(0, at - 2)] == "?" and tries and tries[0].said == words[at]
    return tries[0].steps if checked else None


def cuts_in(rows: Sequence[Row], problems: Sequence[Problem], said: str, most: int) -> list[Cut]:
    """One cut for each completion that has such a check, with a word after it."""
    cuts = []
    for index, (row, problem) in enumerate(zip(rows, problems, strict=True)):
        words = tuple(row["completion"].split())
        at = first_true(words, said, problem, most)
        tried = None if at is None else try_before(words, at)
        if at is not None and tried and at + 1 < len(words):
            cuts.append(Cut(index, problem, words, at, tried))
    return cuts


def go_on(
    model: Transformer,
    tokenizer: Tokenizer,
    cuts: Sequence[Cut],
    flip: bool,
    settings: EvalConfig,
    seed: int,
) -> list[list[str]]:
    """What each cut's completion becomes; those that are cut at one place are one batch."""
    found: dict[int, list[str]] = {}
    for kept, some in groupby(sorted(cuts, key=length), key=length):
        batch = list(some)
        # A key that has moved by `kept` draws what its row would draw at that place (sampling.py).
        keys = (row_key(seed, -1, one.index, 0) + kept * GOLDEN for one in batch)
        prompts = [prompt_ids(tokenizer, one.problem.question) for one in batch]
        heads = [tokenizer.encode(" ".join(one.head(flip))) for one in batch]
        written = sample(
            model,
            [[*prompt, *head] for prompt, head in zip(prompts, heads, strict=True)],
            [(key + 2**63) % 2**64 - 2**63 for key in keys],
            max_new_tokens=settings.max_new_tokens - kept,
            eos_id=tokenizer.eos_id,
            temperature=settings.temperature,
        )
        for one, head, rollout in zip(batch, heads, written, strict=True):
            found[one.index] = tokenizer.decode([*head, *rollout.completion_ids]).split()
    return [found[one.index] for one in cuts]


def length(cut: Cut) -> int:
    """How many words of the completion are kept, the check's own word included."""
    return cut.at + 1


def followed(task: Task, cut: Cut, words: Sequence[str]) -> dict[str, float]:
    """What follows the check's word in one completion."""
    text, rest = " ".join(words), words[length(cut) :]
    return {
        "ends": float(rest[:1] == ["</think>"]),
        "answers": float(parse(text).answer == cut.tried.expression),
        "right": float(task.verify(cut.problem.gold, text) is Verdict.CORRECT),
        "tries": float(len(read_tries(" ".join(rest).split("</think>")[0]))),
    }


def measure(
    model: Transformer, tokenizer: Tokenizer, config: Config, problems: Sequence[Problem], seed: int
) -> dict[str, Row]:
    """Both words of one model: pairs, the means of both sides, and how many left sides agree."""
    settings, task = replace(config.eval, samples=1), make_task(config.task)
    rows = evaluate(model, tokenizer, config.task, settings, seed=seed, problems=problems)["rows"]
    measured = {}
    for said in OTHER:
        cuts = cuts_in(rows, problems, said, config.task.max_value)
        cure = f'no thinking holds a true check that says "{said}": ask more'
        require(bool(cuts), "problems", len(problems), cure)
        sides = {
            side: go_on(model, tokenizer, cuts, side == "flipped", settings, seed)
            for side in ("left", "flipped")
        }
        unchanged = [
            list(one.words) == words for one, words in zip(cuts, sides["left"], strict=True)
        ]
        measured[said] = {"pairs": len(cuts), "unchanged": fmean(unchanged)}
        for side, texts in sides.items():
            both = [followed(task, one, words) for one, words in zip(cuts, texts, strict=True)]
            measured[said][side] = {name: fmean(one[name] for one in both) for name in both[0]}
    return measured
