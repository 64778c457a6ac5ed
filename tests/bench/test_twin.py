"""The twin computes the same function, and says so when it can't."""

from dataclasses import replace

import pytest
import torch

from minir1.bench import sampler, twin
from minir1.config import ModelConfig
from minir1.model.transformer import Transformer
from minir1.text.outside import hub_face
from minir1.text.template import prompt_ids, render_prompt
from minir1.text.tokenizer import Tokenizer

pytest.importorskip("transformers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

SMALL = ModelConfig(
    dim=32, n_layers=2, inter_dim=64, moe_inter_dim=32, n_heads=2, n_routed_experts=4
)
SHAPES = [
    SMALL,
    replace(SMALL, q_lora_rank=16, tie_embeddings=False, route_scale=2.5, norm_eps=1e-5),
    replace(SMALL, n_routed_experts=8, n_expert_groups=4, n_limited_groups=2),
    replace(SMALL, qk_nope_head_dim=8, v_head_dim=20, norm_topk_prob=False, rope_theta=500.0),
]


def random_model(config: ModelConfig) -> Transformer:
    model = Transformer(config)
    for router in model.routers():  # a bias that moves the choice
        router.e_score_correction_bias.uniform_(-0.2, 0.2, generator=torch.manual_seed(1))
    return model


@pytest.mark.parametrize("config", SHAPES)
def test_the_logits_agree(config) -> None:
    model = random_model(config)
    other = twin.twin(model, Tokenizer())
    ids = torch.randint(128, (3, 20), generator=torch.manual_seed(2))
    with torch.inference_mode():
        torch.testing.assert_close(other(ids).logits, model(ids), atol=1e-4, rtol=1e-4)


def test_a_twin_that_differs_is_refused(monkeypatch) -> None:
    config = twin.twin_config(SMALL, Tokenizer())
    config.routed_scaling_factor = 3.0
    monkeypatch.setattr(twin, "twin_config", lambda *_: config)
    with pytest.raises(ValueError, match="logits differ"):
        twin.twin(random_model(SMALL), Tokenizer())


@pytest.mark.parametrize("field", [{"attention": "gqa"}, {"score_func": "softmax"}])
def test_a_shape_without_a_twin_is_refused(field) -> None:
    with pytest.raises(ValueError, match="no twin"):
        twin.twin_config(replace(SMALL, **field), Tokenizer())


def test_the_tokenizers_face_writes_the_same_ids() -> None:
    tokenizer = Tokenizer()
    face = hub_face(tokenizer)
    question = "make 15 from 10 5 1"
    text = f"<bos> {render_prompt(question)}"
    assert face(text)["input_ids"] == prompt_ids(tokenizer, question)
    assert (face.pad_token_id, face.eos_token_id) == (tokenizer.pad_id, tokenizer.eos_id)


def test_all_sides_of_the_sampler_write_what_was_asked_for() -> None:
    """Every prompt to its full length, or up to its end token."""
    model, tokenizer = random_model(SMALL), Tokenizer()
    other = twin.twin(model, tokenizer)
    prompts = [[1, 3, 30], [1, 3, 40, 41, 4], [1, 5]]
    for attention in ("sdpa", "eager"):
        side = sampler.generate(other, attention, prompts, 6, sampler.NEVER, tokenizer.pad_id)
        assert side() == {"tokens": 18.0, "longest": 6.0}
    assert sampler.ours(model, prompts, 6, sampler.NEVER)() == {"tokens": 18.0, "longest": 6.0}


def test_generate_counts_tokens_up_to_the_end_token() -> None:
    class Written:
        def set_attn_implementation(self, name: str) -> None:
            pass

        def generate(self, ids: torch.Tensor, **_) -> torch.Tensor:
            return torch.cat([ids, torch.tensor([[7, 2, 0, 0], [7, 7, 7, 7]])], dim=1)

    side = sampler.generate(Written(), "sdpa", [[1], [1]], 4, 2, 0)
    assert side() == {"tokens": 6.0, "longest": 4.0}


def test_an_error_of_the_other_side_becomes_a_line() -> None:
    def fails() -> None:
        raise RuntimeError("two\nlines")

    assert sampler.error_of(fails) == "RuntimeError: two lines"
    assert sampler.error_of(lambda: None) is None
