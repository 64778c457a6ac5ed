"""SwiGLU: the feed-forward layer of a block, and the shape of every expert.

    y = W_down (silu(W_gate x) * (W_up x))               (Shazeer 2020, arXiv 2002.05202)

Attention moves facts between tokens; this layer works on each token alone. The gate says
which of the F hidden features matter for this token.

In the prompt's journey: the second half of each block, whole in the first layers and as
the shared expert in the others (`moe.py`).
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class SwiGLU(nn.Module):
    """One gated MLP of a given hidden width."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(dim, hidden, bias=False)
        self.up_proj = nn.Linear(dim, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, dim, bias=False)

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
