"""What the lesson on experts shows: counts, information, balance, and nothing left changed."""

import numpy as np
import pytest
import torch

from minir1.lab.balance import (
    balance_run,
    even_share,
    gamma_chart,
    loss_by_skew,
    rounding_chart,
    router_inputs,
    tilted,
)
from minir1.lab.corpus import KINDS
from minir1.lab.dispatch import permutation
from minir1.lab.experts import (
    damage_chart,
    expert_by_kind,
    kind_maps,
    missing_expert,
    route_map,
    router_steps,
    routes,
)
from minir1.lab.specialists import (
    information,
    information_chart,
    random_routers,
    shuffled,
)
from minir1.lab.surgery import loss_of


def test_a_bias_changes_who_is_chosen_and_not_what_it_weighs():
    scores = np.array([0.8, 0.4, 0.2])
    assert (
        "expert 1 with weight 0.67, expert 2 with weight 0.33"
        in router_steps(scores, np.zeros(3), 2).words
    )
    turned = router_steps(scores, np.array([0.0, 0.0, 0.5]), 2).words
    assert "expert 1 with weight 0.80, expert 3 with weight 0.20" in turned


def test_a_route_map_names_the_experts_of_each_token(small):
    ids = [1, 20, 30]
    routing = routes(small, ids)
    said = route_map(["a", "b", "c"], routing, layer=1).words
    first = sorted((routing.experts[0, 0, 0] + 1).tolist())
    assert f"a: {first}" in said


def test_every_token_is_counted_once_for_each_of_its_experts(small, tokenizer, pieces):
    counts, table = expert_by_kind(small, tokenizer, pieces[:5])
    tokens = sum(len(piece.text.split()) for piece in pieces[:5])
    assert len(table) == tokens
    assert counts.sum() == tokens * small.config.n_activated_experts
    kind = np.bincount(table[:, 0], minlength=len(KINDS))
    assert (counts[0].sum(-1) == kind * small.config.n_activated_experts).all()
    full = counts[:, counts.sum((0, 2)) > 0]
    assert kind_maps(full + 1e-9).words.startswith("The largest share")
    bits = {"real": information(table, small.config.n_moe_layers)}
    assert information_chart(bits, table[:, 0]).png().startswith(b"\x89PNG")


def test_experts_that_are_the_kind_tell_all_and_shuffled_kinds_nothing():
    kinds = np.arange(4000) % 4
    table = np.column_stack([kinds, kinds, 9 - kinds, 0 * kinds, 0 * kinds])  # two layers, K = 2
    assert information(table, 2) == pytest.approx([2.0, 0.0], abs=1e-9)
    swapped = table[:, [0, 2, 1, 3, 4]]  # the order of a token's experts doesn't matter
    assert information(swapped, 2) == pytest.approx([2.0, 0.0], abs=1e-9)
    assert information(shuffled(table), 2)[0] < 0.01
    assert sorted(shuffled(table)[:, 0]) == sorted(kinds)


def test_random_routers_are_a_copy_with_other_routers_only(small):
    before = {name: value.clone() for name, value in small.state_dict().items()}
    drawn = random_routers(small, seed=1)
    for name, value in drawn.state_dict().items():
        assert torch.equal(small.state_dict()[name], before[name])
        same = torch.equal(value, before[name])
        assert same != name.endswith("gate.weight") or name.endswith("correction_bias"), name
    again = random_routers(small, seed=1).routers()[0].weight
    assert torch.equal(again, drawn.routers()[0].weight)


def test_a_missing_expert_is_not_chosen_and_comes_back(small, read):
    before = loss_of(small, read)
    rise = missing_expert(small, read)
    assert rise.shape == (1, 8) and np.isfinite(rise).all() and (rise != 0).any()
    assert loss_of(small, read) == before
    assert "Most missed" in damage_chart(rise).words


def test_the_picture_of_dispatch_counts_the_rows():
    words = permutation(["a", "b"], [[2, 0], [0, 1]]).words
    assert words == "4 rows, sorted by expert. expert 1: 2, expert 2: 1, expert 3: 1"


def test_a_router_sees_each_real_token_once(small, read):
    tokens = router_inputs(small, read, layer=1)
    assert tokens.shape == (int(read.token_mask.sum()), small.config.dim)
    assert not small.routers()[0]._forward_pre_hooks


def test_the_rule_brings_a_crowded_router_back_and_leaves_its_bias_as_it_was(small, read):
    tokens = router_inputs(small, read, layer=1)
    crowded = tilted(small.routers()[0], tokens, push=3.0)
    still, _ = balance_run(crowded, tokens, steps=30, gamma=0.0)
    moved, load = balance_run(crowded, tokens, steps=150, gamma=0.01)
    assert np.ptp(still) < 0.5 and still[0] > 1.7
    assert moved[-1] < 1.6 and load.sum() == 512 * small.config.n_activated_experts
    assert (crowded.e_score_correction_bias == 0).all()
    assert gamma_chart(crowded, tokens, (0.0, 0.01), 5).png()


def test_an_even_share_is_1():
    assert even_share(torch.tensor([2, 2, 2])).tolist() == [1, 1, 1]
    assert even_share(torch.tensor([3, 1])).tolist() == [1.5, 0.5]


def test_a_bias_in_bfloat16_gets_stuck():
    assert rounding_chart().words.endswith("float32 0.700, bfloat16 0.500")


def test_the_balance_loss_begins_at_1_when_all_is_even():
    (line,) = loss_by_skew().figure.axes[0].get_lines()
    values = line.get_ydata()
    assert values[0] == pytest.approx(1.0) and values[-1] == max(values) > 2
