"""The weights that a benchmark starts from: a recipe's trained base.

Speed at a fixed length doesn't depend on what the weights know, but lengths, stops and
rewards do. So the base is a real one: that of a run you have (`--run`), or one that is
trained now into `runs/bench-<recipe>` and found there the next time.
"""

from itertools import islice
from pathlib import Path

import torch

from minir1 import recipes
from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.run.home import find_run, open_run, read_config
from minir1.run.models import finished_model
from minir1.stages.pretrain import pretrain
from minir1.tasks import make_task
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


def base(recipe: str, run: Path | None) -> tuple[Config, Transformer]:
    """A recipe's config and its base, from a finished run or trained now."""
    if run is not None:
        folder = find_run(run)
        config = read_config(folder)
        return config, finished_model(config, folder, "pretrain", torch.device("cpu"))
    config = recipes.get(recipe)
    return config, pretrain(config, open_run(config, Path("runs") / f"bench-{recipe}"))


def train_prompts(config: Config, count: int) -> list[list[int]]:
    """The first `count` training prompts of the recipe's task."""
    tokenizer = Tokenizer(config.model.vocab_size)
    problems = make_task(config.task).problems("train", config.seed)
    return [prompt_ids(tokenizer, problem.question) for problem in islice(problems, count)]
