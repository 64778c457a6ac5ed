"""One base, several ways to ask it the same: what a template is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from minir1.lab.charts import columns
from minir1.lab.picture import Picture
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.tasks.base import Problem, Task, Verdict
from minir1.text.tokenizer import Tokenizer

Template = Callable[[str], str]
CAN_BE_JUDGED = (Verdict.CORRECT, Verdict.WRONG)


def ask(
    model: Transformer,
    tokenizer: Tokenizer,
    problems: Sequence[Problem],
    template: Template,
    max_new_tokens: int = 160,
) -> list[str]:
    """One completion of each problem, asked in the words of `template`."""
    prompts = [
        [tokenizer.bos_id, *tokenizer.encode(template(problem.question))] for problem in problems
    ]
    keys = [row_key(0, step=0, prompt=i, sample=0) for i in range(len(problems))]
    rollouts = sample(model, prompts, keys, max_new_tokens=max_new_tokens, eos_id=tokenizer.eos_id)
    return [tokenizer.decode(rollout.completion_ids) for rollout in rollouts]


def shares(
    task: Task, problems: Sequence[Problem], texts: Sequence[str]
) -> tuple[float, float, float]:
    """The share that starts to think, that can be judged, and that is right."""
    verdicts = [
        task.verify(problem.gold, text) for problem, text in zip(problems, texts, strict=True)
    ]
    count = len(texts)
    return (
        sum(text.startswith("<think>") for text in texts) / count,
        sum(verdict in CAN_BE_JUDGED for verdict in verdicts) / count,
        sum(verdict is Verdict.CORRECT for verdict in verdicts) / count,
    )


def template_chart(found: Mapping[str, tuple[float, float, float]]) -> Picture:
    """What each template gets from the same weights."""
    parts = ("begins with <think>", "can be judged", "right")
    values = {part: [shares[i] for shares in found.values()] for i, part in enumerate(parts)}
    said = "; ".join(
        f"{name}: begins {row[0]:.0%}, judged {row[1]:.0%}, right {row[2]:.0%}"
        for name, row in found.items()
    )
    return columns(
        "One base, several ways to ask", "share of completions", values, x_name="template",
        ticks=list(found), percent=True, words=said,
    )  # fmt: skip
