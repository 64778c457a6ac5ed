"""Rows as a tree of tokens: the same outcome and the same gradient, from fewer tokens."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import ModelConfig, OptimConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate, speaking
from minir1.rl.loss import policy_loss
from minir1.rl.parallel import ALONE, Peers
from minir1.rl.tree import TokenTree, grow, shared_hidden
from minir1.rl.types import Rollout
from minir1.rl.update import update
from minir1.run.optim import build_optimizer

DENSE = ModelConfig(
    vocab_size=20, dim=16, n_layers=2, n_dense_layers=2, inter_dim=24, n_heads=2, n_kv_heads=1,
    head_dim=8, kv_lora_rank=8, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8,
    max_seq_len=64,
)  # fmt: skip
ADVANTAGES = [1.0, 0.0, -0.5, 0.25, 0.0, -1.0]


def rollouts() -> list[Rollout]:
    """Two groups whose prompts open alike; some answers are the same, or begin alike."""
    prompts = [[3, 4, 5, 6]] * 3 + [[3, 4, 9]] * 3
    answers = [[7, 8, 2], [7, 8, 2], [7, 9], [11], [7, 8, 2], [12, 13, 14, 2]]
    return [
        Rollout(prompt, answer, [-1.0] * len(answer), "eos")
        for prompt, answer in zip(prompts, answers, strict=True)
    ]


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), min_size=1, max_size=8))
def test_the_tree_has_one_token_for_each_different_beginning(rows: list[list[int]]) -> None:
    width = max(map(len, rows))
    padded = [row + [0] * (width - len(row)) for row in rows]
    tokens, parents, places = grow(padded, [len(row) for row in rows])
    beginnings = {tuple(row[: i + 1]) for row in rows for i in range(len(row))}
    assert len(tokens) == len(beginnings)
    for row, path in zip(rows, places, strict=True):
        for depth, place in enumerate(path[: len(row)]):
            walked = [tokens[place]]
            while parents[place] >= 0:
                place = parents[place]
                walked.append(tokens[place])
            assert walked[::-1] == row[: depth + 1]


@pytest.mark.parametrize("attention", ["gqa", "mla"])
@pytest.mark.parametrize("seed", [0, 1])
def test_hidden_and_gradient_are_those_of_the_rows(make_model, attention: str, seed: int) -> None:
    model = make_model(seed, config=replace(DENSE, attention=attention))
    batch = collate(rollouts(), ADVANTAGES)
    generator = torch.Generator().manual_seed(seed)
    pull = torch.randn(*batch.inputs.shape, 16, generator=generator) * batch.token_mask[..., None]
    plain = model.hidden(batch.inputs)
    shared = shared_hidden(model, batch.inputs, batch.token_mask)
    torch.testing.assert_close(shared[batch.token_mask], plain[batch.token_mask], rtol=0, atol=1e-5)
    weights = list(model.parameters())
    expected = torch.autograd.grad((plain * pull).sum(), weights, allow_unused=True)
    found = torch.autograd.grad((shared * pull).sum(), weights, allow_unused=True)
    for one, other in zip(found, expected, strict=True):
        assert one is not None and other is not None
        scale = float(other.abs().max())
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * max(1.0, scale))


def test_a_token_sees_its_ancestors_and_nobody_else() -> None:
    batch = collate(rollouts(), ADVANTAGES)
    tree = TokenTree(DENSE, batch.inputs, batch.token_mask)
    assert tree.visible is not None
    assert tree.open(tree.tokens.shape[1])[0, tree.places[0, 3]] == 3
    path = tree.places[5, :6].tolist()  # the last row: two tokens are others' too
    assert len(set(path)) == 6 and path[:2] == tree.places[0, :2].tolist()
    for depth, token in enumerate(path):
        seen = tree.visible[0, token].nonzero()[:, 0].tolist()
        assert sorted(seen) == sorted(path[: depth + 1])


def one_update(model: Transformer, optim: OptimConfig, peers: Peers = ALONE) -> list[torch.Tensor]:
    """The gradient of GRPO's loss on the rollouts."""
    batch = collate(rollouts(), ADVANTAGES)
    optimizer = build_optimizer(model, optim)

    def loss(logprobs, part):
        return policy_loss(logprobs, part).total

    update(model, optimizer, batch, optim, loss, peers=peers)
    gradients = [parameter.grad for parameter in model.parameters()]
    assert all(gradient is not None for gradient in gradients)
    return [gradient.clone() for gradient in gradients if gradient is not None]


@pytest.mark.parametrize("tokens", [12, 1024])
def test_sharing_and_skipping_leave_the_update_as_it_is(make_model, tokens: int) -> None:
    """Micro-batches of one row or of all; the log-probabilities of the rollouts are made up."""
    plain = OptimConfig(lr=0.0, weight_decay=0.0, grad_clip=1e9, micro_batch_tokens=tokens)
    expected = one_update(make_model(config=DENSE), plain)
    largest = max(float(gradient.abs().max()) for gradient in expected)
    assert largest > 1e-3
    for cheap in (
        replace(plain, share_prefixes=True),
        replace(plain, skip_silent=True),
        replace(plain, share_prefixes=True, skip_silent=True),
    ):
        for one, other in zip(one_update(make_model(config=DENSE), cheap), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * max(1.0, largest))


def test_an_idle_process_adds_nothing(make_model) -> None:
    """Where others still work on their rows, it works on a part without a token."""

    class Idle(type(ALONE)):
        def each(self, work, items, *, idle=None, workers=1):
            work(idle)
            return map(work, items)

    optim = OptimConfig(lr=0.0, grad_clip=1e9, share_prefixes=True)
    expected = one_update(make_model(config=DENSE), optim)
    found = one_update(make_model(config=DENSE), optim, Idle())
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_silent_rows_leave_and_the_weights_of_the_others_stay() -> None:
    batch = collate(rollouts(), ADVANTAGES, norm="sequence")
    heard = speaking(batch)
    kept = [i for i, advantage in enumerate(ADVANTAGES) if advantage]
    assert torch.equal(heard.weights, batch.weights[kept][:, : heard.weights.shape[1]])
    assert len(speaking(collate(rollouts(), [0.0] * 6)).inputs) == 6  # nobody speaks: all stay


def test_experts_are_refused(make_model) -> None:
    batch = collate(rollouts(), ADVANTAGES)
    with pytest.raises(ValueError, match="mixture of experts"):
        shared_hidden(make_model(), batch.inputs, batch.token_mask)


def test_a_kl_term_needs_the_silent_rows() -> None:
    with pytest.raises(ValueError, match="skip_silent"):
        ZeroConfig(kl_coef=0.1, optim=OptimConfig(skip_silent=True))


def test_a_batch_is_packed_or_a_tree_not_both():
    with pytest.raises(ValueError, match="share_prefixes"):
        OptimConfig(pack=True, share_prefixes=True)
