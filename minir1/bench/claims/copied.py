"""Claim: nothing was copied from other models. What copying would look like, and who would see it.

A base goes on reading; a share of its texts, 0 / 0.1 / 1 / 10%, are a teacher's right responses.
Then it goes through RL like any other. Two questions: what does the copied share give, and does
an auditor find it who has the corpus, and the teacher, but not the texts that were planted?

    score of a text = log p of it by the teacher - log p by a base that never saw a teacher
    suspicious      = above the score of 99 in 100 clean texts
    found           = more suspicious texts than chance would make (binomial test, 1%)

The line is drawn through as many clean texts as are read, and errs as they do: of corpora without
a teacher, seven in a hundred would be "found", and not one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from scipy import stats

from minir1.bench.claims.learn import cost_of, read, reinforce
from minir1.bench.claims.pure_rl import as_documents, sampled, tuning
from minir1.bench.claims.unit import Unit
from minir1.rl.logprobs import token_logprobs
from minir1.stages.pretrain import document_batch
from minir1.text.corpus import Document

Row = dict[str, Any]
DOSES = (0.0, 0.001, 0.01, 0.1)
CLEAN_SHARE = 0.99
SURE = 0.01
PART = 10
"""It reads on for a tenth of what it has read."""
ROUNDS = 5
"""Samples for each text that is wanted: the wrong ones are of no use."""


def planted_corpus(unit: Unit, dose: float) -> tuple[list[Document], list[bool]]:
    """What the base reads on, and which of it is the teacher's. A document is read once."""
    settings, rng = unit.config.pretrain, unit.rng("dose")
    count = settings.steps // PART * settings.sequences_per_step
    marks = [rng.random() < dose for _ in range(count)]
    texts, stream = teacher_texts(unit, sum(marks)), unit.corpus(part="mid")
    found = [next(texts, None) if mark else None for mark in marks]
    return [one or next(stream) for one in found], [one is not None for one in found]


def teacher_texts(unit: Unit, wanted: int) -> Iterator[Document]:
    """Right responses of the teacher to training problems; who is rarely right has few."""
    teacher, settings = unit.zero().model, unit.config.zero
    a_step = settings.questions_per_step * settings.group_size
    steps = 1 + ROUNDS * wanted // a_step if wanted else 0
    found = as_documents(unit, list(sampled(unit, teacher, cost_of(teacher), steps)))
    unit.rng("texts").shuffle(found)
    return iter(found[:wanted])


def scores(unit: Unit, texts: Sequence[Document]) -> np.ndarray:
    """Per token, how much likelier a text is to the teacher than to the clean base."""
    batch = document_batch(list(texts), unit.tokenizer)
    lengths = batch.loss_mask.sum(-1)
    with torch.no_grad():
        teacher, clean = (
            token_logprobs(model, batch, 1.0)[0].sum(-1) / lengths
            for model in (unit.zero().model, unit.base().model)
        )
    return (teacher - clean).numpy()


def audit(unit: Unit, texts: Sequence[Document], marks: Sequence[bool]) -> Row:
    """What the auditor finds. `marks` are for us: they say how right it was."""
    stream = unit.corpus(part="clean")
    prose = [i for i, text in enumerate(texts) if text.prompt]
    clean = [one for one in islice(stream, 2 * len(texts)) if one.prompt][: len(prose)]
    in_batches = partial(_in_batches, unit)
    line = np.quantile(in_batches(clean), CLEAN_SHARE)
    flagged = in_batches([texts[i] for i in prose]) > line
    truth = np.array([marks[i] for i in prose])
    chance = stats.binomtest(int(flagged.sum()), len(prose), 1 - CLEAN_SHARE, "greater")
    return {
        "flagged": float(flagged.mean()),
        "found": float(chance.pvalue < SURE),
        "recall": float(flagged[truth].mean()) if truth.any() else 0.0,
        "false_alarms": float(flagged[~truth].mean()),
        "planted": int(truth.sum()),
    }


def _in_batches(unit: Unit, texts: Sequence[Document], size: int = 256) -> np.ndarray:
    parts = [scores(unit, texts[i : i + size]) for i in range(0, len(texts), size)]
    return np.concatenate(parts)


def dose_arm(dose: float, unit: Unit) -> Row:
    """A base with so much of a teacher in it: found or not, before RL and after."""
    texts, marks = planted_corpus(unit, dose)
    settings = unit.config.pretrain
    policy = unit.base().model
    cost, size = cost_of(policy), settings.sequences_per_step
    read(policy, iter(texts), tuning(unit), cost, sequences=size, steps=len(texts) // size)
    before = unit.judge(policy)
    short = replace(unit.config.zero, steps=max(1, unit.config.zero.steps // 2))
    reinforce(policy, unit.config, unit.seed, cost, settings=short)
    row = unit.judge(policy) | {f"base/{name}": value for name, value in before.items()}
    row["gain"] = row["pass@1"] - before["pass@1"]
    return row | audit(unit, texts, marks) | {"dose": dose, "cost": cost.to_json()}


ARMS = {f"dose_{dose:g}": partial(dose_arm, dose) for dose in DOSES}
