"""Claim: a mixture of experts costs less. Its bases, which have read the same texts.

    moe             the unit's own base: loss, specialisation, what one expert's absence costs
    dense_active    dense, with as many weights as a token of the mixture uses
    dense_total     dense, with as many weights as the mixture has

Specialisation is the mutual information of the expert that a token goes to and the class of the
token, against the same with the labels permuted, and against a router that has learned nothing:
even random weights send equal tokens to equal experts.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from minir1.bench.claims.unit import Kept, Unit
from minir1.config import ModelConfig
from minir1.model.count import active_parameters, cache_bytes, forward_flops, parameters
from minir1.model.router import Routing
from minir1.model.transformer import Transformer
from minir1.stages.pretrain import document_batch

Row = dict[str, Any]
PERMUTATIONS = 20
NEVER = -1e9
"""A correction bias with which an expert is never chosen."""


def mutual_information(a: Int[np.ndarray, "N"], b: Int[np.ndarray, "N"]) -> float:
    """I(A; B) in bits, from counts.

    >>> labels = np.array([0, 0, 1, 1])
    >>> mutual_information(labels, labels), mutual_information(labels, np.array([0, 1, 0, 1]))
    (1.0, 0.0)
    """
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    joint = table / table.sum()
    apart = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log2(joint[seen] / apart[seen])).sum())


def token_classes(words: Sequence[str]) -> list[int]:
    """Each word of the vocabulary by its kind: number, operator, check, structure, the rest."""
    kinds = (str.isdigit, "+-*/=".__contains__, ("?", "yes", "no").__contains__)
    classes = []
    for word in words:
        marks = [bool(kind(word)) for kind in kinds] + [word in (",", ";") or word[0] == "<"]
        classes.append(marks.index(True) if any(marks) else len(marks))
    return classes


def specialisation(unit: Unit, model: Transformer, count: int = 128) -> tuple[float, float]:
    """Bits of information about a token's class in its expert, and with permuted labels."""
    stream = unit.corpus(part="unread")
    batch = document_batch([next(stream) for _ in range(count)], unit.tokenizer)
    routing = Routing(token_mask=batch.token_mask)
    with torch.no_grad():
        model.hidden(batch.inputs, routing=routing)
    classes = np.array(token_classes(unit.tokenizer.words))
    kinds = classes[batch.inputs[batch.token_mask].numpy()]
    rng, found = np.random.default_rng(unit.seed), []
    for layer in routing.experts:
        chosen = layer[batch.token_mask].numpy()
        labels, experts = np.repeat(kinds, chosen.shape[1]), chosen.flatten()
        shuffled = [
            mutual_information(rng.permutation(labels), experts) for _ in range(PERMUTATIONS)
        ]
        found.append((mutual_information(labels, experts), float(np.mean(shuffled))))
    real, permuted = zip(*found, strict=True)
    return float(np.mean(real)), float(np.mean(permuted))


def losses_without(unit: Unit, model: Transformer) -> list[float]:
    """The loss when one expert is never chosen, for each expert of each layer."""
    found = []
    for router in model.routers():
        bias = router.e_score_correction_bias
        for expert in range(len(bias)):
            before = float(bias[expert])
            bias[expert] = NEVER
            found.append(unit.loss(model))
            bias[expert] = before
    return found


def of_a_base(unit: Unit, kept: Kept) -> Row:
    """What any base is compared by. Costs are of the forward pass of one answer."""
    shape, judged = kept.model.config, unit.judge(kept.model)
    answer = judged["length"] * forward_flops(shape, judged["length"] / 2)
    return {
        "loss": unit.loss(kept.model),
        "pass@1": judged["pass@1"],
        "parameters": parameters(shape),
        "active": active_parameters(shape),
        "cache_bytes": cache_bytes(shape),
        "flops_a_right_answer": answer / max(judged["pass@1"], 1e-9),
        "cost": kept.cost.to_json(),
    }


def moe(unit: Unit) -> Row:
    """The mixture, and what its experts know."""
    kept = unit.base()
    row = of_a_base(unit, kept)
    bits, permuted = specialisation(unit, kept.model)
    fresh = Transformer(kept.model.config, torch.Generator("cpu").manual_seed(unit.seed))
    without = [one - row["loss"] for one in losses_without(unit, kept.model)]
    return row | {
        "bits": bits,
        "bits_permuted": permuted,
        "bits_untrained": specialisation(unit, fresh)[0],
        "one_removed": [round(one, 5) for one in without],
        "one_removed/mean": float(np.mean(without)),
    }


def dense(shape: ModelConfig, width: int) -> ModelConfig:
    """The same transformer without experts, each feed-forward part `width` wide."""
    layers = shape.n_layers
    return replace(
        shape, n_dense_layers=layers, n_routed_experts=0, n_shared_experts=0, inter_dim=width
    )


def width_for(shape: ModelConfig, wanted: int) -> int:
    """The feed-forward width at which a dense model has about `wanted` weights.

    >>> shape = ModelConfig()
    >>> abs(parameters(dense(shape, width_for(shape, 300_000))) - 300_000) < 1000
    True
    """
    one, two = (parameters(dense(shape, width)) for width in (1, 2))
    return max(1, round((wanted - one) / (two - one)) + 1)


def dense_active(unit: Unit) -> Row:
    """As many weights as a token of the mixture uses: the same FLOPs a token."""
    shape = unit.config.model
    twin = dense(shape, width_for(shape, active_parameters(shape)))
    return of_a_base(unit, unit.base("dense_active", twin))


def dense_total(unit: Unit) -> Row:
    """As many weights as the whole mixture."""
    shape = unit.config.model
    twin = dense(shape, width_for(shape, parameters(shape)))
    return of_a_base(unit, unit.base("dense_total", twin))
