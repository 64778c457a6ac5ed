"""A seed gives equal bits; the meta device gives shapes only; precision can be changed."""

import math

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model.transformer import Transformer

CONFIG = ModelConfig(tie_embeddings=False)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_seed_gives_equal_bits_and_leaves_the_global_state_alone() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    one, two = Transformer(CONFIG, generator(3)), Transformer(CONFIG, generator(3))
    assert torch.equal(state, torch.get_rng_state())
    other = Transformer(CONFIG, generator(4)).state_dict()
    for name, weight in one.state_dict().items():
        assert torch.equal(weight, two.state_dict()[name])
        constant = "norm" in name or "bias" in name
        assert torch.equal(weight, other[name]) == constant, name


def test_the_size_of_the_weights() -> None:
    model = Transformer(CONFIG).requires_grad_(False)
    std = 0.5 / math.sqrt(CONFIG.dim)
    moe = model.layers[1].mlp
    for weight in (model.embed_tokens.weight, moe.experts.gate_up_proj, model.lm_head.weight):
        assert float(weight.std()) == pytest.approx(std, rel=0.03)
    for weight in (moe.experts.down_proj, moe.shared_experts.down_proj.weight):
        assert float(weight.std()) == pytest.approx(std / math.sqrt(8), rel=0.05)


@torch.no_grad()
def test_a_new_model_guesses_evenly() -> None:
    """The first loss is close to ln V, that of a model that knows nothing."""
    ids = torch.randint(0, 128, (8, 64), generator=generator(0))
    logits = Transformer(CONFIG)(ids)[:, :-1]
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
    assert float(loss) == pytest.approx(math.log(128), abs=0.2)


def test_the_meta_device_holds_no_data() -> None:
    for model in (Transformer(CONFIG, device="meta"), _under_meta()):
        assert all(tensor.is_meta for tensor in model.state_dict().values())


def _under_meta() -> Transformer:
    with torch.device("meta"):
        return Transformer(CONFIG)


def test_tied_embeddings_are_one_tensor() -> None:
    tied = Transformer(ModelConfig())
    assert "lm_head.weight" not in tied.state_dict()
    hidden = torch.randn(2, 3, 64)
    torch.testing.assert_close(tied.head(hidden), hidden @ tied.embed_tokens.weight.T)


@torch.no_grad()
def test_bfloat16_stays_close_to_float32() -> None:
    ids = torch.randint(0, 128, (2, 16), generator=generator(0))
    model = Transformer(ModelConfig(n_dense_layers=4), generator(0))  # No router to flip.
    exact = model(ids)
    rounded = model.bfloat16()(ids)
    assert rounded.dtype == torch.bfloat16
    assert (rounded.float() - exact).abs().max() < 0.05 * exact.abs().max()
