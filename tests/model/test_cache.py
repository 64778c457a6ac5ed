"""The cache's book-keeping, worked by hand."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from minir1.config import ModelConfig
from minir1.model.cache import KVCache, cache_width
from minir1.model.transformer import Transformer

CONFIG = ModelConfig(dim=16, n_layers=1)


def filled(lengths: list[int], max_len: int = 8) -> KVCache:
    """A cache after a prefill of right-padded prompts; row b holds 10 b + position."""
    cache, longest = KVCache(CONFIG, len(lengths), max_len), max(lengths)
    numbers = 10 * torch.arange(len(lengths))[:, None] + cache.open(longest)
    cache.layer(0).append(numbers[..., None].expand(-1, -1, cache_width(CONFIG)).float())
    cache.close(longest)
    cache.set_lengths(torch.tensor(lengths))
    return cache


def first_numbers(rows: torch.Tensor) -> list[list[int]]:
    return rows[..., 0].int().tolist()


def test_a_new_token_overwrites_the_padding_at_its_own_place() -> None:
    cache = filled([1, 3])
    assert cache.open(1).tolist() == [[1], [3]]
    assert cache.visible.tolist() == [[[True, True, False, False]], [[True] * 4]]
    rows = cache.layer(0).append(torch.full((2, 1, cache_width(CONFIG)), 99.0))
    assert first_numbers(rows) == [[0, 99, 2, 0], [10, 11, 12, 99]]
    cache.close(1)
    assert (cache.lengths.tolist(), cache.longest) == ([2, 4], 4)


def test_keep_moves_rows_and_forgets_the_longest() -> None:
    cache = filled([2, 5, 3])
    cache.keep(torch.tensor([2, 0]))
    assert (cache.lengths.tolist(), cache.longest) == ([3, 2], 3)
    cache.open(1)
    rows = cache.layer(0).append(torch.full((2, 1, cache_width(CONFIG)), 99.0))
    assert first_numbers(rows) == [[20, 21, 22, 99], [0, 1, 99, 3]]


def test_to_keep_some_rows_takes_the_room_of_one_layer() -> None:
    """A GPU that is full of cache has no room for a second one."""

    class Copies(TorchDispatchMode):
        largest = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            found = func(*args, **(kwargs or {}))
            if func is torch.ops.aten.index.Tensor:
                self.largest = max(self.largest, found.numel())
            return found

    cache = KVCache(ModelConfig(dim=16, n_layers=6), 4, 8)
    cache.set_lengths(torch.full((4,), 8))
    numbers = torch.arange(cache.rows.numel(), dtype=torch.float32)
    cache.rows.copy_(numbers.view_as(cache.rows))
    before = cache.rows.clone()
    with Copies() as copies:
        cache.keep(torch.tensor([1, 3]))
    assert torch.equal(cache.rows, before[:, [1, 3]])
    assert copies.largest == before[0, :2].numel()


def test_a_full_cache_is_refused_with_the_cure() -> None:
    cache = filled([3, 8])
    with pytest.raises(ValueError, match=r"max_len = 8 .* 9 tokens; make the cache"):
        cache.open(1)


@torch.no_grad()
def test_the_cache_may_be_narrower_than_the_model() -> None:
    model, ids = Transformer(ModelConfig()), torch.randint(0, 128, (2, 6))
    cache = KVCache(model.config, 2, 6, dtype=torch.bfloat16)
    model(ids[:, :5], cache=cache)
    step = model(ids[:, 5:], cache=cache)
    assert step.dtype == torch.float32
    torch.testing.assert_close(step[:, 0], model(ids)[:, -1], rtol=0, atol=0.05)
