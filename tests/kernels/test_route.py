"""The router kernel chooses as a stable sort does, and its gradients are autograd's."""

from dataclasses import replace

import harness
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from minir1_kernels.route import Rule
from minir1_kernels.router import route

RULES = {
    "deepseek-v3": (12, Rule(3, groups=4, open_groups=2, scale=2.5)),
    "one group": (10, Rule(4)),
    "softmax, plain": (7, Rule(2, softmax=True, normalise=False)),
    "softmax, normalised": (9, Rule(3, groups=3, open_groups=2, softmax=True)),
    "all experts": (6, Rule(6, groups=3, open_groups=3)),
    "one of one": (1, Rule(1)),
}


def scores_of(logits: Tensor, rule: Rule) -> Tensor:
    return logits.softmax(-1) if rule.softmax else logits.sigmoid()


def chosen(scores: Tensor, bias: Tensor, rule: Rule) -> Tensor:
    """Token by token, with Python's stable sort: the lower id wins a tie."""
    found = []
    for row in (scores + bias).tolist():
        size = len(row) // rule.groups
        groups = [row[g * size : (g + 1) * size] for g in range(rule.groups)]
        pair = [sum(sorted(group)[-2:]) for group in groups]
        opened = sorted(range(rule.groups), key=lambda g: -pair[g])[: rule.open_groups]
        ids = [e for e in range(len(row)) if rule.groups == 1 or e // size in opened]
        found.append(sorted(ids, key=lambda e: -row[e])[: rule.k])
    return torch.tensor(found)


def weights_of(scores: Tensor, idx: Tensor, rule: Rule) -> Tensor:
    weights = scores.gather(-1, idx)
    if rule.normalise:
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
    return weights * rule.scale


def problem(n: int, e: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, e, generator=rng) * 2, torch.randn(e, generator=rng) * 0.3


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("n", [0, 1, 37])
def test_choice_weights_and_gradients(name, n):
    n_experts, rule = RULES[name]
    logits, bias = problem(n, n_experts)
    rng = torch.Generator().manual_seed(1)
    upstream = torch.randn(n, rule.k, generator=rng), torch.randn(n, n_experts, generator=rng)
    with harness.poisoned(), harness.witness():
        _, idx, scores = route(logits, bias, None, rule)
    # The kernel's own scores: a rounding of a sigmoid is no wrong choice.
    expected = chosen(scores, bias, rule)
    assert idx.tolist() == expected.tolist() and idx.dtype == torch.int64

    def ours(z):
        weight, _, scores = route(z, bias, None, rule)
        return weight, scores

    def plain(z):
        return weights_of(scores_of(z, rule), idx, rule), scores_of(z, rule)

    with harness.poisoned():
        mine = harness.gradients(ours, [logits], upstream)
    theirs = harness.gradients(plain, [logits], upstream)
    exact = harness.gradients(plain, [logits.double()], upstream)
    for name, a, b, c in zip(("weight", "scores", "dlogits"), mine, theirs, exact, strict=True):
        harness.as_exact_as(a, b, c, name)


@given(seed=st.integers(0, 10_000), which=st.sampled_from(sorted(RULES)))
@settings(max_examples=12)
def test_ties_go_to_the_lower_id(seed, which):
    """Logits of three values only, so that most scores are equal; scores are the kernel's."""
    n_experts, rule = RULES[which]
    rng = torch.Generator().manual_seed(seed)
    logits = torch.randint(3, (20, n_experts), generator=rng).float()
    bias = torch.randint(2, (n_experts,), generator=rng).float() - 5
    _, idx, scores = route(logits, bias, None, rule)
    assert idx.tolist() == chosen(scores, bias, rule).tolist()


def test_forced_experts_and_free_places():
    n_experts, rule = RULES["deepseek-v3"]
    logits, bias = problem(20, n_experts)
    _, free, _ = route(logits, bias, None, rule)
    forced = torch.full((20, 3), -1)
    forced[3], forced[5, 1] = torch.tensor([7, 0, 7]), 11
    logits.requires_grad_()
    weight, idx, scores = route(logits, bias, forced, rule)
    assert torch.equal(idx, torch.where(forced >= 0, forced, free))
    torch.testing.assert_close(weight, weights_of(scores, idx, rule))
    # Expert 7 is named twice by one token: its gradient is the sum.
    upstream = torch.randn_like(weight)
    (mine,) = torch.autograd.grad((weight * upstream).sum(), logits)
    plain = logits.detach().requires_grad_()
    (weights_of(scores_of(plain, rule), idx, rule) * upstream).sum().backward()
    torch.testing.assert_close(mine, plain.grad, atol=1e-6, rtol=1e-5)


def test_a_token_does_not_feel_its_batch():
    n_experts, rule = RULES["deepseek-v3"]
    logits, bias = problem(40, n_experts)
    among = route(logits, bias, None, rule)
    alone = route(logits[21:24].clone(), bias, None, rule)
    assert harness.same_bits([part[21:24] for part in among], alone)


def test_any_order_of_programs_gives_the_same_bits():
    n_experts, rule = RULES["softmax, normalised"]
    logits, bias = problem(50, n_experts)

    def run():
        z = logits.clone().requires_grad_()
        weight, idx, scores = route(z, bias, None, rule)
        (weight.square().sum() + scores.square().sum()).backward()
        return weight.detach(), idx, scores.detach(), z.grad

    with harness.witness():
        first = run()
    for seed in range(2):
        with harness.shuffled(seed), harness.poisoned():
            assert harness.same_bits(first, run())


def test_half_precision_logits_get_float32_scores():
    n_experts, rule = RULES["one group"]
    logits, bias = problem(9, n_experts)
    half = logits.half().requires_grad_()
    weight, _, scores = route(half, bias, None, rule)
    assert weight.dtype == scores.dtype == torch.float32
    torch.testing.assert_close(scores, half.detach().float().sigmoid())
    weight.square().sum().backward()
    assert half.grad.dtype == torch.float16 and half.grad.abs().sum() > 0


def test_numbers_that_are_none_choose_a_real_expert():
    """The model stops at a loss that is not finite; until then no index may leave the tensors."""
    logits = torch.full((4, 5), float("nan"))
    logits[1, 2] = 0.0
    _, idx, _ = route(logits, torch.zeros(5), None, Rule(2))
    assert idx.min() >= 0 and idx.max() < 5 and idx[1, 0] == 2


GOOD = Rule(2, groups=2, open_groups=1)


@pytest.mark.parametrize(
    ("logits", "bias", "forced", "rule", "message"),
    [
        (torch.zeros(4), torch.zeros(8), None, GOOD, r"logits is of shape \(4,\)"),
        (torch.zeros(4, 8).bfloat16(), torch.zeros(8), None, GOOD, "bfloat16"),
        (torch.zeros(4, 8).double(), torch.zeros(8), None, GOOD, "float64"),
        (torch.zeros(8, 4).T, torch.zeros(8), None, GOOD, "not contiguous"),
        (torch.zeros(4, 8), torch.zeros(7), None, GOOD, r"bias is of shape \(7,\)"),
        (torch.zeros(4, 8), torch.zeros(8).half(), None, GOOD, "bias is torch.float16"),
        (torch.zeros(4, 8), torch.zeros(8), torch.zeros(4, 3).int(), GOOD, "forced is of shape"),
        (torch.zeros(4, 8), torch.zeros(8), torch.full((4, 2), 8), GOOD, "from 8 to 8"),
        (torch.zeros(4, 8), torch.zeros(8), torch.full((4, 2), -2), GOOD, "from -2 to -2"),
        (torch.zeros(4, 8), torch.zeros(8), None, replace(GOOD, groups=3), "groups is 3"),
        (torch.zeros(4, 8), torch.zeros(8), None, replace(GOOD, groups=8), "groups is 8"),
        (torch.zeros(4, 8), torch.zeros(8), None, replace(GOOD, open_groups=3), "open_groups is 3"),
        (torch.zeros(4, 8), torch.zeros(8), None, replace(GOOD, k=5), "k is 5: expected 1 to 4"),
        (torch.zeros(4, 8, device="meta"), torch.zeros(8), None, GOOD, "on meta"),
    ],
)
def test_what_a_router_does_not_take(logits, bias, forced, rule, message):
    with pytest.raises(ValueError, match=message):
        route(logits, bias, forced, rule)
