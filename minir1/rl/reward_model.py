"""A model of what readers prefer: a transformer's body with one number at the end of a text.

    P(a over b) = sigmoid(score(a) - score(b))         (Bradley and Terry, 1952)
    L = - mean log sigmoid(score(chosen) - score(rejected))

Only differences are learned, so a score has no zero of its own. The same shape as PPO's value
network (baselines/value.py), but read once, after the last token: R1 judges helpfulness by the
final summary and not by the thinking (arXiv 2501.12948v2, 3.1).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from minir1.rl.baselines.value import ValueModel
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


def shown_ids(tokenizer: Tokenizer, question: str, answer: str) -> list[int]:
    """What a reader is shown: the question and the answer, without the thinking."""
    shown = tokenizer.encode(f"<answer> {answer} </answer>")
    return [*prompt_ids(tokenizer, question), *shown]


def scores(model: ValueModel, texts: Sequence[Sequence[int]], pad_id: int) -> Float[Tensor, "B"]:
    """The score of each text, read after its last token. What is right of it changes nothing."""
    device = model.score.weight.device
    ids = torch.full((len(texts), max(map(len, texts))), pad_id, device=device)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text, device=device)
    last = torch.tensor([len(text) - 1 for text in texts], device=device)
    return model(ids).gather(1, last[:, None])[:, 0]


def bradley_terry(
    chosen: Float[Tensor, "B"], rejected: Float[Tensor, "B"]
) -> tuple[Float[Tensor, ""], float]:
    """The loss of labelled pairs, and the share of them that the model puts in that order.

    >>> loss, right = bradley_terry(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    >>> round(float(loss), 4), right
    (0.8133, 0.5)
    """
    gap = chosen - rejected
    return -F.logsigmoid(gap).mean(), float((gap.detach() > 0).float().mean())
