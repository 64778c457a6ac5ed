"""Packed micro-batches: the same gradient, no token lost, and no place computed for nothing."""

import copy
import itertools
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from minir1.config import ModelConfig, OptimConfig
from minir1.model.packing import Packing
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate, empty_part, even_out, micro_batches, padded_places
from minir1.rl.packing import empty_share, packed_batches, packing_of, tokens
from minir1.rl.parallel import ALONE
from minir1.rl.update import update

LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=60)
MLA = ModelConfig(
    vocab_size=20, dim=16, n_layers=3, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=64,
)  # fmt: skip
DENSE = replace(MLA, attention="gqa", n_dense_layers=3, n_kv_heads=1, head_dim=8, qk_norm=True)
AHEAD = replace(MLA, n_mtp_layers=1)
FREE = OptimConfig(
    lr=1e-3, grad_clip=1e9, bias_update_speed=0.0, balance_coef=0.1, micro_batch_tokens=40
)


@given(lengths=LENGTHS, budget=st.integers(1, 2000))
def test_every_row_is_packed_once_and_none_that_fits_is_left_out(lengths, budget):
    parts = packed_batches(lengths, budget)
    assert sorted(row for rows in parts for row in rows) == list(range(len(lengths)))
    assert all(tokens(rows, lengths) <= budget or len(rows) == 1 for rows in parts)
    assert len(parts) <= len(micro_batches(lengths, budget))
    # Of two neighbours, the second one's longest row had no room in the first.
    for one, two in itertools.pairwise(parts):
        assert tokens(one, lengths) + max(lengths[row] for row in two) > budget


@given(lengths=LENGTHS, peers=st.integers(1, 9), budget=st.integers(1, 2000))
def test_packed_parts_are_dealt_evenly(lengths, peers, budget):
    before = packed_batches(lengths, budget)
    parts = even_out(before, lengths, peers, packed_batches, tokens)
    assert sorted(row for rows in parts for row in rows) == list(range(len(lengths)))
    assert max(tokens(r, lengths) for r in parts) <= max(tokens(r, lengths) for r in before)
    assert len(parts) % peers == 0 or all(len(rows) == 1 for rows in parts)


@given(lengths=LENGTHS)
def test_the_empty_share_is_counted_place_by_place(lengths):
    parts = micro_batches(lengths, 500)
    width = [max(lengths[row] for row in rows) for rows in parts]
    empty = sum(w - lengths[row] for w, rows in zip(width, parts, strict=True) for row in rows)
    whole = sum(padded_places(rows, lengths) for rows in parts)
    assert empty_share(parts, lengths) == pytest.approx(empty / whole)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 99))
def test_packing_and_unpacking_are_inverse(lengths, seed):
    width = max(1, *lengths)
    mask = torch.arange(width)[None] < torch.tensor(lengths)[:, None]
    rows = torch.randn(*mask.shape, 3, generator=torch.Generator().manual_seed(seed))
    packing = Packing(mask)
    packed = packing.pack(rows)
    assert packed.shape == (1, int(mask.sum()), 3)
    assert torch.equal(packing.unpack(packed), rows * mask[..., None])
    assert torch.equal(packing.pack(packing.unpack(packed)), packed)


def test_the_way_back_sorts_nothing():
    """No place comes twice. An index_put that adds up sorts its places on a GPU."""

    class Adding(TorchDispatchMode):
        found = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.found += "index_put" in str(function) and len(args) > 3 and args[3]
            return function(*args, **(kwargs or {}))

    mask = torch.tensor([[True, True, False], [True, False, False]])
    packing, rows = Packing(mask), torch.randn(2, 3, 4, requires_grad=True)
    with Adding() as adding:
        packed = packing.unpack(packing.pack(rows))
        packed.backward(torch.ones(2, 3, 4))
    assert rows.grad is not None and torch.equal(rows.grad, mask[..., None].expand(2, 3, 4).float())
    assert adding.found == 0


