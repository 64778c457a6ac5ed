"""What all arms of one seed share: the base, R1-Zero made from it, and how a policy is judged.

    unit = Unit(recipe, seed, folder)
    base = unit.base()                  read once a seed, then taken from its file
    zero = unit.zero()                  the same for GRPO from that base
    unit.judge(policy)                  held-out accuracy, length, checks, insight, as one flat row

A base that has read something else has another name and its own file. So an arm that was stopped
starts again without paying twice for what it starts from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from minir1.bench.claims.learn import Cost, cost_of, read, reinforce
from minir1.config import Config, CorpusConfig, ModelConfig
from minir1.model.transformer import Transformer
from minir1.run import checkpoint
from minir1.run.evaluate import evaluate, heldout_problems
from minir1.stages.pretrain import corpus_task, document_batch
from minir1.text.corpus import Document, documents
from minir1.text.tokenizer import Tokenizer

MEASURES = ("pass@1", "length", "checks", "tries", "retries", "first_try", "repeats")


@dataclass(frozen=True, slots=True)
class Kept:
    """A model, what it cost, and what was noted on the way."""

    model: Transformer
    cost: Cost
    notes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """One seed of the recipe `claim`."""

    config: Config
    seed: int
    folder: Path
    """Where the models of this recipe and seed are kept."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The toy language."""
        return Tokenizer(self.config.model.vocab_size)

    def rng(self, name: str) -> random.Random:
        """Random numbers that belong to one thing of this seed."""
        return random.Random(f"{name} {self.seed}")

    def kept(self, name: str, make: Callable[[], Kept]) -> Kept:
        """The model called `name`: from its file, or made now. Each call gives its own copy."""
        found = checkpoint.latest(self.folder, name, repair=False)
        if found is None:
            made = make()
            state = {"cost": asdict(made.cost), "model": asdict(made.model.config)}
            state["notes"] = made.notes
            checkpoint.save(
                self.folder, name, 1, model=made.model.state_dict(), state=state, keep=1
            )
            found = checkpoint.latest(self.folder, name, repair=False)
            assert found is not None, "it was written just now"
        model = Transformer(ModelConfig(**found.state["model"]))
        checkpoint.load_into(model, found.model)
        return Kept(model, Cost(**found.state["cost"]), found.state["notes"])

    def corpus(self, corpus: CorpusConfig | None = None, part: str = "base") -> Iterator[Document]:
        """An endless stream of what a base reads; no two parts are alike."""
        task = corpus_task(self.config.task)
        return documents(corpus or self.config.corpus, task, f"{self.seed}/{part}")

    def base(
        self,
        name: str = "base",
        shape: ModelConfig | None = None,
        reads: Iterator[Document] | None = None,
    ) -> Kept:
        """A base called `name`; `shape` and `reads` are what it has of its own."""
        settings = self.config.pretrain

        def make() -> Kept:
            generator = torch.Generator("cpu").manual_seed(self.seed)
            model = Transformer(shape or self.config.model, generator)
            cost, size = cost_of(model), settings.sequences_per_step
            stream = self.corpus() if reads is None else reads
            losses = read(model, stream, settings.optim, cost, sequences=size, steps=settings.steps)
            return Kept(model, cost, {"loss": losses[-1]})

        return self.kept(name, make)

    def zero(self, name: str = "zero", base: Callable[[], Kept] | None = None) -> Kept:
        """R1-Zero from a base (the unit's own, if none is named); its cost is that of RL alone."""

        def make() -> Kept:
            policy = (base or self.base)().model
            cost = cost_of(policy)
            curve = reinforce(policy, self.config, self.seed, cost)
            shown = {"reward": "reward", "length": "completions/mean_length", "checks": "checks"}
            return Kept(policy, cost, {k: curve.of(v) for k, v in shown.items()})

        return self.kept(name, make)

    def judge(self, policy: Transformer) -> dict[str, Any]:
        """What the held-out problems say of a policy: numbers by name, without the transcripts."""
        config = self.config
        found = evaluate(policy, self.tokenizer, config.task, config.eval, seed=self.seed)
        row = {name: found[name]["value"] for name in MEASURES}
        row |= {name: found[name] for name in ("truthful", "truncated")}
        return row | {"surplus": found["insight"]["surplus"]["value"]}

    def many(self, policy: Transformer, problems: int, samples: int) -> dict[str, Any]:
        """An evaluation with many samples of few problems, transcripts included."""
        config = self.config
        settings = replace(config.eval, problems=problems, samples=samples)
        asked = distinct(config, problems)
        return evaluate(
            policy, self.tokenizer, config.task, settings, seed=self.seed, problems=asked
        )

    @torch.no_grad()
    def loss(self, model: Transformer, count: int = 256) -> float:
        """Next-token loss, in nats, on documents drawn after all that the bases have read."""
        from minir1.rl.logprobs import token_logprobs

        stream = self.corpus(part="unread")
        batch = document_batch([next(stream) for _ in range(count)], self.tokenizer)
        logprobs, _ = token_logprobs(model, batch, 1.0)
        return -float((batch.weights * logprobs).sum())


def distinct(config: Config, count: int) -> list[Any]:
    """The first `count` held-out problems, none asked twice."""
    found = {problem.question: problem for problem in heldout_problems(config.task, 20 * count)}
    return list(found.values())[:count]
