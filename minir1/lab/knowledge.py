"""What a base knows, measured without sampling: the chance it gives to what is true.

One forward pass a table: "a op b =" for all a and b, and "a ? b" for all distances of a and b.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from minir1.lab.charts import lines
from minir1.lab.heat import heat
from minir1.lab.picture import Picture
from minir1.model.transformer import Transformer
from minir1.tasks.search import apply
from minir1.text.corpus import Document
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import STEP

CONTEXT = "1 + 1 = 2 ,"
"""A fact before the question: documents of facts begin this way."""


@torch.no_grad()
def next_chances(model: Transformer, tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """The chance of every next token after each text; all texts have as many tokens."""
    ids = [[tokenizer.bos_id, *tokenizer.encode(text)] for text in texts]
    return model(torch.tensor(ids))[:, -1].softmax(-1).numpy()


def fact_table(
    model: Transformer, tokenizer: Tokenizer, op: str, size: int = 21, max_value: int = 99
) -> np.ndarray:
    """The chance of the true result of `a op b`, a down and b across; NaN where there is none."""
    table, asked = np.full((size, size), np.nan), true_results(op, size, max_value)
    texts = [f"{CONTEXT} {a} {op} {b} =" for a, b in asked]
    chances = next_chances(model, tokenizer, texts)
    for row, ((a, b), c) in enumerate(asked.items()):
        table[a, b] = chances[row, tokenizer.id(str(c))]
    return table


def share_right(model: Transformer, tokenizer: Tokenizer, op: str, size: int = 21) -> float:
    """How often the number that the model finds likeliest after `a op b =` is the true one."""
    asked = true_results(op, size)
    texts = [f"{CONTEXT} {a} {op} {b} =" for a, b in asked]
    numbers = [tokenizer.id(str(n)) for n in range(100)]
    best = next_chances(model, tokenizer, texts)[:, numbers].argmax(1)
    return float((best == np.array(list(asked.values()))).mean())


def by_each_operand(pieces: Sequence[Document], op: str, size: int = 21) -> float:
    """The same for a reader who multiplies two chances: of c given a, and of c given b.

    P(c | a, b) ~ P(c | a) P(c | b) / P(c), exact if a and b had nothing to do with each other
    once c is known. Their sum or product is what they have to do with each other.
    """
    first, second = np.full((2, 100, 100), 0.01)
    for piece in pieces:
        for a, sign, b, c in STEP.findall(piece.text):
            if sign == op and max(map(len, (a, b, c))) <= 2:
                first[int(a), int(c)] += 1
                second[int(b), int(c)] += 1
    asked = true_results(op, size)
    scores = [first[a] * second[b] / (first.sum(0) + 0.1) for a, b in asked]
    return float((np.argmax(scores, 1) == np.array(list(asked.values()))).mean())


def true_results(op: str, size: int, max_value: int = 99) -> dict[tuple[int, int], int]:
    """The result of `a op b` for all a and b below `size` for which it is legal."""
    found = {(a, b): apply(a, op, b, max_value) for a in range(size) for b in range(size)}
    return {pair: c for pair, c in found.items() if c is not None}


def fact_maps(models: Mapping[str, Transformer], tokenizer: Tokenizer, ops: str) -> Picture:
    """The tables of some operators for each model, side by side."""
    tables = {
        f"a {op} b, {name}": fact_table(model, tokenizer, op)
        for op in ops
        for name, model in models.items()
    }
    said = ", ".join(f"{name} {np.nanmean(table):.0%}" for name, table in tables.items())
    return heat(
        tables, unit="chance of the true result", x_name="b", y_name="a", limits=(0.0, 1.0),
        words=f"Mean chance of the true result: {said}. White: wrong, or not a value of the task",
    )  # fmt: skip


def yes_by_distance(model: Transformer, tokenizer: Tokenizer, most: int = 12) -> np.ndarray:
    """The chance of "yes" after "a ? b", by the distance of a and b: 0, 1, ..., `most`."""
    pairs = [(d, a, a + d) for d in range(most + 1) for a in range(1, 99 - most, 2)]
    chances = next_chances(model, tokenizer, [f"{CONTEXT} {a} ? {b}" for _, a, b in pairs])
    yes = chances[:, tokenizer.id("yes")]
    return np.array(
        [
            np.mean([y for y, (d, _, _) in zip(yes, pairs, strict=True) if d == distance])
            for distance in range(most + 1)
        ]
    )


def check_chart(models: Mapping[str, Transformer], tokenizer: Tokenizer) -> Picture:
    """How each model answers "is a equal to b?", by how far they are apart."""
    curves = {name: yes_by_distance(model, tokenizer) for name, model in models.items()}
    distances = np.arange(len(next(iter(curves.values()))))
    said = "; ".join(
        f"{name}: equal {curve[0]:.0%}, unequal {curve[1:].mean():.0%}"
        for name, curve in curves.items()
    )
    return lines(
        "Is a equal to b?", 'chance of "yes"', distances, curves, percent=True, floor=0,
        x_name="distance of a and b", words=f'Chance of "yes": {said}',
    )  # fmt: skip
