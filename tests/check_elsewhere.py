"""Is the other device one? (`test_elsewhere.py` runs this, with the plugin, in its own process.)"""

from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig, OptimConfig
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.loss import policy_loss
from minir1.rl.rollout import sample
from minir1.rl.update import update
from minir1.run.optim import build_optimizer
from tests.elsewhere import ELSEWHERE, There

REFUSED = {
    "a sum": lambda there, here: there + here,
    "a product": lambda there, here: here @ there,
    "rows of both": lambda there, here: torch.cat([here, there]),
    "a choice": lambda there, here: torch.where(there > 0, here, there),
    "rows that the other side names": lambda there, here: here[there[0].long()],
    "in place": lambda there, here: here.add_(there),
    "a layer": lambda there, here: torch.nn.Linear(2, 2)(there),
    "numpy": lambda there, here: there.numpy(),
    "a generator of the CPU": lambda there, here: torch.rand(
        2, device=there.device, generator=torch.Generator()
    ),
}


@pytest.mark.parametrize("both", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("training", [True, False])
def test_what_lies_on_two_sides_does_not_meet(both, training):
    with torch.inference_mode(not training), pytest.raises((RuntimeError, TypeError)):
        both(torch.eye(2, device=ELSEWHERE), torch.ones(2, 2))


def test_what_is_asked_for_is_brought_over():
    there = torch.tensor([1.0, 2.0], device=ELSEWHERE)
    assert isinstance(there, There) and there.device == ELSEWHERE
    assert there.tolist() == there.cpu().tolist() == [1, 2]
    assert not isinstance(there.cpu(), There)
    there.copy_(torch.tensor([3.0, 4.0]))
    assert (there * torch.tensor(2.0)).tolist() == [6, 8]  # a number may lie anywhere
    assert there[torch.tensor([1])].item() == 4


def test_a_model_learns_there_what_it_learns_here():
    learned = []
    for device in ("cpu", ELSEWHERE):
        torch.manual_seed(0)
        model, x = torch.nn.Linear(3, 2), torch.randn(5, 3)
        model.to(device)
        optimizer = torch.optim.AdamW(model.parameters())
        for _ in range(3):
            model(x.to(device)).square().sum().backward()
            optimizer.step()
        assert model.weight.device == torch.device(device)
        learned.append(model.weight.tolist())
    assert learned[0] == learned[1]


SMALL = ModelConfig(
    vocab_size=20, dim=16, n_layers=2, inter_dim=24, moe_inter_dim=8, n_heads=2, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8, n_routed_experts=4, max_seq_len=64,
)  # fmt: skip
DENSE = replace(SMALL, n_dense_layers=2)
FORMS = {
    "packed, experts replayed": (SMALL, {"pack": True}, {"routing_replay": True}),
    "groups of experts, yarn, tokens ahead": (
        replace(SMALL, n_expert_groups=2, rope_scaling="yarn", rope_factor=2.0, n_mtp_layers=1),
        {"balance_coef": 0.1},
        {"mtp_coef": 0.3},
    ),
    "grouped queries, beginnings shared": (
        replace(DENSE, attention="gqa", qk_norm=True, qkv_bias=True, rope_scaling="llama3"),
        {"share_prefixes": True, "skip_silent": True},
        {},
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_rollouts_and_an_update_are_those_of_the_cpu(form):
    """The forms and options that the stages' tests, which run here too, don't have."""
    config, optim, how = form
    found = []
    for device in ("cpu", ELSEWHERE):
        model = Transformer(config, torch.Generator().manual_seed(0)).to(device)
        rollouts = sample(
            model, [[1, 5], [1], [1, 5]], [7, 8, 9], max_new_tokens=6, eos_id=2,
            record_experts=bool(config.n_moe_layers), share_prompts=not config.n_moe_layers,
        )  # fmt: skip
        batch = collate(rollouts, [1.0, 0.0, -1.0], device=device)
        optimizer = build_optimizer(model, OptimConfig())
        seen = update(
            model, optimizer, batch, OptimConfig(**optim),
            lambda logprobs, part: policy_loss(logprobs, part).total, **how,
        )  # fmt: skip
        weights = torch.cat([weight.detach().cpu().flatten() for weight in model.parameters()])
        found.append(([one.completion_ids for one in rollouts], seen.loss, seen.grad_norm, weights))
    (said, *numbers, here), (said_there, *numbers_there, there) = found
    assert said == said_there and numbers == pytest.approx(numbers_there, rel=1e-4, abs=1e-6)
    assert torch.allclose(here, there, atol=1e-4)
