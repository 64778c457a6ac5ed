"""Which samples are good enough to learn from, and how the cold start says them anew.

    right, well formed, no try made twice, thinking in one language  ->  keep

R1 does this twice. For its cold start it takes R1-Zero's samples, which are right but mix their
languages, and has them rewritten (arXiv 2501.12948v2, 3): here each sign of the thinking is said
in the asker's language. Later it samples its own reasoning model, and drops what mixes languages,
so nothing needs rewriting. Texts without a right answer are chosen by the reward model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minir1.rl.baselines.value import ValueModel
from minir1.stages.pay import TASTE_ONLY, liked
from minir1.tasks import Problem, Task, Verdict, parse
from minir1.tasks.scenarios.tongues import TONGUES, purity, say_trace
from minir1.text.template import render_completion
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import read_tries, signs_of

Kept = list[tuple[int, str]]
"""(which of the completions, the text to learn)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """Chooses at most `at_most` of the completions of one prompt."""

    task: Task
    at_most: int
    rewrite: bool = False
    """The cold start: say each thinking anew in the asker's language."""
    reader: ValueModel | None = None
    tokenizer: Tokenizer | None = None

    def __call__(self, problem: Problem, texts: Sequence[str]) -> Kept:
        """The completions to keep, in the order in which they were written."""
        if problem.task == TASTE_ONLY:
            return self.best_liked(problem, texts)
        kept: dict[str, int] = {}
        for number, text in enumerate(texts):
            if self.task.verify(problem.gold, text) is not Verdict.CORRECT or not readable(text):
                continue
            said = in_one_language(problem, text) if self.rewrite else text
            if self.rewrite or is_pure(problem, said):
                kept.setdefault(said, number)
        return [(number, said) for said, number in kept.items()][: self.at_most]

    def best_liked(self, problem: Problem, texts: Sequence[str]) -> Kept:
        """The one text that the reward model likes best. Without a reward model, none."""
        well = [i for i, text in enumerate(texts) if readable(text) and is_pure(problem, text)]
        if self.reader is None or self.tokenizer is None or not well:
            return []
        found = liked(self.reader, self.tokenizer, problem, [texts[i] for i in well])
        best = max(range(len(well)), key=found.__getitem__)
        return [(well[best], texts[well[best]])]


def readable(text: str) -> bool:
    """Well formed, and no try of the thinking is made twice.

    >>> readable("<think> 1 + 2 = 3 ; 1 + 2 = 3 </think> <answer> 1 + 2 </answer>")
    False
    """
    parsed = parse(text)
    tries = [one.steps.key for one in read_tries(signs_of(parsed.think, {"language": ""}))]
    return parsed.well_formed and len(set(tries)) == len(tries)


def is_pure(problem: Problem, text: str) -> bool:
    """Whether all words of the thinking are of the asker's language, where there is one."""
    name = problem.gold.get("language")
    return not name or purity(parse(text).think, TONGUES[name]) == 1.0


def in_one_language(problem: Problem, text: str) -> str:
    """The same completion, its thinking said in the asker's language.

    >>> problem = Problem("bilingual", "", {"language": "english"}, "")
    >>> in_one_language(problem, "<think> 1 tambah 2 is 3 </think> <answer> 1 + 2 </answer>")
    '<think> 1 plus 2 is 3 </think> <answer> 1 + 2 </answer>'
    """
    name, parsed = problem.gold.get("language"), parse(text)
    if not name or parsed.answer is None:
        return text
    think = say_trace(signs_of(parsed.think, problem.gold), [TONGUES[name]])
    return render_completion(think.strip(), parsed.answer.strip())
