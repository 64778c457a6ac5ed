"""Log-probabilities of given tokens under the policy, the trainer's side of the ratio.

    log pi(y_t | x, y_<t) = z_t[y_t] - logsumexp z_t,       z = logits / temperature

The temperature is the sampler's: what was drawn at temperature 1.25 must be judged by the
distribution it was drawn from, or the ratio is wrong before the first update.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.types import Batch


def token_logprobs(
    model: Transformer, batch: Batch, temperature: float = 1.0, routing: Routing | None = None
) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"]]:
    """Log-probability and entropy at each target of the loss mask; zero elsewhere.

    The head runs only where the loss looks: on the policy's own tokens.
    """
    hidden = model.hidden(batch.inputs, routing=routing)
    return score_targets(model, hidden, batch.targets, batch.loss_mask, temperature)


def score_targets(
    model: Transformer,
    hidden: Float[Tensor, "B T D"],
    targets: Int[Tensor, "B T"],
    where: Bool[Tensor, "B T"],
    temperature: float = 1.0,
) -> tuple[Float[Tensor, "B T"], Float[Tensor, "B T"]]:
    """The same, from what the head reads."""
    kernel = model.backend and model.backend.logprobs
    judge = kernel or logprobs_torch
    places = where.nonzero(as_tuple=True)  # once: a GPU must be waited for, to hear how many
    chosen, spread = judge(hidden[places], model.vocabulary, targets[places], temperature)
    zeros = torch.zeros(targets.shape, device=hidden.device)
    return zeros.index_put(places, chosen), zeros.index_put(places, spread)


def logprobs_torch(
    hidden: Float[Tensor, "N D"],
    vocabulary: Float[Tensor, "V D"],
    targets: Int[Tensor, "N"],
    temperature: float,
) -> tuple[Float[Tensor, "N"], Float[Tensor, "N"]]:
    """What a backend's kernel must equal, through the logits of the whole vocabulary."""
    logits = F.linear(hidden, vocabulary).float()
    if temperature != 1.0:
        logits = logits / temperature
    log_probs = torch.log_softmax(logits, dim=-1)  # (tokens in the mask, V)
    chosen = log_probs.gather(-1, targets[:, None])[:, 0]
    with torch.no_grad():
        entropy = -(log_probs.exp() * log_probs).sum(-1)
    return chosen, entropy
