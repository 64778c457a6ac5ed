"""Multi-token prediction: the same guesses as transformers' own layer, from the same folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model import hub
from minir1.model.router import Routing
from minir1.model.transformer import Transformer

transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("ignore")]

CONFIG = ModelConfig(vocab_size=60, dim=32, n_layers=2, inter_dim=40, moe_inter_dim=16, n_heads=2)
IDS = torch.randint(0, 60, (2, 11), generator=torch.Generator().manual_seed(1))


def with_heads(count: int, **changes: Any) -> Transformer:
    model = Transformer(replace(CONFIG, n_mtp_layers=count, **changes))
    for name, tensor in model.state_dict().items():
        draw = torch.Generator().manual_seed(len(name))
        if "norm" in name:
            tensor.uniform_(0.5, 1.5, generator=draw)
        elif "bias" not in name:
            tensor.normal_(0, tensor.shape[-1] ** -0.5, generator=draw)
    return model


@pytest.mark.parametrize("changes", [{}, {"tie_embeddings": False, "q_lora_rank": 6}])
@torch.inference_mode()
def test_two_layers_guess_as_transformers(changes: dict[str, Any], tmp_path: Path) -> None:
    from transformers.masking_utils import create_causal_mask
    from transformers.modeling_layers import MtpModel

    model = with_heads(2, **changes)
    folder = hub.save(model, tmp_path / "model")
    main = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    main._keys_to_ignore_on_load_unexpected = [r"model\.layers\.2\..*", r"model\.layers\.3\..*"]
    other = MtpModel.from_pretrained(main).eval()
    hidden = main.model(IDS).last_hidden_state
    found = model.look_ahead(IDS, model.hidden(IDS))
    assert len(found) == 2
    for k, guess in enumerate(found, 1):
        known, hidden = main.model.embed_tokens(IDS[:, k:]), hidden[:, :-1]
        positions = torch.arange(k, IDS.shape[1])[None]  # theirs counts on; rope can't tell
        mask = create_causal_mask(
            config=other.config, inputs_embeds=known, attention_mask=None, past_key_values=None,
            position_ids=positions,
        )  # fmt: skip
        angles = main.model.rotary_emb(known, positions)
        hidden = other.layers[k - 1](known, hidden, angles, mask, positions, None)
        expected = main.lm_head(hidden)
        assert expected.std() > 0.3
        torch.testing.assert_close(model.head(guess), expected, rtol=0, atol=1e-4)


def test_a_guess_sees_the_token_that_it_is_given_and_none_after_it() -> None:
    model = with_heads(2)
    changed = IDS.clone()
    changed[:, 6] = (changed[:, 6] + 1) % 60
    with torch.inference_mode():
        before, after = (model.look_ahead(ids, model.hidden(ids)) for ids in (IDS, changed))
    for k in (1, 2):
        moved = (before[k - 1] != after[k - 1]).any(-1)[0].tolist()
        assert moved == [i >= 6 - k for i in range(11 - k)]


def test_text_too_short_for_a_guess_has_none() -> None:
    model = with_heads(2)
    ids = IDS[:, :2]
    assert [g.shape[1] for g in model.look_ahead(ids, model.hidden(ids))] == [1]


def test_the_layers_below_are_the_same_with_and_without_heads() -> None:
    """The heads are drawn last: the same seed gives the same model."""
    plain = Transformer(CONFIG)
    torch.testing.assert_close(plain(IDS), Transformer(replace(CONFIG, n_mtp_layers=1))(IDS))


def test_routing_of_the_heads_is_recorded_apart() -> None:
    model = with_heads(2)
    record = Routing(token_mask=torch.ones(2, 11, dtype=torch.bool))
    model.look_ahead(IDS, model.hidden(IDS, routing=record), record)
    assert len(record.experts) == model.config.n_moe_layers
    assert [r.experts.shape[1:3] for r in record.ahead] == [(2, 10), (2, 9)]
    assert record.load.sum(-1).tolist() == [44, 40, 36]  # two experts a token
    assert len(model.routers()) == model.config.n_moe_layers + 2
