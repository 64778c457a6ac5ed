"""The base corpus of a task of your own: its careless examples, and its facts.

    facts      "20 - 7 = 13 , 9 - 5 = 4 , ..."           where the task's file has `fact`
    examples   prompt, thinking and answer of `example`  problems of the training split only

What RL can select must be in here, without discipline: an example that is right now and then,
for a reason that a policy can find out. Examples that are always right leave RL nothing to
do; examples that are never right leave it nothing to reward.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from minir1.config import CorpusConfig
from minir1.tasks.sources.own import OwnTask
from minir1.text.corpus import FACTS_A_DOCUMENT, Document
from minir1.text.template import render_completion, render_prompt


def own_documents(config: CorpusConfig, task: OwnTask, seed: str) -> Iterator[Document]:
    """An endless, seeded stream of documents."""
    rng = random.Random(seed)
    problems = task.problems("train", seed=rng.getrandbits(48))
    fact = task.fact
    while True:
        if fact is not None and rng.random() < config.facts_share:
            yield Document("", " , ".join(fact(rng) for _ in range(FACTS_A_DOCUMENT)))
        else:
            problem = next(problems)
            think, answer = task.example(problem, rng)
            yield Document(render_prompt(problem.question), render_completion(think, answer))
