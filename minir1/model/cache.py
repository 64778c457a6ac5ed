"""The KV cache: what attention must remember of the tokens it has seen.

One token leaves one row of numbers in each layer. How wide the row is decides what long
answers cost:

    GQA   keys and values of every key head      2 * n_kv_heads * head_dim
    MLA   one latent and one shared rope key     kv_lora_rank + qk_rope_head_dim

For DeepSeek-V3 the second is 576 numbers; plain multi-head attention would keep 32,768.

In the prompt's journey: filled by the prompt (prefill), then grown by one token a step.
Sequences of a batch have their own lengths. What lies beyond a row's length is never seen:
the mask hides it, and the next token overwrites it. The cache carries no gradient.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minir1.config import ModelConfig


def cache_width(config: ModelConfig) -> int:
    """Numbers that one token leaves in one layer."""
    if config.attention == "mla":
        return config.kv_lora_rank + config.qk_rope_head_dim
    return 2 * config.n_kv_heads * config.head_dim


class KVCache:
    """Rows of all layers for a batch of sequences, each with its own length."""

    def __init__(
        self,
        config: ModelConfig,
        batch: int,
        max_len: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        width = cache_width(config)
        # Zeros, not empty: a hidden row has probability 0, and 0 * nan would still be nan.
        self.rows = torch.zeros(config.n_layers, batch, max_len, width, device=device, dtype=dtype)
        self.lengths = torch.zeros(batch, dtype=torch.long, device=device)
        self.longest = 0
        self.row_index = torch.arange(batch, device=device)[:, None]
        self.positions = self.lengths[:, None]
        self.visible: Tensor | None = None

    def open(self, new: int) -> Int[Tensor, "B T"]:
        """Prepare to append `new` tokens a sequence; the positions they will have."""
        max_len, device = self.rows.shape[2], self.rows.device
        if self.longest + new > max_len:
            raise ValueError(
                f"max_len = {max_len} can't be used: the longest sequence would have "
                f"{self.longest + new} tokens; make the cache at least that long"
            )
        self.positions = self.lengths[:, None] + torch.arange(new, device=device)
        keys = torch.arange(self.longest + new, device=device)
        # While the cache is empty, attention is plainly causal and needs no mask.
        self.visible = keys <= self.positions[:, :, None] if self.longest else None
        return self.positions

    def close(self, new: int) -> None:
        """All layers have appended: the sequences are `new` tokens longer."""
        self.lengths = self.lengths + new
        self.longest += new

    def layer(self, index: int) -> "LayerCache":
        """The part of the cache that one attention layer sees."""
        return LayerCache(self, index)

    def set_lengths(self, lengths: Int[Tensor, "B"]) -> None:
        """Say how long each sequence really is, after a prefill of right-padded prompts."""
        self.lengths = lengths.to(self.lengths)
        self.longest = int(lengths.max()) if len(lengths) else 0

    def spread(self, sequences: Int[Tensor, "B2"]) -> None:
        """Become a batch of copies: row i continues what `sequences[i]` has read.

        A prompt that was read once is answered many times this way.
        """
        used, (layers, _, max_len, width) = self.longest, self.rows.shape
        rows = self.rows.new_zeros(layers, len(sequences), max_len, width)
        rows[:, :, :used] = self.rows[:, sequences, :used]
        self.rows, self.row_index = rows, torch.arange(len(rows[0]), device=rows.device)[:, None]
        self.set_lengths(self.lengths[sequences])

    def keep(self, sequences: Int[Tensor, "B2"]) -> None:
        """Keep these sequences of the batch, in this order, and drop the others.

        Finished answers stop costing time this way.
        """
        count, used = len(sequences), self.longest
        for layer in range(len(self.rows)):  # the copies of all at once are another cache
            self.rows[layer, :count, :used] = self.rows[layer, sequences, :used]
        self.rows, self.row_index = self.rows[:, :count], self.row_index[:count]
        self.set_lengths(self.lengths[sequences])


class LayerCache:
    """One layer's view of a `KVCache`."""

    def __init__(self, cache: KVCache, index: int) -> None:
        self.cache, self.index = cache, index

    @property
    def visible(self) -> Bool[Tensor, "B T S"] | None:
        """Which keys each new query may see. None: plainly causal, nothing came before."""
        return self.cache.visible

    def append(self, new: Float[Tensor, "B T W"]) -> Float[Tensor, "B S W"]:
        """Write the new tokens' rows; all rows so far, the new ones included."""
        cache, rows = self.cache, self.cache.rows[self.index]
        rows[cache.row_index, cache.positions] = new.detach().to(rows.dtype)
        return rows[:, : cache.longest + new.shape[1]].to(new.dtype)
