"""Where each tensor of a Hugging Face checkpoint goes in our model, and back.

    model.layers.3.mlp.experts.7.up_proj.weight   ->   layers.3.mlp.experts.gate_up_proj[7, F:]

Most names differ by the prefix `model.` only. Two things do not: on disk every expert has its own
three matrices, in memory all experts of a layer are two stacks (`moe.py`); and a layer of
multi-token prediction is stored as if it were one more layer of the model, behind the last.

    model.layers.61.eh_proj.weight   ->   mtp.0.eh_proj.weight           (DeepSeek-V3 has 61)

In the prompt's journey: before it, when a model comes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from minir1.config import ModelConfig
from minir1.model.hub.families import family_of
from minir1.model.transformer import Transformer

BIAS = "e_score_correction_bias"
IGNORED = re.compile(r"\.rotary_emb\.inv_freq$")
"""Old checkpoints hold the angles, which any reader computes by itself."""
COPIES = {"embed_tokens.weight": "embed_tokens.weight", "shared_head.head.weight": "lm_head.weight"}
"""MTP layers store the embedding and the head again, though they are the model's own."""


@dataclass(frozen=True, slots=True)
class Place:
    """One tensor on disk: the part of which of our tensors it is."""

    tensor: str
    expert: int | None = None
    half: int | None = None
    """Of a stack of gate and up: 0 the gate, 1 the up-projection."""

    def of(self, whole: Tensor) -> Tensor:
        """The part of `whole`, as a view."""
        part = whole if self.expert is None else whole[self.expert]
        return part if self.half is None else part.chunk(2)[self.half]


def places(model: Transformer) -> dict[str, Place]:
    """Every tensor that a checkpoint of this model must hold, by its name on disk."""
    return {
        name: place
        for tensor in model.state_dict()
        for name, place in _on_disk(tensor, model.config)
    }


def copies(config: ModelConfig) -> dict[str, str]:
    """What a checkpoint may hold twice: the name on disk, and the tensor of ours it repeats."""
    head = "embed_tokens.weight" if config.tie_embeddings else "lm_head.weight"
    found = {"lm_head.weight": head} if config.tie_embeddings else {}
    for k in range(config.n_mtp_layers):
        for name, tensor in COPIES.items():
            ours = head if tensor == "lm_head.weight" else tensor
            found[f"model.layers.{config.n_layers + k}.{name}"] = ours
    return found


def stored_mtp_layers(names: Mapping[str, object], n_layers: int) -> int:
    """How many layers of multi-token prediction a checkpoint really holds.

    Fine-tuned copies often drop them, while their config.json still promises one.
    """
    pattern = re.compile(r"model\.layers\.(\d+)\.eh_proj\.weight$")
    found = [match for name in names if (match := pattern.match(name))]
    return len([match for match in found if int(match[1]) >= n_layers])


def _on_disk(tensor: str, config: ModelConfig) -> Iterator[tuple[str, Place]]:
    if tensor.endswith(BIAS) and family_of(config) != "deepseek_v3":
        return  # our router always has the bias; at zero, it does nothing
    name = tensor if tensor.startswith("lm_head.") else f"model.{tensor}"
    if match := re.match(r"model\.mtp\.(\d+)\.(.*)", name):
        inside = re.sub(r"^norm\.", "shared_head.norm.", match[2])
        name = f"model.layers.{config.n_layers + int(match[1])}.{inside}"
    stack, _, kind = name.rpartition(".experts.")
    if not stack:
        yield name, Place(tensor)
        return
    for expert in range(config.n_routed_experts):
        at = f"{stack}.experts.{expert}"
        if kind == "down_proj":
            yield f"{at}.down_proj.weight", Place(tensor, expert)
        else:
            yield f"{at}.gate_proj.weight", Place(tensor, expert, 0)
            yield f"{at}.up_proj.weight", Place(tensor, expert, 1)
