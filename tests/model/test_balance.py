"""The bias rule and the balance loss, worked by hand."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.model.balance import balance_loss, expert_load, update_bias


def test_one_step_of_the_bias_rule() -> None:
    bias = torch.tensor([[0.5, 0.0, -0.5, 0.0], [0.0, 0.0, 0.0, 0.0]])
    load = torch.tensor([[10, 2, 3, 5], [4, 4, 4, 4]])  # The mean of the first is 5.
    update_bias(bias, load, gamma=0.25)
    assert bias.tolist() == [[0.25, 0.25, -0.25, 0.0], [0.0] * 4]


def test_gamma_zero_leaves_the_bits_alone() -> None:
    bias = torch.randn(8)
    before = bias.clone()
    update_bias(bias, torch.arange(8), gamma=0.0)
    assert torch.equal(bias, before)


def test_a_thousand_steps_of_a_thousandth_make_one() -> None:
    bias = torch.zeros(2)
    for _ in range(1000):
        update_bias(bias, torch.tensor([0, 2]), gamma=0.001)
    torch.testing.assert_close(bias, torch.tensor([1.0, -1.0]))


def test_the_rule_balances_a_skewed_router() -> None:
    """Experts 0 and 1 start as everyone's favourites; the bias alone spreads the load."""
    scores = torch.rand(512, 8, generator=torch.Generator().manual_seed(0))
    scores[:, :2] += 0.5
    bias, loads = torch.zeros(8), []
    for _ in range(400):
        loads.append(expert_load((scores + bias).topk(2).indices[None], 8))
        update_bias(bias, loads[-1], gamma=0.005)
    assert loads[0].max() > 2 * loads[0].float().mean()
    assert loads[-1].max() < 1.1 * loads[-1].float().mean()


def test_the_balance_loss_by_hand() -> None:
    """One sequence of two tokens, three experts, one chosen: Eq. 17-20 with pen and paper."""
    scores = torch.tensor([[[0.6, 0.3, 0.1], [0.2, 0.2, 0.4]]])
    experts = torch.tensor([[[0], [2]]])
    # f = 3 / (1 * 2) * (1, 0, 1) = (1.5, 0, 1.5);  s' of token 2 is (0.25, 0.25, 0.5).
    # P = (0.425, 0.275, 0.3);  sum f P = 1.5 * 0.725.
    torch.testing.assert_close(balance_loss(scores, experts), torch.tensor(1.0875))


@given(n_experts=st.integers(3, 9), k=st.integers(1, 3))
def test_an_even_router_has_loss_one(n_experts: int, k: int) -> None:
    scores = torch.full((2, n_experts, n_experts), 0.7)
    turns = (torch.arange(n_experts)[:, None] + torch.arange(k)) % n_experts
    loss = balance_loss(scores, turns.expand(2, -1, -1))
    torch.testing.assert_close(loss, torch.tensor(1.0))


def test_padding_and_empty_sequences_count_for_nothing() -> None:
    torch.manual_seed(0)
    scores, experts = torch.rand(3, 6, 4), torch.rand(3, 6, 4).topk(2).indices
    lengths = torch.tensor([4, 6, 0])
    mask = torch.arange(6) < lengths[:, None]
    alone = [
        balance_loss(scores[i : i + 1, :n], experts[i : i + 1, :n]) for i, n in ((0, 4), (1, 6))
    ]
    torch.testing.assert_close(balance_loss(scores, experts, mask), torch.stack(alone).mean())
    assert balance_loss(scores, experts, torch.zeros_like(mask)) == 0


def test_the_gradient_lowers_the_score_of_a_busy_expert() -> None:
    scores = torch.full((1, 4, 3), 0.5, requires_grad=True)
    experts = torch.zeros(1, 4, 1, dtype=torch.long)
    balance_loss(scores, experts).backward()
    assert (scores.grad[..., 0] > 0).all()  # Descent lowers it.
    assert (scores.grad[..., 1:] < 0).all()
