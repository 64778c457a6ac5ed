"""Groups: rollouts stand beside their own problem, and dead groups can be replaced."""

import pickle
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from minir1.config import ModelConfig, RewardConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl import groups as groups_module
from minir1.rl.groups import judge, sample_groups
from minir1.rl.parallel import Peers
from minir1.rl.sampling import row_key
from minir1.rl.types import Rollout
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.countdown import Countdown
from minir1.tasks.reward import Reward
from minir1.text.template import prompt_ids, render_completion
from minir1.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer()
SIZE = 3
CONFIG = ZeroConfig(questions_per_step=4, group_size=SIZE, max_new_tokens=8)


class YesNo:
    """Question n asks "make n from n". An answer of n is right."""

    name = "yesno"

    def problems(self, split: str, seed: int) -> Iterator[Problem]:
        for n in range(100):
            yield Problem("yesno", f"make {n} from {n}", n, str(n))

    def verify(self, gold: int, completion: str) -> Verdict:
        right = f"<answer> {gold} </answer>" in completion
        return Verdict.CORRECT if right else Verdict.WRONG


def ask(
    monkeypatch, live: set[int], config: ZeroConfig, step=0, n_layers=1, stop_reason="length",
    **options,
):  # fmt: skip
    """Sample with a policy that solves question n once if n is in `live`, and never otherwise."""
    calls, problems = [], YesNo().problems("train", 0)

    def sample(policy, prompts, keys, **options) -> list[Rollout]:
        calls.append((prompts, keys, options))
        rollouts = []
        for i, prompt in enumerate(prompts):
            n = int(TOKENIZER.decode(prompt).split()[3])
            says = n if n in live and i % SIZE == 1 else 99
            ids = TOKENIZER.encode(render_completion("", str(says)))
            rollouts.append(Rollout(list(prompt), ids, [-1.0] * len(ids), stop_reason))
        return rollouts

    monkeypatch.setattr(groups_module, "sample", sample)
    policy = Transformer(ModelConfig(dim=16, n_layers=n_layers))
    result = sample_groups(
        policy, TOKENIZER, YesNo(), problems, config, seed=5, step=step, **options
    )
    return *result, calls, problems


def test_a_group_holds_the_rollouts_of_its_own_prompt(monkeypatch):
    groups, replaced, calls, _ = ask(monkeypatch, {0, 2}, CONFIG)
    assert replaced == 0 and len(calls) == 1
    assert [group.problem.gold for group in groups if not group.dead] == [0, 2]
    assert sorted(group.problem.gold for group in groups) == [0, 1, 2, 3]
    for group in groups:
        prompt = prompt_ids(TOKENIZER, group.problem.question)
        assert [one.prompt_ids for one in group.rollouts] == [prompt] * SIZE
        right = [0.0, 1.0, 0.0] if group.problem.gold in (0, 2) else [0.0] * SIZE
        assert group.totals == right
        assert [v is Verdict.CORRECT for v in group.verdicts] == [bool(r) for r in right]


def test_dead_groups_are_replaced_and_the_batch_keeps_its_size(monkeypatch):
    config = replace(CONFIG, dynamic_sampling=3)
    groups, replaced, calls, problems = ask(monkeypatch, {1, 4, 5, 8, 9}, config)
    # Asked: 0..3 (one is live), 4..6 (two are), 7 (dead), 8 (live): four live ones, five dead.
    assert [group.problem.gold for group in groups] == [1, 4, 5, 8]
    assert [len(prompts) for prompts, _, _ in calls] == [4 * SIZE, 3 * SIZE, SIZE, SIZE]
    assert replaced == 5
    assert next(problems).gold == 9  # no question was taken and thrown away
    keys = [key for _, keys, _ in calls for key in keys]
    assert keys == [row_key(5, 0, n, g) for n in range(9) for g in range(SIZE)]
    assert len(set(keys)) == 9 * SIZE


def test_when_the_rounds_run_out_dead_groups_fill_the_batch(monkeypatch):
    groups, replaced, calls, _ = ask(monkeypatch, {1}, replace(CONFIG, dynamic_sampling=2))
    assert len(groups) == 4 and len(calls) == 3
    assert [group.dead for group in groups] == [False, True, True, True]
    assert replaced == 4 + 3 + 3 - 4
    groups, replaced, calls, _ = ask(monkeypatch, set(), CONFIG)
    assert len(groups) == 4 and len(calls) == 1 and replaced == 0


def test_what_a_group_earns_is_settled_by_one_process_and_told(monkeypatch):
    """A reward model may round otherwise elsewhere, and a dead group is one in all or in none."""
    earned = []

    def pay(group):
        earned.append(group.problem.gold)
        return replace(group, rewards=[Reward({}, float(i)) for i in range(SIZE)])

    class Second(Peers):
        """It does what is odd, and hears of the rest, paid otherwise."""

        size = 2

        def each(self, work, items, **options):
            for i, item in enumerate(items):
                done = work(item) if i % 2 or not isinstance(item[0], Problem) else None
                told = [Reward({}, 7.0)] * SIZE
                yield done or ([Verdict.WRONG] * SIZE, told)

    groups, *_ = ask(monkeypatch, set(), CONFIG, pay=pay, peers=Second())
    assert earned == [1, 3]
    assert {g.problem.gold: g.totals for g in groups} == {
        0: [7.0] * 3, 1: [0.0, 1.0, 2.0], 2: [7.0] * 3, 3: [0.0, 1.0, 2.0],
    }  # fmt: skip


