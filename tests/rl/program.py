"""Compile the step of a tiny model, and tell how its rollouts differ from those of single calls."""

import copy
import json
import sys

import torch
from torch._dynamo.utils import counters

from minir1.config import OptimConfig
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.compiled import CompiledStep
from minir1.rl.logprobs import token_logprobs
from minir1.rl.rollout import sample
from minir1.rl.update import update
from minir1.run.optim import build_optimizer


def tell(kind: str) -> dict:
    """Four calls: as it is, after an update, other rows of a copy, greedily."""
    # Not at the top: pytest reads this file too, for worked examples, and has many a conftest.
    from conftest import TINY
    from test_compiled import DENSE, EOS, KEYS, PROMPTS

    torch.set_num_threads(1)
    model = Transformer(TINY if kind == "moe" else DENSE, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                parameter.mul_(3.0)
    optimizer, step = (
        build_optimizer(model, OptimConfig(lr=0.01)),
        CompiledStep(torch.device("cpu")),
    )
    told: dict = {
        "programs": [],
        "same_tokens": [],
        "same_experts": [],
        "gap": [],
        "trainer_gap": [],
    }
    everyone = range(len(PROMPTS))
    before = None
    for rows, temperature, tokens in (
        (everyone, 1.0, 20), (everyone, 1.0, 20), ([7, 2, 5, 3], 1.0, 40), (everyone, 0.0, 20)
    ):  # fmt: skip
        options = {
            "max_new_tokens": tokens, "eos_id": EOS, "temperature": temperature,
            "record_experts": kind == "moe",
        }  # fmt: skip
        if len(rows) < len(PROMPTS):
            model = copy.deepcopy(model)  # as where a whole copy is gathered for each step
        given = [PROMPTS[i] for i in rows], [KEYS[i] for i in rows]
        plain, found = (
            sample(model, *given, **options),
            sample(model, *given, **options, compiled=step),
        )
        told["programs"].append(counters["stats"]["unique_graphs"])
        pairs = list(zip(plain, found, strict=True))
        told["same_tokens"].append(all(a.completion_ids == b.completion_ids for a, b in pairs))
        chosen = [(a.experts, b.experts) for a, b in pairs]
        told["same_experts"].append(
            all(torch.equal(a, b) for a, b in chosen if a is not None and b is not None)
        )
        told["gap"].append(
            max(abs(x - y) for a, b in pairs for x, y in zip(a.logprobs, b.logprobs, strict=True))
        )
        batch = collate(found, [0.0] * len(found))
        with torch.no_grad():
            logprobs, _ = token_logprobs(model, batch, temperature or 1.0)
        told["trainer_gap"].append(float((logprobs - batch.old_logprobs).abs().max()))
        if before is None:
            before = logprobs
            update(model, optimizer, batch, OptimConfig())
            with torch.no_grad():
                after, _ = token_logprobs(model, batch)
            told["moved"] = float((after - before).abs().max())
    return told


if __name__ == "__main__":
    print(json.dumps(tell(sys.argv[1])))
