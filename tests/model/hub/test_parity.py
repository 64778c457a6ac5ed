"""The same weights give the same numbers in transformers and here, in every branch."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from minir1.model.cache import KVCache
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample

pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

TOLERANCE = 1e-4
PROMPTS = [[1, 5, 17, 80, 33, 2, 9], [1, 44, 3], [1, 7, 101, 12, 60]]
LONGEST = max(len(prompt) for prompt in PROMPTS)


def text(batch: int = 2, length: int = 48) -> Tensor:
    return torch.randint(2, 120, (batch, length), generator=torch.Generator().manual_seed(5))


def padded(side: str) -> tuple[Tensor, Tensor]:
    """The prompts as one rectangle, and where its real tokens are."""
    rows = []
    for prompt in PROMPTS:
        gap = [0] * (LONGEST - len(prompt))
        rows.append(gap + prompt if side == "left" else prompt + gap)
    ids = torch.tensor(rows)
    return ids, (ids != 0).long()


def test_prefill(pair: tuple[Any, Transformer]) -> None:
    other, ours = pair
    with torch.inference_mode():
        expected, found = other(text()).logits, ours(text())
    assert expected.std() > 0.5  # the logits say something
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


def test_gradients(pair: tuple[Any, Transformer]) -> None:
    """Of every parameter: the names are theirs without a prefix."""
    other, ours = pair
    ids = text(length=16)
    for logits in (other(ids).logits, ours(ids)):
        F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
    expected = {n.removeprefix("model."): p.grad for n, p in other.named_parameters()}
    found = {n: p.grad for n, p in ours.named_parameters()}
    other.zero_grad()
    expected = {name: grad for name, grad in expected.items() if grad.numel()}
    assert found.keys() == expected.keys()
    assert all(grad.any() for grad in found.values())
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


@torch.inference_mode()
def test_cached_decode(pair: tuple[Any, Transformer]) -> None:
    other, ours = pair
    ids = text(length=20)
    cache = KVCache(ours.config, 2, 20)
    steps = [ours(part, cache=cache) for part in ids.split([9, 1, 1, 4, 1, 1, 1, 1, 1], dim=1)]
    torch.testing.assert_close(torch.cat(steps, 1), other(ids).logits, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("side", ["left", "right"])
@torch.inference_mode()
def test_a_padded_batch(pair: tuple[Any, Transformer], side: str) -> None:
    """Theirs may be padded on either side; ours is on the right, and needs no mask."""
    other, ours = pair
    ids, mask = padded(side)
    expected = other(ids, attention_mask=mask).logits[mask.bool()]
    right, right_mask = padded("right")
    found = ours(right)[right_mask.bool()]
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


def test_greedy_continuation(pair: tuple[Any, Transformer]) -> None:
    """64 tokens of three prompts of different lengths; theirs left-padded, as generate wants."""
    other, ours = pair
    ids, mask = padded("left")
    written = other.generate(ids, attention_mask=mask, max_new_tokens=64, do_sample=False)
    rollouts = sample(ours, PROMPTS, [0, 1, 2], max_new_tokens=64, eos_id=-1, temperature=0.0)
    assert [r.completion_ids for r in rollouts] == written[:, LONGEST:].tolist()


@torch.inference_mode()
def test_bfloat16_stays_close(pair: tuple[Any, Transformer], tmp_path) -> None:
    """Not parity: rounding differs. The types must fit everywhere, and the bias stays exact."""
    from minir1.model import hub

    _, ours = pair
    small = hub.load(hub.save(ours, tmp_path / "model"), dtype=torch.bfloat16)
    assert {p.dtype for p in small.parameters()} == {torch.bfloat16}
    for exact, router in zip(ours.routers(), small.routers(), strict=True):
        assert torch.equal(router.e_score_correction_bias, exact.e_score_correction_bias)
    gap = (small(text()).float() - ours(text())).abs().mean()
    assert gap < 0.5 * ours(text()).std()
