"""Whoever samples a step's rollouts: our own sampler, or a server that holds the policy's weights.

    rollouts = rollouts_of(config, out, tokenizer, "zero", world)
    sampler  = rollouts.sampler(whole_policy, step)          rl/groups.py asks it
    groups, mismatch = rollouts.corrected(policy, groups)    before the update

Our own sampler shares the trainer's code and weights: there is nothing to hand over or correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from minir1.config import Config, ModelConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.compiled import CompiledStep
from minir1.rl.importance import corrected
from minir1.rl.rollout import Sampler, sample
from minir1.rl.types import Group, Rollout
from minir1.run.distributed import World
from minir1.run.served.answers import Wanted, read
from minir1.run.served.weights import Holder
from minir1.run.served.wire import ServerError, ask
from minir1.text.tokenizer import Tokenizer

LARGEST_GAP = 0.5
"""Nats between trainer and server, as a mean over tokens: rounding makes a tenth of it."""


class OwnRollouts:
    """The trainer samples."""

    def __init__(self, compiled: CompiledStep | None = None) -> None:
        self.compiled = compiled

    def sampler(self, whole: Transformer, step: int) -> Sampler:
        """Who writes the rollouts of this step."""
        return partial(sample, whole, compiled=self.compiled)

    def corrected(
        self, policy: Transformer, groups: list[Group], workers: int
    ) -> tuple[list[Group], dict[str, float]]:
        """The groups as the update should see them, and metrics of what was put right."""
        return groups, {}


class ServedRollouts(OwnRollouts):
    """A server samples, with weights that it is given before each step."""

    def __init__(
        self,
        config: Config,
        settings: ZeroConfig,
        out: Path,
        tokenizer: Tokenizer,
        stage: str,
        world: World,
    ) -> None:
        folder = Path(config.rollout.folder or out / "rollout")
        self.how, self.settings, self.stage, self.world = config.rollout, settings, stage, world
        self.holder = Holder(config.rollout, folder, tokenizer)

    def sampler(self, whole: Transformer, step: int) -> Sampler:
        """Hand the weights over; who asks for rollouts then."""
        folder, name = self.world.once(lambda: self._hand_over(whole, step))
        return partial(self._sample, name, whole.config, folder)

    def _hand_over(self, whole: Transformer, step: int) -> tuple[Path, str]:
        folder = self.holder.save(whole, f"{self.stage}-{step:06d}")
        served = self.holder.model(folder)
        room, budget = served["max_model_len"], self.settings.budget(step)
        if room is not None and room <= budget:
            raise ServerError(
                f"the server has room for {room} tokens (--max-model-len), and a completion may "
                f"have {budget}, with its prompt before it"
            )
        self.holder.load(folder)
        return folder, served["id"]

    def _sample(
        self,
        name: str,
        shape: ModelConfig,
        folder: Path,
        prompts: Sequence[Sequence[int]],
        keys: Sequence[int],
        *,
        max_new_tokens: int,
        eos_id: int,
        temperature: float = 1.0,
        record_experts: bool = False,
        share_prompts: bool = False,  # the server has a prefix cache of its own
    ) -> list[Rollout]:
        """One request a rollout: it is sent again alone, and the server makes up its batches."""
        url, how = f"{self.holder.url}/v1/completions", self.how

        def one(prompt: Sequence[int], key: int) -> Rollout:
            wanted = Wanted(
                prompt_ids=prompt,
                key=key,
                max_new_tokens=max_new_tokens,
                eos_id=eos_id,
                temperature=temperature,
            )
            body = wanted.request(name)
            answer = ask(url, body, timeout_s=how.timeout_s, tries=how.tries)
            return read(answer, wanted, shape)

        with ThreadPoolExecutor(how.at_once) as pool:
            rollouts = list(pool.map(one, prompts, keys))
        self.holder.check(folder)  # not only before: a server that was started again has others
        if self.settings.routing_replay and any(r.experts is None for r in rollouts):
            raise ServerError(
                "zero.routing_replay needs the experts that the server chose: start it with "
                "--enable-return-routed-experts"
            )
        return rollouts

    def corrected(
        self, policy: Transformer, groups: list[Group], workers: int
    ) -> tuple[list[Group], dict[str, float]]:
        """Truncated importance sampling (rl/importance.py)."""
        groups, found = corrected(
            policy,
            groups,
            self.settings,
            self.how.importance_cap,
            workers=workers,
            peers=self.world,
        )
        gap = found["sampling/sampling_logp_difference/mean"]
        if gap > LARGEST_GAP:
            raise ServerError(
                f"the server's log-probabilities are {gap:.2f} nats from the trainer's: it holds "
                "other weights, or was started without --logprobs-mode processed_logprobs. "
                "Nothing that it wrote in this step is used"
            )
        return groups, found


def rollouts_of(
    config: Config,
    settings: ZeroConfig,
    out: Path,
    tokenizer: Tokenizer,
    stage: str,
    world: World,
) -> OwnRollouts:
    """Whoever samples in this stage of this run."""
    if config.rollout.server:
        return ServedRollouts(config, settings, out, tokenizer, stage, world)
    device = world.device(config.device)
    return OwnRollouts(CompiledStep(device) if config.rollout.compile else None)
