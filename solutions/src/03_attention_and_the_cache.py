# %% [markdown]
# # Exercises 03: attention and the cache
#
# Positions become angles, the cache shrinks to a latent, and attention learns to read the latent without unpacking it.
# The functions are those of [minir1/model/rope.py](../minir1/model/rope.py),
# [minir1/model/cache.py](../minir1/model/cache.py) and [minir1/model/mla.py](../minir1/model/mla.py).
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
import torch

from minir1.lab.desk import check, hint, peek, progress, solution

progress("03_attention_and_the_cache")

# %% [markdown]
# ## 1. `rope_frequencies`
#
# Pair number j of `dim` features turns by theta^(-2j / dim) from one position to the next. The first pair turns by
# one radian; the last ones hardly move, and know positions far away.

# %%
import torch
from jaxtyping import Float
from torch import Tensor


def rope_frequencies(
    dim: int, theta: int | float, device: torch.device | None = None
) -> Float[Tensor, "half"]:
    """How far each pair turns from one position to the next, in radians.

    >>> rope_frequencies(4, theta=100.0)
    tensor([1.0000, 0.1000])
    """
    # BEGIN SOLUTION
    frequencies = []
    for pair in range(dim // 2):
        frequencies.append(theta ** (-2 * pair / dim))
    return torch.tensor(frequencies, device=device)
    # END SOLUTION


# %%
peek(rope_frequencies, 4, theta=100.0)

# %%
check(rope_frequencies)

# %% [markdown]
# ## 2. `rotate_pairs`
#
# Turn the pairs (x0, x1), (x2, x3), ... by the angles that `rotation` holds. It is a complex number of length 1 for
# each position and pair, cos + i sin, with shape (1 or B, T, half). All heads of a token turn alike.

# %%
import torch
from jaxtyping import Complex, Float
from torch import Tensor

Rotation = Complex[Tensor, "#B T half"]


def rotate_pairs(x: Float[Tensor, "B T H rope"], rotation: Rotation) -> Float[Tensor, "B T H rope"]:
    """Turn the pairs (x0, x1), (x2, x3), ... as DeepSeek does."""
    # BEGIN SOLUTION
    width = x.shape[-1]
    result = torch.empty_like(x)
    for j in range(width // 2):
        first, second = 2 * j, 2 * j + 1
        a, b = x[..., first], x[..., second]
        cos, sin = rotation.real[:, :, None, j], rotation.imag[:, :, None, j]
        result[..., first] = a * cos - b * sin
        result[..., second] = a * sin + b * cos
    return result
    # END SOLUTION


# %%
check(rotate_pairs)

# %% [markdown]
# ## 3. `rotate_halves`
#
# The same turn for other pairs: (x0, x_half), (x1, x_half+1), ... Weights that were trained for one pairing are wrong
# for the other, and nothing crashes when they are mixed up.

# %%
import torch
from jaxtyping import Complex, Float
from torch import Tensor

Rotation = Complex[Tensor, "#B T half"]


def rotate_halves(
    x: Float[Tensor, "B T H rope"], rotation: Rotation
) -> Float[Tensor, "B T H rope"]:
    """Turn the pairs (x0, x_half), (x1, x_half+1), ... as Llama and Qwen do."""
    # BEGIN SOLUTION
    a, b = x.chunk(2, dim=-1)
    cos, sin = rotation.real[:, :, None], rotation.imag[:, :, None]
    turned_a = a * cos - b * sin
    turned_b = a * sin + b * cos
    return torch.cat((turned_a, turned_b), dim=-1)
    # END SOLUTION


# %%
check(rotate_halves)

# %% [markdown]
# ## 4. `cache_width`
#
# How many numbers does one token leave in the cache of one layer? GQA keeps keys and values of every key head. MLA
# keeps one latent and one rope key that all heads share. The names are those of
# [minir1/config/model.py](../minir1/config/model.py).

# %%
from minir1.config import ModelConfig


def cache_width(config: ModelConfig) -> int:
    """Numbers that one token leaves in one layer."""
    # BEGIN SOLUTION
    if config.attention == "gqa":
        return 2 * config.n_kv_heads * config.head_dim
    return config.kv_lora_rank + config.qk_rope_head_dim
    # END SOLUTION


# %%
check(cache_width)

# %% [markdown]
# ## 5. `absorbed`
#
# The best trick of MLA. A head's key is `W_k c`, its value `W_v c`, with c the latent. Since q . (W_k c) = (W_k^T q) . c,
# the query can move to the latent's side, and no key is ever built; in the same way the values are mixed as latents,
# and `W_v` comes once at the end.
#
# `self` has `n_heads`, `nope`, `rope`, `v_dim`, `rank`, `scale`, and `kv_b_proj`, whose weight holds, head after head,
# `nope` rows of W_k above `v_dim` rows of W_v. A row of `rows` is [latent | rope key]. Where `visible` is false,
# nothing may be seen; None means: causal, and S = T.

# %%
import torch
from jaxtyping import Bool, Float
from torch import Tensor


def absorbed(
    self,
    q_nope: Float[Tensor, "B T H nope"],
    q_rope: Float[Tensor, "B T H rope"],
    rows: Float[Tensor, "B S W"],
    visible: Bool[Tensor, "B T S"] | None,
) -> Float[Tensor, "B T H v"]:
    """Attend on the latent itself: the up-projections move to the query and the output."""
    # BEGIN SOLUTION
    up = self.kv_b_proj.weight.view(self.n_heads, self.nope + self.v_dim, self.rank)
    latent, k_rope = rows[..., : self.rank], rows[..., self.rank :]
    if visible is None:
        length = rows.shape[1]
        visible = torch.ones(1, length, length, dtype=torch.bool).tril()
    heads = []
    for head in range(self.n_heads):
        up_k, up_v = up[head, : self.nope], up[head, self.nope :]
        q_latent = q_nope[:, :, head] @ up_k
        scores = q_latent @ latent.mT + q_rope[:, :, head] @ k_rope.mT
        scores = (scores * self.scale).masked_fill(~visible, float('-inf'))
        weights = scores.softmax(dim=-1)
        heads.append(weights @ latent @ up_v.T)
    return torch.stack(heads, dim=2)
    # END SOLUTION


# %%
check(absorbed)

# %%
progress("03_attention_and_the_cache")
