"""Training rows that are made on the fly: the base's texts, and the questions of RL.

    the text of step i      base_corpus(seed "0/i")                     stages/pretrain.py
    the questions of step i task.problems("train", problem_seed(0, i))  stages/reinforce.py

No file holds them, and none is needed: each is a function of the config and the step. So an
auditor makes them again, and the diary says whether they are the same: the tokens that it
counted in a step must be those of the step's texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from minir1.config import Config, TaskConfig, ZeroConfig
from minir1.run.models import seen_by, tokenizer_of
from minir1.stages.lineage.origin import DataSet, Row, spread
from minir1.stages.pipeline import Pipeline
from minir1.stages.pretrain import base_corpus, corpus_source
from minir1.stages.readers import only
from minir1.stages.reinforce import problem_seed
from minir1.stages.stage_table import REASONING
from minir1.tasks import make_task
from minir1.tasks.scenarios.mixture import Mixture
from minir1.text.corpus import Document

Diary = Sequence[Mapping[str, Any]]


def question_of(prompt: str) -> str:
    """The question in a prompt of the toy language.

    >>> question_of("<user> make 15 from 10 5 1 <assistant>")
    'make 15 from 10 5 1'
    """
    return prompt.removeprefix("<user> ").removesuffix(" <assistant>")


def is_pipeline(config: Config) -> bool:
    """Whether the run goes through all stages of R1."""
    return config.task.name == Mixture.name


def texts_of_step(config: Config, stage: str, step: int) -> list[Document]:
    """The documents that a base read in one step."""
    own = seen_by(config, stage)
    stream = base_corpus(own, corpus_source(own.task), f"{own.seed}/{step}")
    return list(islice(stream, own.pretrain.sequences_per_step))


def texts(config: Config, stage: str, steps: int, most: int) -> DataSet:
    """What a base read in its first `steps` steps; at most `most` rows of it are made again."""
    own = seen_by(config, stage).pretrain
    chosen = spread(steps, max(1, most // own.sequences_per_step))

    def rows() -> Iterator[Row]:
        for step in chosen:
            for place, one in enumerate(texts_of_step(config, stage, step)):
                origin = f"text/, seed {config.seed}/{step}, row {place}"
                yield Row(question_of(one.prompt), one.text, origin)

    return DataSet(
        stage=stage,
        kind="documents",
        writer="text/scenarios.py" if is_pipeline(config) else "text/corpus.py",
        seed=f"{config.seed}/0 .. {config.seed}/{steps - 1}",
        count=steps * own.sequences_per_step,
        rows=rows,
    )


def other_tokens(config: Config, stage: str, diary: Diary, most: int) -> list[int]:
    """The steps whose texts, made again, have other tokens than the diary counted.

    It looks at no more than `most` steps.
    """
    told = [row for row in diary if row["stage"] == stage and "num_tokens" in row]
    tokenizer = tokenizer_of(config)

    def tokens(step: int) -> int:
        made = texts_of_step(config, stage, step)
        return sum(len(tokenizer.encode(one.text)) + 1 for one in made)

    some = [told[place] for place in spread(len(told), most)]
    return [row["step"] for row in some if tokens(row["step"] - 1) != row["num_tokens"]]


def courses(config: Config) -> Iterator[tuple[str, TaskConfig, ZeroConfig, int]]:
    """The run's stages of RL: (stage, task, settings, seed)."""
    if not is_pipeline(config):
        yield "zero", config.task, config.zero, config.seed
        return
    narrow, pipeline = only(config.task, *REASONING), config.pipeline
    seed = Pipeline(config, Path()).seed
    yield "zero", narrow, config.zero, seed("zero")
    yield "dev2", narrow, pipeline.reason, seed("dev2")
    yield "r1", config.task, pipeline.final, seed("r1")


def questions(
    stage: str,
    task: TaskConfig,
    settings: ZeroConfig,
    seed: int,
    steps: int,
    diary: Diary,
    most: int,
) -> DataSet:
    """What RL asked in its first `steps` steps, the dead groups that were replaced included.

    At most `most` questions, or one more step of them, are drawn again.
    """
    own = {row["step"]: row for row in diary if row["stage"] == stage}

    def asked(step: int) -> int:
        return settings.questions_per_step + int(
            own.get(step + 1, {}).get("dynamic_sampling/replaced", 0)
        )

    def rows() -> Iterator[Row]:
        made = make_task(task)
        for step in spread(steps, max(1, most // settings.questions_per_step)):
            stream = made.problems("train", problem_seed(seed, step))
            for place, one in enumerate(islice(stream, asked(step))):
                origin = f"{task.name}, seed {problem_seed(seed, step)}, row {place}"
                yield Row(one.question, "", origin)

    return DataSet(
        stage=stage,
        kind="questions",
        writer=f"tasks: {task.name}",
        seed=f"{problem_seed(seed, 0)} .. {problem_seed(seed, steps - 1)}",
        count=sum(map(asked, range(steps))),
        rows=rows,
    )
