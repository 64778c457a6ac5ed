"""transformers' own models give the same logits and gradients with our kernels inside."""

import sys

import pytest
import torch

transformers = pytest.importorskip("transformers", reason="needs the extra hub")

from minir1_kernels.hugging_face import NAME, experts_forward, register  # noqa: E402

pytestmark = pytest.mark.hub

SMALL = {
    "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "moe_intermediate_size": 8,
    "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
    "num_experts_per_tok": 2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def deepseek():
    return transformers.DeepseekV3Config(
        **SMALL, n_routed_experts=6, n_shared_experts=1, n_group=2, topk_group=1,
        first_k_dense_replace=1, q_lora_rank=None, kv_lora_rank=8, qk_rope_head_dim=4,
        qk_nope_head_dim=4, v_head_dim=8,
    )  # fmt: skip


def qwen3():
    return transformers.Qwen3MoeConfig(**SMALL, num_experts=5, head_dim=8, norm_topk_prob=True)


def mixtral():
    return transformers.MixtralConfig(
        **SMALL | {"intermediate_size": 8}, num_local_experts=4, head_dim=8
    )


def results(model, ids):
    model.zero_grad()
    logits = model(ids).logits
    logits.square().mean().backward()
    grads = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    return logits.detach(), grads


@pytest.mark.parametrize("config", [deepseek, qwen3, mixtral])
def test_a_model_runs_and_trains_on_the_kernels(config):
    assert register() == NAME
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config()).float()
    ids = torch.randint(3, 40, (2, 9))
    model.set_experts_implementation("eager")
    logits, grads = results(model, ids)
    model.set_experts_implementation(NAME)
    calls = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "minir1_kernels.hugging_face.run",
            lambda *args, real=experts_forward.__globals__["run"]: calls.append(1) or real(*args),
        )
        ours, our_grads = results(model, ids)
    assert calls, "the kernels did not run"
    torch.testing.assert_close(ours, logits, atol=1e-5, rtol=1e-4)
    assert our_grads.keys() == grads.keys()
    for name, grad in grads.items():
        torch.testing.assert_close(our_grads[name], grad, atol=1e-6, rtol=1e-3, msg=name)


def test_experts_of_another_kind_are_refused_with_the_reason():
    register()
    config = transformers.GptOssConfig(
        **SMALL, num_local_experts=4, head_dim=8, sliding_window=8, layer_types=None
    )
    model = transformers.AutoModelForCausalLM.from_config(config)
    model.config._experts_implementation = NAME
    with pytest.raises(ValueError, match=r"GptOssExperts: it has biases, transposed stacks"):
        model(torch.tensor([[3, 4]]))


class Stacks(torch.nn.Module):
    """An experts module as transformers builds them, with one process of two's experts."""

    def __init__(self, parallel):
        super().__init__()
        rng = torch.Generator().manual_seed(0)
        self.gate_up_proj = torch.nn.Parameter(torch.randn(3, 16, 8, generator=rng))
        self.down_proj = torch.nn.Parameter(torch.randn(3, 8, 8, generator=rng))
        self.act_fn = torch.nn.SiLU()
        self._is_expert_parallel = parallel


# A box of rows also reads rows that nobody wrote. What it makes of them is never stored, but the
# interpreter is numpy, which warns of it now and then.
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_rows_of_experts_that_live_elsewhere_add_nothing():
    x, weight = torch.randn(5, 8), torch.rand(5, 2, requires_grad=True)
    idx = torch.tensor([[0, 3], [3, 3], [2, 1], [1, 3], [3, 0]])
    out = experts_forward(Stacks(parallel=True), x, idx, weight)
    out.sum().backward()
    assert out[1].eq(0).all() and weight.grad[idx == 3].eq(0).all()
    kept = torch.where(idx == 3, 0.0, weight)
    same = experts_forward(Stacks(parallel=False), x, torch.where(idx == 3, 0, idx), kept)
    torch.testing.assert_close(out, same)
    with pytest.raises(ValueError, match="from 0 to 3: expected indices from 0 to 2"):
        experts_forward(Stacks(parallel=False), x, idx, weight)


def test_without_transformers_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers.integrations.moe", None)
    with pytest.raises(ImportError, match=r"pip install 'minir1\[hub\]'"):
        register()


def test_another_activation_is_refused():
    module = Stacks(parallel=False)
    module.act_fn = torch.nn.GELU()
    with pytest.raises(ValueError, match="the activation GELU"):
        experts_forward(module, torch.zeros(1, 8), torch.zeros(1, 1).long(), torch.ones(1, 1))
