"""How much work one step of RL is: rollouts, tokens and micro-batches, for one GPU.

What a recipe fixes (questions, group, budget of tokens) is known. How long the answers will be
is not, before the run: `Assumptions` says what is taken in its place, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from minir1.config import Config


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody knows before the run. Every plan prints them; preflight measures two."""

    mean_length_share: float = 0.4
    """Mean length of an answer, as a share of max_new_tokens."""
    prompt_tokens: int = 150
    """A question and its template: GSM8K's and MATH's are mostly shorter."""
    document_tokens: int = 60
    """One document of the toy's base corpus."""
    training_mfu: float = 0.15
    """A small MoE in PyTorch. Published for prime-rl on 8 H100: 3% to 28% (their benchmarks)."""
    memory_efficiency: float = 0.5
    """Share of the memory's rate that decoding reaches: many small reads."""
    layer_overhead_s: float = 0.0006
    """Seconds that one layer of one decoding step takes at least: about 60 kernels of 10 us."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One step of RL, as one of the GPUs sees it."""

    rollouts: int
    """Of all GPUs."""
    rollouts_at_once: int
    """That one GPU samples side by side."""
    rounds: int
    """Batches of rollouts that it samples one after the other."""
    longest: int
    """Tokens of the longest sequence, prompt included."""
    mean_length: float
    """Tokens of a mean answer."""
    tokens: float
    """Trained tokens of a whole step, prompts included, of all GPUs."""
    micro_batch_tokens: int
    """Of the largest micro-batch of one GPU; one row is never cut."""
    micro_batches: int
    """Forward and backward passes of one GPU in a step."""
    fused_logits: bool
    """Whether the logprob kernel is taken to run: on a GPU, unless model.backend is torch."""


def workload(config: Config, processes: int, assumed: Assumptions, budget: int = 0) -> Workload:
    """The work of one step, whose answers have at most `budget` tokens (max_new_tokens if 0)."""
    zero = config.zero
    budget = budget or zero.max_new_tokens
    rollouts = zero.questions_per_step * zero.group_size
    mine = ceil(rollouts / processes)
    at_once = min(mine, zero.rollout_batch or mine)
    mean = budget * assumed.mean_length_share
    tokens = rollouts * (mean + assumed.prompt_tokens)
    longest = budget + assumed.prompt_tokens
    largest = max(zero.optim.micro_batch_tokens, longest)
    passes = zero.minibatches * ceil(tokens / zero.minibatches / processes / largest)
    return Workload(
        rollouts=rollouts,
        rollouts_at_once=at_once,
        rounds=ceil(mine / at_once),
        longest=longest,
        mean_length=mean,
        tokens=tokens,
        micro_batch_tokens=largest,
        micro_batches=passes,
        fused_logits=bool(config.gpu) and config.model.backend != "torch",
    )
