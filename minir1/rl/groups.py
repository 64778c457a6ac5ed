"""Groups of judged rollouts: one prompt, G completions, G verdicts, G rewards.

DAPO's dynamic sampling (arXiv 2503.14476, section 3.2) lives here. A group whose rewards are
all equal has zero advantages: it costs rollouts and teaches nothing. With success chance p
a group is dead with chance p^G + (1 - p)^G: .85 for p = .02 and G = 8. So dead groups can
be replaced by groups of new problems, up to a stated number of rounds.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from minir1.config import ModelConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.parallel import ALONE, Peers
from minir1.rl.rollout import Sampler, sample
from minir1.rl.sampling import row_key
from minir1.rl.types import Group, Rollout
from minir1.tasks.base import Problem, Task, Verdict
from minir1.tasks.completion import parse
from minir1.tasks.reward import Reward, Written, score, shape
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer

Settled = tuple[Sequence[Verdict], Sequence[Reward]]
"""What a group's rollouts earned. Not the rollouts: every process has them, and they are large."""


def judge(
    task: Task,
    tokenizer: Tokenizer,
    problem: Problem,
    rollouts: Sequence[Rollout],
    config: ZeroConfig,
    limit: int | None = None,
) -> Group:
    """Give each rollout its verdict and its reward; `limit` is the budget it was sampled under."""
    limit = config.max_new_tokens if limit is None else limit
    texts = [tokenizer.decode(rollout.completion_ids) for rollout in rollouts]
    verdicts = [task.verify(problem.gold, text) for text in texts]
    rewards = []
    for rollout, verdict, text in zip(rollouts, verdicts, texts, strict=True):
        parsed, cut = parse(text), rollout.stop_reason == "length"
        written = Written(verdict, parsed, len(rollout.completion_ids), limit, cut)
        rewards.append(shape(score(verdict, parsed, config.reward), written, config.reward))
    return Group(problem, rollouts, verdicts, rewards)


def sample_groups(
    policy: Transformer,
    tokenizer: Tokenizer,
    task: Task,
    problems: Iterator[Problem],
    config: ZeroConfig,
    *,
    seed: int,
    step: int,
    peers: Peers = ALONE,
    pay: Callable[[Group], Group] | None = None,
    sampler: Sampler | None = None,
) -> tuple[list[Group], int]:
    """The groups of one step, and how many dead groups were replaced on the way.

    `pay` may change what a judged group's rollouts earn (the later stages of R1 do).
    A rollout depends on its key alone, so it doesn't matter which of the peers samples it.
    `sampler` writes in place of the policy's own: a server that holds its weights.
    """
    wanted, size, limit = config.questions_per_step, config.group_size, config.budget(step)
    sampler = sampler or partial(sample, policy)
    live: list[Group] = []
    dead: list[Group] = []
    asked = 0

    def settle(one: tuple[Problem, Sequence[Rollout]]) -> Settled:
        judged = judge(task, tokenizer, *one, config, limit)
        paid = judged if pay is None else pay(judged)
        return paid.verdicts, paid.rewards

    for _ in range(config.dynamic_sampling + 1):
        batch = list(islice(problems, wanted - len(live)))
        rollouts = _ask(sampler, policy.config, tokenizer, batch, config, seed, step, asked, peers)
        asked += len(batch)
        answered = [(one, rollouts[i * size : (i + 1) * size]) for i, one in enumerate(batch)]
        # Settled once, and told: at a time limit, or by a reward model, two processes might differ.
        for one, settled in zip(answered, peers.each(settle, answered), strict=True):
            group = Group(*one, *settled)
            (dead if group.dead else live).append(group)
        if len(live) == wanted:
            break
    fill = wanted - len(live)  # still too few live ones: dead groups keep the batch's size
    return live + dead[:fill], len(dead) - fill


def _ask(
    sampler: Sampler,
    shape: ModelConfig,
    tokenizer: Tokenizer,
    problems: Sequence[Problem],
    config: ZeroConfig,
    seed: int,
    step: int,
    first: int,
    peers: Peers,
) -> list[Rollout]:
    """The rollouts of these problems, group after group; `first` is the first one's number."""
    prompts = [prompt_ids(tokenizer, problem.question) for problem in problems]
    jobs = [
        (prompt, row_key(seed, step, first + i, g))
        for i, prompt in enumerate(prompts)
        for g in range(config.group_size)
    ]

    def write(part: Sequence[tuple[list[int], int]]) -> list[Rollout]:
        return sampler(
            [prompt for prompt, _ in part],
            [key for _, key in part],
            max_new_tokens=config.budget(step),
            eos_id=tokenizer.eos_id,
            temperature=config.temperature,
            record_experts=shape.n_moe_layers > 0,
            share_prompts=config.share_prompts,
        )

    at_once = config.rollout_batch or math.ceil(len(jobs) / peers.size)
    parts = [jobs[i : i + at_once] for i in range(0, len(jobs), at_once)]
    return [rollout for some in peers.each(write, parts) for rollout in some]
