"""The loss of multi-token prediction: what the base also learns while it learns the next token.

    L = lambda / D * sum over k = 1..D of  L_k,     L_k = - sum over i of w_(i+k) log p_k(t_(i+k+1))

D is the number of extra layers (`model/mtp.py`), and w the same weight of each target as in the
loss of the next token (DeepSeek-V3 report, 2412.19437, Eq. 24-25). The gradient reaches the whole
model: it learns to know, at each token, more than the next one.

In the prompt's journey: only before it, while the base is trained.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import score_targets
from minir1.rl.types import Batch


def ahead_loss(
    model: Transformer,
    batch: Batch,
    hidden: Float[Tensor, "B T D"],
    routing: Routing | None = None,
) -> Float[Tensor, ""]:
    """The mean of all L_k of a batch; `hidden` is what the head reads for the next token."""
    total = hidden.new_zeros((), dtype=torch.float32)
    for k, guess in enumerate(model.look_ahead(batch.inputs, hidden, routing), 1):
        targets, where = batch.targets[:, k:], batch.loss_mask[:, k:]
        logprobs, _ = score_targets(model, guess, targets, where)
        total = total - (batch.weights[:, k:] * logprobs).sum()
    return total / max(1, len(model.mtp))
