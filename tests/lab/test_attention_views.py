"""What the lesson on attention shows is what the layers compute."""

import numpy as np
import pytest
import torch

from minir1.config import ModelConfig
from minir1.lab import latent
from minir1.lab.attention import (
    attention_weights,
    attentions,
    head_damage,
    look_back,
    silenced,
    weight_on,
    weights_of,
    without_heads,
)
from minir1.lab.corpus import surprise_by_kind
from minir1.lab.numbers import deepseek_v3
from minir1.lab.surgery import latent_directions, loss_at_rank, loss_of, other_pairs, rank_chart
from minir1.model.cache import cache_width
from minir1.model.count import cache_bytes
from minir1.model.rope import rope_frequencies, rotation
from minir1.model.transformer import Transformer


def test_the_weights_give_the_layers_own_output(small):
    layer = attentions(small)[0]
    x = torch.randn(2, 7, 32, generator=torch.Generator().manual_seed(0))
    turns = rotation(torch.arange(7)[None], rope_frequencies(layer.rope, 10000.0))
    weights = weights_of(layer, x, turns)
    latents = layer._cached_rows(x, turns)[..., : layer.rank]
    v = layer.kv_b_proj(latents).unflatten(-1, (layer.n_heads, -1))[..., layer.nope :]
    heads = torch.einsum("bhts,bshv->bthv", weights, v)
    assert torch.allclose(layer.o_proj(heads.flatten(2)), layer(x, turns), atol=1e-5)


def test_weights_are_causal_and_add_up_to_1(small):
    weights = attention_weights(small, [1, 5, 9, 13, 17])
    assert weights.shape == (2, 2, 5, 5)
    assert np.allclose(weights.sum(-1), 1, atol=1e-5)
    assert (weights[..., np.triu_indices(5, 1)[0], np.triu_indices(5, 1)[1]] == 0).all()
    assert not any(layer._forward_pre_hooks for layer in attentions(small))


def test_a_view_names_the_token_that_is_read_most():
    weights = np.zeros((1, 1, 3, 3))
    weights[0, 0, 2] = [0.7, 0.2, 0.1]
    view = look_back(["a", "b", "c"], weights, layer=1, head=1, at=2)
    assert '"c", reads "a" most (70%)' in view.words
    assert weight_on(weights, [2], 0).tolist() == [[0.7]]


def test_a_model_without_latent_attention_is_refused():
    with pytest.raises(ValueError, match=r"model.attention = 'gqa'"):
        attentions(Transformer(ModelConfig(n_layers=1, attention="gqa")))


def test_a_head_that_is_taken_away_comes_back(small, tokenizer, pieces):
    whole = surprise_by_kind(small, tokenizer, pieces[:4])
    lost = without_heads(small, [(1, 1), (2, 2)], tokenizer, pieces[:4])
    assert lost != whole
    assert without_heads(small, [], tokenizer, pieces[:4]) == whole


def test_a_silenced_head_speaks_again_after_an_error(small):
    kept = attentions(small)[0].o_proj.weight.clone()
    with pytest.raises(KeyError), silenced(small, [(1, 1)]):
        assert not torch.equal(attentions(small)[0].o_proj.weight, kept)
        raise KeyError
    assert torch.equal(attentions(small)[0].o_proj.weight, kept)


def test_without_any_head_attention_says_nothing(small, tokenizer, pieces):
    every = [(layer, head) for layer in (1, 2) for head in (1, 2)]
    lost = without_heads(small, every, tokenizer, pieces[:4])
    kept = [layer.o_proj.weight.clone() for layer in attentions(small)]
    with torch.no_grad():
        for layer in attentions(small):
            layer.o_proj.weight.zero_()
    silent = surprise_by_kind(small, tokenizer, pieces[:4])
    with torch.no_grad():
        for layer, weight in zip(attentions(small), kept, strict=True):
            layer.o_proj.weight.copy_(weight)
    assert lost == pytest.approx(silent)


def test_head_damage_is_the_rise_of_the_loss(small, tokenizer, pieces):
    figure = head_damage(small, tokenizer, pieces[:4], ("operator",)).figure
    shown = figure.axes[0].get_images()[0].get_array()
    rise = (
        without_heads(small, [(1, 2)], tokenizer, pieces[:4])["operator"]
        - surprise_by_kind(small, tokenizer, pieces[:4])["operator"]
    )
    assert shown[0, 1] == pytest.approx(max(0.0, rise))


def test_the_other_pairs_change_the_loss_and_are_undone(small, read):
    before = loss_of(small, read)
    with other_pairs():
        assert abs(loss_of(small, read) - before) > 1e-3
    assert loss_of(small, read) == before


def test_all_directions_of_the_latent_are_the_whole(small, read):
    rank = small.config.kv_lora_rank
    none, all_of_them = loss_at_rank(small, read, [0, rank])
    assert all_of_them == pytest.approx(loss_of(small, read), abs=1e-4)
    assert none != pytest.approx(all_of_them, abs=1e-3)
    for mean, axes in latent_directions(small, read):
        assert mean.shape == (rank,)
        assert torch.allclose(axes @ axes.T, torch.eye(len(axes)), atol=1e-4)
    assert f"of {rank} directions" in rank_chart(small, read, tolerance=9.0).words


def test_the_published_widths_of_the_cache():
    widths = {name: cache_width(model) for name, model in latent.variants(deepseek_v3()).items()}
    assert list(widths.values()) == [32_768, 4_096, 256, 576]
    assert cache_bytes(deepseek_v3()) == 576 * 61 * 2


def test_generation_costs_are_sums_over_the_tokens():
    config = ModelConfig()
    flops = latent.generation_flops(config, [1, 2])
    again, cached = flops.values()
    assert again[1] - again[0] == 2 * latent.forward_flops(config, 1.0)
    assert cached[1] - cached[0] == latent.forward_flops(config, 2, "absorbed")
    for picture in (latent.generation_chart(config), latent.decode_chart(config),
                    latent.cache_chart(config, 100), latent.sharing()):  # fmt: skip
        assert picture.png().startswith(b"\x89PNG")
