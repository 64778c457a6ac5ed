"""What the base reads, piece by piece: the kind of each token, and how surprising each kind is.

    <think> 10 - 5 = 5 ? 15 no ; 10 + 5 = 15 ...
            ^    ^   number     ^ what next
               ^ operator    ^ target
                   ^ result     ^^ verdict

Some kinds can be known (a result follows from its operands), some can't (which numbers a sloppy
writer combines next). The loss of the best possible reader is not 0, and this shows where it isn't.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
import torch

from minir1.config import Config
from minir1.lab.charts import draw_lines
from minir1.lab.picture import Picture, panels
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import token_logprobs
from minir1.rl.update import update
from minir1.run.models import new_model
from minir1.run.optim import build_optimizer, set_learning_rate
from minir1.run.report.ink import LIGHT, as_percent, legend, x_label
from minir1.stages.pretrain import corpus_task, document_batch
from minir1.text.corpus import Document, documents
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import TraceStats, is_right, read_tries, trace_stats

KINDS = ("number", "operator", "result", "what next", "target", "verdict", "syntax", "answer")
OPERATORS = frozenset("+-*/")


def token_kinds(words: Sequence[str]) -> list[str]:
    """The kind of each word of a document.

    >>> token_kinds("10 - 5 = 5 ? 15 no ;".split())[3:]
    ['syntax', 'result', 'what next', 'target', 'verdict', 'what next']
    """
    kinds, before, inside = [], "", False
    for word in words:
        if word == "<answer>":
            inside = True
        kinds.append(_kind(word, before, inside))
        before = word
    return kinds


def _kind(word: str, before: str, inside: bool) -> str:
    if inside:
        return "answer"
    if word.isdigit():
        return {"=": "result", "?": "target"}.get(before, "number")
    if word in OPERATORS:
        return "operator"
    if word in ("yes", "no"):
        return "verdict"
    return "what next" if word in (",", "?", ";", "</think>", "<eos>") else "syntax"


def read_documents(config: Config, count: int, seed: str = "lesson") -> list[Document]:
    """Fresh documents of a recipe's base corpus."""
    return list(islice(documents(config.corpus, corpus_task(config.task), seed), count))


def surprise_by_kind(
    model: Transformer, tokenizer: Tokenizer, pieces: Sequence[Document]
) -> dict[str, float]:
    """Mean loss in nats at each kind of token of the traces; documents of facts are passed over."""
    batch = document_batch(list(pieces), tokenizer)
    with torch.no_grad():
        loss = -token_logprobs(model, batch)[0]
    found: defaultdict[str, list[float]] = defaultdict(list)
    for row, piece in enumerate(pieces):
        if not piece.prompt:  # in a list of facts every number is drawn at random
            continue
        losses = loss[row][batch.loss_mask[row]].tolist()[:-1]  # the end token is no word
        for kind, value in zip(token_kinds(piece.text.split()), losses, strict=True):
            found[kind].append(value)
    return {kind: float(np.mean(found[kind])) for kind in KINDS if kind in found}


def train_and_watch(
    config: Config, steps: int, every: int, pieces: Sequence[Document]
) -> tuple[Transformer, dict[int, dict[str, float]]]:
    """A new base, trained for `steps`; and its surprise at each kind of token on the way."""
    tokenizer, task = Tokenizer(config.model.vocab_size), corpus_task(config.task)
    model = new_model(config, torch.device("cpu"))
    optimizer = build_optimizer(model, config.pretrain.optim)
    stream = documents(config.corpus, task, "lesson, training")
    seen = {0: surprise_by_kind(model, tokenizer, pieces)}
    for step in range(1, steps + 1):
        batch = document_batch(list(islice(stream, config.pretrain.sequences_per_step)), tokenizer)
        set_learning_rate(optimizer, config.pretrain.optim.lr * min(1.0, step / 50))
        update(model, optimizer, batch, config.pretrain.optim)
        if step % every == 0:
            seen[step] = surprise_by_kind(model, tokenizer, pieces)
    return model, seen


def learning_chart(
    seen: Mapping[int, Mapping[str, float]], end: Mapping[str, float], end_name: str
) -> Picture:
    """Surprise at each kind of token over training, each kind in a panel, with the base's level."""
    groups = {
        "Form": ("syntax", "answer", "operator"),
        "Reading back": ("target", "verdict", "what next"),
        "Arithmetic and choice": ("result", "number"),
    }
    figure, row = panels(*((name, "loss, nats a token") for name in groups), height=2.9)
    steps = list(seen)
    for axes, kinds in zip(row, groups.values(), strict=True):
        curves = {kind: [seen[step][kind] for step in steps] for kind in kinds}
        draw_lines(axes, steps, curves, x_name="training step", floor=0)
        for line, kind in zip(axes.get_lines(), kinds, strict=True):
            axes.scatter(steps[-1] * 1.06, end[kind], marker="D", s=26, color=line.get_color())
        axes.set_ylim(0, 5.6)
    last = ", ".join(f"{kind} {seen[steps[-1]][kind]:.2f}" for kind in KINDS)
    return Picture(figure, f"After {steps[-1]} steps, in nats: {last}. Diamonds: {end_name}")


def trace_of(piece: Document) -> tuple[TraceStats, bool] | None:
    """The counts of a trace and whether its last try is right; None for a document of facts."""
    if not piece.prompt:
        return None
    words = piece.prompt.split()
    target, numbers = int(words[2]), [int(word) for word in words[4:-1]]
    think = piece.text.partition("</think>")[0].partition("<think>")[2]
    last = read_tries(think)[-1].steps
    return trace_stats(think, numbers, target), is_right(last, numbers, target)


def corpus_chart(pieces: Sequence[Document]) -> Picture:
    """How many tries a trace makes, split by whether the try that it answers with is right."""
    traces = [found for piece in pieces if (found := trace_of(piece)) is not None]
    most = max(stats.tries for stats, _ in traces)
    counts = np.zeros((2, most + 1))
    for stats, right in traces:
        counts[int(right), stats.tries] += 1
    shares = counts / len(traces)
    figure, (axes,) = panels(
        ("Tries in a trace of the base corpus", "share of all traces"), height=2.6, width=7.6
    )
    places = np.arange(1, most + 1)
    axes.bar(places, shares[1, 1:], color=LIGHT["after"], label="the answer is right", width=0.75)
    axes.bar(
        places, shares[0, 1:], bottom=shares[1, 1:], color=LIGHT["before"], width=0.75,
        label="the answer is wrong",
    )  # fmt: skip
    as_percent(axes)
    x_label(axes, "tries")
    legend(axes)
    right, checked = shares[1].sum(), np.mean([stats.checks > 0 for stats, _ in traces])
    words = f"{len(traces)} traces: {right:.0%} end with a right answer, {checked:.0%} are checked"
    return Picture(figure, words)