def test_rollouts_are_told_once_and_not_again_with_their_verdicts(monkeypatch):
    """Those of 32,768 tokens have megabytes, and each process hears all of them already."""

    class Telling(Peers):
        def each(self, work, items, **options):
            done = [work(item) for item in items]
            told.append(b"Rollout" in pickle.dumps(done))
            return iter(done)

    told: list[bool] = []
    ask(monkeypatch, {0, 1, 2, 3}, CONFIG, peers=Telling())
    assert told == [True, False]


def test_live_groups_are_never_sampled_again(monkeypatch):
    groups, replaced, calls, _ = ask(
        monkeypatch, set(range(100)), replace(CONFIG, dynamic_sampling=5)
    )
    assert len(calls) == 1 and replaced == 0 and not any(group.dead for group in groups)


@pytest.mark.parametrize("n_layers", [1, 2])  # the first layer is dense
@pytest.mark.parametrize("share", [False, True])
def test_the_sampler_gets_what_the_recipe_says(monkeypatch, n_layers, share):
    config = replace(CONFIG, temperature=1.25, length_schedule=((3, 20),), share_prompts=share)
    for step, budget in ((2, 8), (3, 20)):
        *_, calls, _ = ask(monkeypatch, set(), config, step=step, n_layers=n_layers)
        assert calls[0][2] == {
            "max_new_tokens": budget, "temperature": 1.25, "eos_id": TOKENIZER.eos_id,
            "share_prompts": share, "record_experts": n_layers > 1,
        }  # fmt: skip


def test_what_a_long_answer_is_paid_follows_the_step_s_budget(monkeypatch):
    """Of 20 tokens an answer of 5 is short; of 5 it is as long as can be."""
    reward = RewardConfig(overlong=1.0, overlong_buffer=0.5)
    config = replace(CONFIG, max_new_tokens=5, length_schedule=((3, 20),), reward=reward)
    for step, paid in ((2, -1.0), (3, 0.0)):
        groups, *_ = ask(monkeypatch, set(), config, step=step, stop_reason="eos")
        lengths = {len(one.completion_ids) for group in groups for one in group.rollouts}
        assert lengths == {5}
        assert {total for group in groups for total in group.totals} == {paid}


def test_a_sampler_of_one_s_own_writes_in_the_policy_s_place(monkeypatch):
    def served(prompts, keys, **options) -> list[Rollout]:
        return [Rollout(list(prompt), [3], [-1.0], "eos") for prompt in prompts]

    groups, _, calls, _ = ask(monkeypatch, set(), CONFIG, sampler=served)
    assert not calls
    assert {tuple(one.completion_ids) for group in groups for one in group.rollouts} == {(3,)}


def test_keys_differ_between_steps(monkeypatch):
    keys = [ask(monkeypatch, set(), CONFIG, step=step)[2][0][1] for step in range(3)]
    assert len({key for some in keys for key in some}) == 3 * 4 * SIZE


def test_all_equal_rewards_are_dead_right_or_wrong():
    ids = TOKENIZER.encode(render_completion("", "7"))
    rollouts = [Rollout([1], ids, [-1.0] * len(ids), "eos")] * 3
    problem = Problem("yesno", "q", 7, "7")
    assert judge(YesNo(), TOKENIZER, problem, rollouts, CONFIG).dead
    assert judge(YesNo(), TOKENIZER, replace(problem, gold=8), rollouts, CONFIG).dead


def test_the_reward_is_the_weighted_sum_of_its_parts():
    texts = [
        "<think> 3 + 4 = 7 </think> <answer> 3 + 4 </answer> <eos>",
        "<answer> 4 + 3 </answer> <eos>",  # right, but not well formed
        "<think> 3 * 4 = 12 </think> <answer> 3 * 4 </answer>",
        "<think> 3 + 4 = 7 ? 7 yes",  # cut off
    ]
    rollouts = [
        Rollout([1], TOKENIZER.encode(text), [-1.0] * len(text.split()), "length") for text in texts
    ]
    problem = Problem("countdown", "make 7 from 3 4", {"numbers": [3, 4], "target": 7}, "3 4")
    config = replace(CONFIG, reward=RewardConfig(accuracy=1.0, format=0.25))
    group = judge(Countdown(n_numbers=2), TOKENIZER, problem, rollouts, config)
    assert group.totals == [1.25, 1.0, 0.25, 0.0]
    assert [str(verdict) for verdict in group.verdicts] == [
        "CORRECT", "CORRECT", "WRONG", "NO_ANSWER",
    ]  # fmt: skip
    assert group.rewards[1].parts == {"accuracy": 1.0, "format": 0.0}


@pytest.mark.parametrize("step", [0, 7])
def test_a_real_policy_is_asked_reproducibly(step):
    policy = Transformer(ModelConfig(dim=16, n_layers=2), torch.Generator().manual_seed(0))
    task = Countdown()

    def once():
        groups, _ = sample_groups(
            policy, TOKENIZER, task, task.problems("train", 3), CONFIG, seed=5, step=step
        )
        return [[one.completion_ids for one in group.rollouts] for group in groups]

    first = once()
    assert first == once()
    assert len({tuple(ids) for group in first for ids in group}) == 4 * SIZE
