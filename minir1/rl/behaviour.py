"""What a step's rollouts did, in numbers: rewards, lengths, and R1-Zero's self-checking.

Names are TRL's where TRL has one. `checks`, `retries`, `tries` are means a response, read
from the thinking by `minir1.text.trace`; they exist for Countdown problems only.
"""

import statistics
from collections.abc import Sequence

from minir1.rl.types import Group
from minir1.tasks.completion import parse
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import TraceStats, signs_of, trace_stats


def reward_metrics(groups: Sequence[Group]) -> dict[str, float]:
    """Means of the reward and its parts, its spread inside groups, and the share of dead groups."""
    rewards = [reward for group in groups for reward in group.rewards]
    metrics = {
        "reward": statistics.fmean(reward.total for reward in rewards),
        "reward_std": statistics.fmean(statistics.stdev(group.totals) for group in groups),
        "frac_reward_zero_std": statistics.fmean(group.dead for group in groups),
    }
    for part in rewards[0].parts:
        mean = statistics.fmean(reward.parts[part] for reward in rewards)
        metrics[f"rewards/{part}/mean"] = mean
    return metrics


def length_metrics(groups: Sequence[Group]) -> dict[str, float]:
    """Completion lengths in tokens, and the share cut off at the limit."""
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    lengths = [len(rollout.completion_ids) for rollout in rollouts]
    return {
        "completions/mean_length": statistics.fmean(lengths),
        "completions/max_length": float(max(lengths)),
        "completions/clipped_ratio": statistics.fmean(r.stop_reason == "length" for r in rollouts),
        "num_tokens": float(sum(lengths)),
    }


def trace_metrics(
    groups: Sequence[Group], tokenizer: Tokenizer, max_value: int = 99
) -> dict[str, float]:
    """Tries, checks and retries a response; first tries that were right; repeats."""
    stats: list[TraceStats] = []
    for group in groups:
        gold = group.problem.gold
        if not isinstance(gold, dict) or "numbers" not in gold:
            continue
        for rollout in group.rollouts:
            think = signs_of(parse(tokenizer.decode(rollout.completion_ids)).think, gold)
            stats.append(trace_stats(think, gold["numbers"], gold["target"], max_value))
    if not stats:
        return {}
    tries = sum(one.tries for one in stats)
    return {
        "tries": tries / len(stats),
        "checks": statistics.fmean(one.checks for one in stats),
        "retries": statistics.fmean(one.retries for one in stats),
        "first_try": statistics.fmean(one.first_try_right for one in stats),
        "repeats": sum(one.tries - one.distinct_tries for one in stats) / max(1, tries),
    }
