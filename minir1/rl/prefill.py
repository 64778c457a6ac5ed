"""Prefill: the model reads the prompts before it writes its first token.

Its work grows with the tokens that it reads. In RL the same prompt is answered G times, and all
prompts may open alike, with a system prompt and examples. What is the same is read once:

    P groups of G rollouts, prompts of c common tokens and then q others
    read row by row     P * G * (c + q)  tokens
    read shared         c + P * q        tokens         8 x 8, c = 60, q = 20: 5120 against 220

Both leave the same cache, up to the rounding of sums: a product with more rows may add in another
order. So sharing is a setting, and published runs of the toy models keep their bits.

In the prompt's journey: between prompt ids and the first token drawn (`rollout.py`).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from minir1.model.cache import KVCache
from minir1.model.router import Routing
from minir1.model.transformer import Transformer

Read = tuple[KVCache, Float[Tensor, "B D"]]
"""The cache after the prompts, and what the head reads at each prompt's last token."""


def read_prompts(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    width: int,
    routing: Routing | None = None,
) -> Read:
    """Every row by itself, right-padded; `width` is the room of the cache, in tokens a row."""
    return _go_on(model, new_cache(model, len(prompts), width), prompts, routing)


def read_shared(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    width: int,
    routing: Routing | None = None,
) -> Read:
    """What all prompts open with is read once, then each different prompt once."""
    if routing is not None:
        raise ValueError(
            "share_prompts = True can't be used with experts that are recorded a row: use False"
        )
    different = list(dict.fromkeys(map(tuple, prompts)))
    opening = shared_opening(different)
    cache = new_cache(model, 1, width)
    if opening:
        model.hidden(_tensor([different[0][:opening]], model), cache=cache)
    cache.spread(torch.zeros(len(different), dtype=torch.long, device=cache.rows.device))
    cache, hidden = _go_on(model, cache, [prompt[opening:] for prompt in different], None)
    place = {prompt: row for row, prompt in enumerate(different)}
    copies = torch.tensor([place[tuple(prompt)] for prompt in prompts], device=hidden.device)
    cache.spread(copies)
    return cache, hidden[copies]


def shared_opening(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens that all prompts open with; each keeps one of its own, for the head to read.

    >>> shared_opening([(5, 6, 7), (5, 6, 9, 9)]), shared_opening([(5, 6, 7)])
    (2, 2)
    """
    most = min(map(len, prompts)) - 1
    return next((i for i in range(most) if len({prompt[i] for prompt in prompts}) > 1), most)


def new_cache(model: Transformer, rows: int, width: int) -> KVCache:
    """An empty cache where the model's weights are, in their type."""
    weight = next(model.parameters())
    return KVCache(model.config, rows, width, device=weight.device, dtype=weight.dtype)


def _go_on(
    model: Transformer, cache: KVCache, texts: Sequence[Sequence[int]], routing: Routing | None
) -> Read:
    """Read one more text in every row of the cache."""
    lengths = torch.tensor([len(text) for text in texts], device=cache.rows.device)
    before = cache.lengths
    hidden = model.hidden(_tensor(texts, model), cache=cache, routing=routing)
    cache.set_lengths(before + lengths)
    return cache, hidden[torch.arange(len(texts), device=hidden.device), lengths - 1]


def _tensor(texts: Sequence[Sequence[int]], model: Transformer) -> Tensor:
    """Texts as one right-padded tensor."""
    longest = max(map(len, texts))
    ids = [list(text) + [0] * (longest - len(text)) for text in texts]
    return torch.tensor(ids, device=next(model.parameters()).device)
