"""Both hands get the same problems and the same judge; what TRL lacks is off for both."""

from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.bench import learners
from minir1.bench.clock import Ticks
from minir1.run.models import new_model
from minir1.tasks import make_task
from minir1.text.tokenizer import Tokenizer


def tiny():
    config = recipes.smoke()
    zero = replace(
        config.zero, questions_per_step=2, group_size=2, max_new_tokens=8, minibatches=2, steps=3
    )
    return learners.comparable(replace(config, zero=zero))


def test_what_trl_lacks_is_off() -> None:
    config = recipes.smoke()
    zero = replace(
        config.zero,
        dynamic_sampling=2,
        routing_replay=True,
        kl_coef=0.1,
        max_new_tokens=60,
        length_schedule=((0, 70), (50, 80)),
    )
    plain = learners.comparable(replace(config, zero=zero)).zero
    assert (plain.dynamic_sampling, plain.routing_replay, plain.kl_coef) == (0, False, 0.0)
    assert (plain.max_new_tokens, plain.length_schedule) == (70, ())
    with pytest.raises(ValueError, match="rloo"):
        learners.comparable(replace(config, zero=replace(zero, advantage="rloo")))


def test_our_hand_ticks_once_a_step_and_changes_the_policy() -> None:
    import torch

    config = tiny()
    policy = new_model(config, torch.device("cpu"))
    ticks = Ticks(steps=2)
    learners.learn_minir1(policy, config, ticks)
    assert len(ticks.rows) == 2
    assert {"seconds", "cpu_seconds", "reward", "length"} == set(ticks.rows[0])
    assert ticks.rows[0]["cpu_seconds"] < ticks.rows[1]["cpu_seconds"]


def test_the_reward_function_gives_our_verdicts() -> None:
    config = tiny()
    tokenizer = Tokenizer(config.model.vocab_size)
    problems = learners.problems_of(config, 0)
    judge = learners.TrlReward(make_task(config.task), tokenizer, problems, config.zero)
    right = [
        tokenizer.encode(f"<think> yes </think> <answer> {p.solution} </answer> <eos>")
        for p in problems
    ]
    wrong = tokenizer.encode("<think> yes </think> <answer> 1 </answer> <eos>")
    rewards = judge([right[0], wrong, right[1]], [0, 0, 1])
    assert rewards == [1.0, 0.0, 1.0]
    assert judge.mean == pytest.approx(2 / 3)
    assert judge.mean_length == pytest.approx((len(right[0]) + len(wrong) + len(right[1])) / 3)


@pytest.mark.hub
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_trl_takes_our_settings_and_ticks_once_a_set_of_rollouts() -> None:
    pytest.importorskip("trl")
    import torch

    config = tiny()
    ticks = Ticks(steps=2)
    learners.learn_trl(new_model(config, torch.device("cpu")), config, ticks, micro_batch=1)
    assert len(ticks.rows) == 2
    assert 0 < ticks.rows[0]["length"] <= 8


@pytest.mark.hub
@pytest.mark.filterwarnings("ignore")
def test_a_micro_batch_that_doesnt_divide_the_update_is_refused(tmp_path) -> None:
    pytest.importorskip("trl")
    with pytest.raises(ValueError, match="use a divisor of the 4 rollouts"):
        learners.trl_settings(replace(tiny().zero, minibatches=1), str(tmp_path), 1, micro_batch=3)
