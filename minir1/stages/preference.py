"""The reward model: it learns the readers' taste from their labels, and is tested on others.

    base -> pairs of its texts, labelled (stages/readers.py) -> Bradley-Terry (rl/reward_model.py)

Its accuracy on held-out pairs stands beside two others: that of the labels against the taste
itself, which is the most that the noise allows, and that of a coin.
"""

import math
import random
from pathlib import Path

import torch

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.rl.baselines.value import ValueModel
from minir1.rl.reward_model import bradley_terry, scores, shown_ids
from minir1.rl.update import NotFiniteError
from minir1.run import checkpoint, stats
from minir1.run.distributed import SOLO, World
from minir1.run.models import finished_model, tokenizer_of
from minir1.run.whole import write_json
from minir1.stages.collect import Source
from minir1.stages.loop import Stage
from minir1.stages.readers import Pair, agreement, only, write_pairs
from minir1.stages.sft import part_of_epoch
from minir1.text.tokenizer import Tokenizer

MANNERS = "manners"


def preference(config: Config, out: Path, seed: int, world: World = SOLO) -> ValueModel:
    """Train the reward model from the base, or go on where it was stopped; test it.

    It is small beside the policy's work: each process trains the whole of it, all of them alike.
    """
    device, settings = world.device(config.device), config.pipeline.preference
    world.workers(config.threads, device)
    tokenizer = tokenizer_of(config)
    base = finished_model(config, out, "pretrain", device)
    task = only(config.task, MANNERS)
    source = Source(stage="pretrain", step=config.pretrain.steps, task=task, seed=seed)
    learned, heldout = split_pairs(write_pairs(config, out, base, source, world), settings.heldout)
    model = ValueModel(base)
    stage = Stage(
        name="preference",
        config=config,
        out=out,
        model=model,
        optim=settings.optim,
        steps=settings.steps,
        save_every=settings.save_every,
        summary=lambda m: f"loss {m['loss']:.3f}  right {m['accuracy']:.2f}",
        world=world,
    )

    def step(i: int) -> dict[str, float]:
        pairs = part_of_epoch(learned, settings.pairs_per_step, i, f"{seed}")
        chosen, rejected = (_of(model, tokenizer, pairs, side) for side in ("chosen", "rejected"))
        loss, accuracy = bradley_terry(chosen, rejected)
        stage.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings.optim.grad_clip)
        seen = {"loss": float(loss.detach()), "accuracy": accuracy, "grad_norm": float(norm)}
        if not (math.isfinite(seen["loss"]) and math.isfinite(seen["grad_norm"])):
            texts = [shown_ids(tokenizer, one["question"], one["chosen"]) for one in pairs]
            raise NotFiniteError(f"loss = {seen['loss']}, gradient norm = {norm}", texts)
        stage.optimizer.step()
        return seen | {"num_tokens": float(_tokens(tokenizer, pairs))}

    stage.run(step)
    examine(config, out, model, tokenizer, heldout, world)
    return model.eval()


def finished_reader(config: Config, out: Path) -> ValueModel | None:
    """The reward model of a run, where it has one."""
    found = checkpoint.latest(out / "checkpoints", "preference", repair=False)
    if found is None:
        return None
    model = ValueModel(Transformer(config.model))
    checkpoint.load_into(model, found.model)
    return model.eval()


def split_pairs(pairs: list[Pair], heldout: int) -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from and pairs to be tested on; about different topics.

    >>> pairs = [{"key": key} for key in "aabbcc"]
    >>> [len(part) for part in split_pairs(pairs, 3)]
    [2, 4]
    """
    keys = sorted({pair["key"] for pair in pairs})
    random.Random(0).shuffle(keys)
    tested: list[Pair] = []
    while keys and len(tested) < heldout:
        key = keys.pop()
        tested += [pair for pair in pairs if pair["key"] == key]
    left = set(keys)
    learned = [pair for pair in pairs if pair["key"] in left]
    if not learned or len(tested) < 2:
        raise ValueError(
            f"the base wrote {len(pairs)} pairs of texts that can be compared, too few to learn "
            "from and to be tested on: raise pipeline.preference.prompts or pretrain.steps"
        )
    return learned, tested


@torch.no_grad()
def examine(
    config: Config,
    out: Path,
    model: ValueModel,
    tokenizer: Tokenizer,
    pairs: list[Pair],
    world: World = SOLO,
) -> None:
    """How often the reward model is right about pairs that it has not seen: `preference.json`.

    Two texts can be equal in taste (6 of `pipeline_laptop`'s 258 pairs). `labels_against_taste`
    leaves such pairs out; `taste` counts them as right where the model goes against the label.
    """
    chosen, rejected = (_of(model, tokenizer, pairs, side) for side in ("chosen", "rejected"))
    gaps = (chosen - rejected).tolist()
    truth = [(gap > 0) == (p["better"] > 0) for gap, p in zip(gaps, pairs, strict=True)]
    found = {
        "step": config.pipeline.preference.steps,
        "recipe_hash": config.hash(),
        "seed": config.seed,
        "pairs": len(pairs),
        "labels": stats.share([[float(gap > 0)] for gap in gaps]).to_json(),
        "taste": stats.share([[float(right)] for right in truth]).to_json(),
        "labels_against_taste": agreement(pairs),
    }
    world.once(lambda: write_json(out / "preference.json", found))


def _of(model: ValueModel, tokenizer: Tokenizer, pairs: list[Pair], side: str) -> torch.Tensor:
    texts = [shown_ids(tokenizer, pair["question"], pair[side]) for pair in pairs]
    return scores(model, texts, tokenizer.pad_id)


def _tokens(tokenizer: Tokenizer, pairs: list[Pair]) -> int:
    sides = ("chosen", "rejected")
    return sum(len(shown_ids(tokenizer, one["question"], one[s])) for one in pairs for s in sides)