def two_updates(config, rollouts, replay=False, **options):
    """An update with and without packing: its gradient, its metrics, and the weights after it."""
    found = []
    for pack in (False, True):
        model = Transformer(config, torch.Generator().manual_seed(0))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim >= 2:
                    parameter.mul_(3.0)
        batch = collate(rollouts, [(-1.0) ** i for i in range(len(rollouts))])
        if replay:
            shape = (config.n_moe_layers, *batch.inputs.shape, config.n_activated_experts)
            which = torch.Generator().manual_seed(5)
            choice = torch.rand(*shape[:-1], 4, generator=which).argsort(-1)[..., : shape[-1]]
            batch = replace(batch, experts=choice)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
        optim = replace(FREE, pack=pack)
        seen = update(model, optimizer, batch, optim, routing_replay=replay, **options)
        found.append((seen, {name: p.grad for name, p in model.named_parameters()}))
    return found


@pytest.mark.parametrize(
    ("config", "options"),
    [(MLA, {}), (MLA, {"replay": True}), (DENSE, {}), (AHEAD, {"mtp_coef": 0.3})],
    ids=["experts", "replayed", "dense", "ahead"],
)
def test_the_gradient_is_that_of_the_padded_batch(random_rollouts, config, options):
    rollouts = random_rollouts(11, seed=2)
    (padded, wanted), (packed, found) = two_updates(config, rollouts, **options)
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, atol=1e-6, rtol=1e-5)
    assert packed.loss == pytest.approx(padded.loss, abs=1e-6)
    assert packed.grad_norm == pytest.approx(padded.grad_norm, rel=1e-6)
    assert packed.entropy == pytest.approx(padded.entropy, rel=1e-5)
    assert packed.aux_loss == pytest.approx(padded.aux_loss, rel=1e-5)
    assert (packed.load is None) == (padded.load is None)
    if packed.load is not None:
        assert torch.equal(packed.load, padded.load)
    assert packed.router_drift == padded.router_drift
    assert packed.padding == 0 == padded.padding_saved
    assert 0 < padded.padding < 1 and 0 < packed.padding_saved < 1


def test_no_layer_but_attention_sees_an_empty_place(random_rollouts):
    model, batch = Transformer(MLA), collate(random_rollouts(6), [1.0] * 6)
    seen = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(
                lambda m, i, o, name=name: seen.update({name: i[0].shape[:-1].numel()})
            )
    packing = Packing(batch.token_mask)
    model.hidden(batch.inputs, routing=Routing(token_mask=batch.token_mask, packing=packing))
    count, whole = int(batch.token_mask.sum()), batch.inputs.numel()
    assert count < whole
    for name, places in seen.items():
        assert places == (whole if "self_attn" in name else count), name


def test_a_part_without_a_token_stays_padded(random_rollouts):
    """What an idle process works on: it must go through every layer all the same."""
    batch = collate(random_rollouts(3), [1.0] * 3)
    assert packing_of(empty_part(batch), replace(FREE, pack=True)) is None
    assert packing_of(batch, FREE) is None
    assert packing_of(batch, replace(FREE, pack=True)) is not None


def test_processes_share_packed_parts(random_rollouts):
    """As three processes would deal them: the sum of the gradients is the same."""
    rollouts, dealt = random_rollouts(9), []

    class Three(type(ALONE)):
        size = 3

        def each(self, work, items, *, idle=None, workers=1):
            items = list(items)
            dealt.append(len(items))
            return map(work, items)

    batch = collate(rollouts, [1.0] * 9)
    model = Transformer(MLA, torch.Generator().manual_seed(0))
    twin = copy.deepcopy(model)
    for policy, peers, pack in ((model, ALONE, False), (twin, Three(), True)):
        optimizer = torch.optim.SGD(policy.parameters(), lr=0.0)
        update(policy, optimizer, batch, replace(FREE, pack=pack), peers=peers)
    assert dealt[0] % 3 == 0
    for one, two in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad, atol=1e-6, rtol=1e-5)


def test_what_a_model_returns_is_no_view(random_rollouts):
    """FSDP hooks the backward pass to it; an operation in place on a view would lose the hook."""
    model, batch = Transformer(MLA), collate(random_rollouts(4), [1.0] * 4)
    hidden = model.hidden(batch.inputs, routing=Routing(packing=Packing(batch.token_mask)))
    assert hidden._base is None and hidden.requires_grad
