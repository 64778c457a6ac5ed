"""The restartable loop under every stage: resume, step, log, save, stop.

    restore the last good checkpoint, take back the diary's rows after it
    for each step left:  set the learning rate, step, log, save now and then

A step depends on the weights, the optimizer and (seed, step), and on nothing else: no random
state, no position in a data stream. So a run that was killed at any moment and started
again ends in the same bits as one that was left alone.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, NoReturn

from torch import Tensor, nn

from minir1.config import Config, OptimConfig
from minir1.model.count import active_parameters
from minir1.model.transformer import Transformer
from minir1.rl.update import NotFiniteError
from minir1.run import checkpoint
from minir1.run.best import keep_best
from minir1.run.budget import Budget
from minir1.run.claim import claimed
from minir1.run.distributed import SOLO, World
from minir1.run.doctor import NOT_FINITE, Watch
from minir1.run.ledger import Ledger
from minir1.run.marker import mark_stopped, unmark
from minir1.run.metrics import MetricsLog
from minir1.run.models import ORDER
from minir1.run.optim import build_optimizer, learning_rate, set_learning_rate
from minir1.run.progress import Progress, StopFlag


class Interrupted(KeyboardInterrupt):
    """The user stopped the run, and it is saved: the same command goes on."""


@dataclass
class Stage:
    """One stage of training, ready to run. `step(i)` does step i and returns its metrics."""

    name: str
    config: Config
    out: Path
    model: nn.Module
    optim: OptimConfig
    steps: int
    save_every: int
    summary: Callable[[Mapping[str, float]], str]
    """What the progress line says of a step."""
    extra: dict[str, Transformer] = field(default_factory=dict)
    """Other models that belong to the state, such as the reference."""
    world: World = SOLO
    """The processes that do this together."""
    score: Callable[[Mapping[str, float]], float] = lambda metrics: -metrics["loss"]
    """What the best checkpoint is best in; higher is better."""
    record: Callable[[int], dict[str, Any]] = lambda step: {}
    """What else a checkpoint tells of the stage after `step` steps."""

    def __post_init__(self) -> None:
        self.optimizer = build_optimizer(self.model, self.optim)
        self.done = 0
        self._scores: list[float] = []
        root = self.out / "checkpoints"
        found = self.world.latest(root, self.name, self.model, self.optimizer, self._extra())
        if found is not None:
            self.done = found.step
            checkpoint.load_into(self.model, found.model)
            if found.optimizer is not None:
                self.optimizer.load_state_dict(found.optimizer)
            for name, model in self.extra.items():
                weights = _with_prefix(found.extra_tensors, name)
                checkpoint.load_into(model, weights)

    def run(self, step: Callable[[int], dict[str, float]]) -> None:
        """Do the steps that are left. Raises Interrupted when the user stops it."""
        self.world.once(lambda: unmark(self.out))
        if self.done >= self.steps:
            if self.done == 0:  # a stage of no steps still has an end, which the next one starts at
                self.save()
            return
        later = ORDER[ORDER.index(self.name) + 1 :]
        ledger = Ledger(self.out, self.name, self.config, active_parameters(self.config.model))
        on_main, budget = self.world.on_main, Budget(self.out, self.config)
        with (
            claimed(self.out, self.world),
            on_main(MetricsLog(self.out)) as log,
            on_main(Progress(self.steps, self.name, done=self.done)) as progress,
            on_main(Watch(self.out, self.name)) as doctor,
            StopFlag() as stop,
            on_main(ledger) as ledger,
        ):
            log.rewind(self.name, self.done, later)
            doctor.rewind(self.done, later)
            while self.done < self.steps:
                self.world.beat(self.done)
                metrics = self._step(step)
                self.done += 1
                self._scores.append(self.score(metrics))
                log.write(self.name, self.done, metrics)
                ledger.add(metrics)
                progress.update(self.done, self.summary(metrics))
                doctor.after(self.done, self.steps, metrics)
                # Read once: a signal during the save waits for its own step. If one process was
                # asked, all stop.
                spent = budget.used_up()
                asked = self.world.any(bool(stop or spent))
                if asked or self.done == self.steps or self.done % self.save_every == 0:
                    self.save()
                    ledger.record("running")  # what is saved is paid for
                if asked and self.done < self.steps:
                    self._leave(f"{spent}: " if spent else "")
            if self.world.any(bool(stop)):  # in the last step, or while it was saved
                self._leave()

    def _leave(self, why: str = "") -> NoReturn:
        """What is done is saved: say so, and stop."""
        stopped = (self.out, self.name, self.done, self.steps)
        self.world.once(lambda: mark_stopped(*stopped))
        raise Interrupted(
            f"{why}{self.name} stopped after step {self.done} of {self.steps} and is saved in "
            f"{self.out}: the same command goes on from there"
        )

    def _step(self, step: Callable[[int], dict[str, float]]) -> dict[str, float]:
        started = time.perf_counter()
        set_learning_rate(self.optimizer, learning_rate(self.optim, self.done, self.steps))
        try:
            metrics = step(self.done)
        except NotFiniteError as error:
            evidence = self.out / NOT_FINITE
            record = {"stage": self.name, "step": self.done, "error": str(error)}
            text = json.dumps(record | {"token_ids": error.token_ids})
            self.world.once(lambda: evidence.write_text(text))
            raise NotFiniteError(
                f"{self.name} stopped at step {self.done}: {error}. The batch is kept in "
                f"{evidence}; the last checkpoint is good. Try a lower learning rate",
                error.token_ids,
            ) from error
        metrics["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        metrics["time/step"] = time.perf_counter() - started
        return metrics

    def save(self) -> Path:
        """Write a checkpoint of everything that the next step depends on."""
        folder = self.world.save(
            self.out / "checkpoints",
            self.name,
            self.done,
            model=self.model.state_dict(),
            optimizer=self.optimizer.state_dict(),
            extra_tensors=self._extra(),
            state={
                "recipe_hash": self.config.hash(),
                "seed": self.config.seed,
                "processes": self.world.size,
                "expert_parallel": self.config.parallel.expert_parallel,
                **self.record(self.done),
            },
            keep=self.config.keep_checkpoints,
        )
        if self.config.keep_best and self._scores:
            score = fmean(self._scores)
            self.world.once(lambda: keep_best(folder, self.name, score))
        self._scores.clear()
        return folder

    def _extra(self) -> dict[str, Tensor]:
        """The tensors of the other models, by model and name."""
        extra: dict[str, Tensor] = {}
        for name, model in self.extra.items():
            extra |= {f"{name}/{key}": value for key, value in model.state_dict().items()}
        return extra


def _with_prefix(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{name}/"): value
        for key, value in tensors.items()
        if key.startswith(f"{name}/")
    }
