"""Many completions of many prompts, written down to be judged: the raw matter of every data set.

    problems (train split) -> k completions each -> what `choose` keeps of them -> a file

Training rows come from training problems only. The file is written whole or not at all, and a
file that is there is never written again: a pipeline that was stopped goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from minir1.config import Config, TaskConfig
from minir1.config.pipeline import SamplesConfig
from minir1.model.count import active_parameters
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key
from minir1.run.distributed import SOLO, World
from minir1.run.ledger import Ledger
from minir1.run.models import tokenizer_of
from minir1.stages.examples import Example, write_examples
from minir1.tasks import Problem, make_task
from minir1.text.template import prompt_ids, render_prompt

SAMPLES_STEP = -3
"""The "step" in the keys of these rollouts; training counts from 0, and evaluation is -1."""

Texts = Sequence[str]
Choose = Callable[[Problem, Texts], list[tuple[int, str]]]
"""(problem, its completions) -> which of them to keep, each as it should be learned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Who writes, and about what."""

    stage: str
    step: int
    task: TaskConfig
    seed: int


def completions(
    config: Config,
    out: Path,
    model: Transformer,
    source: Source,
    settings: SamplesConfig,
    world: World = SOLO,
) -> Iterator[tuple[Problem, Texts]]:
    """Each problem with its completions, without the end token. What it costs is written down."""
    tokenizer = tokenizer_of(config)
    stream = make_task(source.task).problems("train", source.seed)
    problems = list(islice(stream, settings.prompts))
    size = max(1, config.eval.batch_size // settings.samples)
    batches = [problems[i : i + size] for i in range(0, len(problems), size)]
    starts = range(0, len(problems), size)

    def ask(job: tuple[int, Sequence[Problem]]) -> list[tuple[Problem, Texts, int]]:
        first, some = job
        turns = [(i, k) for i in range(len(some)) for k in range(settings.samples)]
        rollouts = sample(
            model,
            [prompt_ids(tokenizer, some[i].question) for i, _ in turns],
            [row_key(source.seed, SAMPLES_STEP, first + i, k) for i, k in turns],
            max_new_tokens=config.eval.max_new_tokens,
            eos_id=tokenizer.eos_id,
            temperature=settings.temperature,
        )
        texts = [tokenizer.decode(one.completion_ids).removesuffix(" <eos>") for one in rollouts]
        tokens = sum(len(one.completion_ids) for one in rollouts)
        k = settings.samples
        found = [(one, texts[i * k : (i + 1) * k]) for i, one in enumerate(some)]
        return [(one, own, tokens if i == 0 else 0) for i, (one, own) in enumerate(found)]

    name = f"samples of {source.stage}"
    ledger = world.on_main(Ledger(out, name, config, active_parameters(model.config)))
    with ledger:
        for found in world.each(ask, list(zip(starts, batches, strict=True))):
            for problem, texts, tokens in found:
                ledger.sampled(tokens)
                yield problem, texts


def collect(
    config: Config,
    out: Path,
    model: Transformer,
    source: Source,
    settings: SamplesConfig,
    path: Path,
    choose: Choose,
    world: World = SOLO,
) -> Path:
    """Make the file of what `choose` keeps, unless it is there."""
    if world.once(path.exists):
        return path
    with world.replica(model) as whole:
        examples = [
            Example(
                prompt=render_prompt(problem.question),
                completion=text,
                task=problem.task,
                key=problem.key,
                stage=source.stage,
                step=source.step,
                seed=source.seed,
                sample=number,
                rewritten=text != texts[number],
            )
            for problem, texts in completions(config, out, whole, source, settings, world)
            for number, text in choose(problem, texts)
        ]
    world.once(lambda: write_examples(path, examples))
    return path
