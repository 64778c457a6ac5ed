"""A value network: the policy's body with one number a token in place of the vocabulary.

    V(s_t) = w . h_t + b          h_t: what the head of a language model would read

It says how much reward is still to come, given everything up to here. It costs as much memory
and time as the policy itself, and it has to be right before it helps: that is the price that
GRPO saves by asking each prompt several times.
"""

import copy

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from minir1.model.transformer import Transformer


class ValueModel(nn.Module):
    """A copy of a transformer's body, and a scalar head that starts at zero."""

    def __init__(self, body: Transformer) -> None:
        super().__init__()
        self.body = copy.deepcopy(body)
        like = body.embed_tokens.weight
        self.score = nn.Linear(body.config.dim, 1, device=like.device, dtype=like.dtype)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
        """The value after each token."""
        return self.score(self.body.hidden(token_ids)).squeeze(-1)


def value_loss(
    values: Float[Tensor, "B T"],
    old_values: Float[Tensor, "B T"],
    returns: Float[Tensor, "B T"],
    mask: Tensor,
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    """PPO's clipped squared error: the value may not run away from what it was either."""
    near = old_values + (values - old_values).clamp(-clip, clip)
    error = torch.maximum((values - returns) ** 2, (near - returns) ** 2)
    return 0.5 * (error * mask).sum() / mask.sum().clamp_min(1)
