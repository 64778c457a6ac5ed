"""The same GRPO by two hands: ours, and TRL's `GRPOTrainer` on the twin model.

Both start from the same weights and see the same problems in the same order, with the same
group sizes, lengths, loss, optimizer and verifier. At the end of each step both call
`ticks.tick(...)`, which reads the clocks and says whether to go on.
"""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import count, islice
from typing import Any

from minir1.bench.clock import Ticks
from minir1.bench.twin import need, twin
from minir1.config import Config, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.behaviour import length_metrics, reward_metrics
from minir1.rl.groups import judge, sample_groups
from minir1.rl.step import grpo_step
from minir1.rl.types import Rollout
from minir1.run.optim import build_optimizer, learning_rate, set_learning_rate
from minir1.stages.zero import problem_seed
from minir1.tasks import Problem, Task, make_task
from minir1.text.outside import hub_face
from minir1.text.template import render_prompt
from minir1.text.tokenizer import Tokenizer


def comparable(config: Config) -> Config:
    """The recipe without what TRL lacks: dynamic sampling, routing replay, length schedule."""
    zero = config.zero
    if zero.advantage == "rloo":
        raise ValueError('zero.advantage = "rloo" has no like in GRPOTrainer: use "grpo"')
    plain = replace(
        zero,
        dynamic_sampling=0,
        routing_replay=False,
        length_schedule=(),
        max_new_tokens=zero.budget(0),
        kl_coef=0.0,
        optim=replace(zero.optim, final_lr_share=1.0),
    )
    return replace(config, zero=plain)


def problems_of(config: Config, step: int) -> list[Problem]:
    """The training problems of one step: the same ones for both hands."""
    stream = make_task(config.task).problems("train", problem_seed(config.seed, step))
    return list(islice(stream, config.zero.questions_per_step))


def learn_minir1(policy: Transformer, config: Config, ticks: Ticks) -> None:
    """Our GRPO: the functions that the stage `zero` calls, without its folder and its diary."""
    zero, task = config.zero, make_task(config.task)
    tokenizer = Tokenizer(config.model.vocab_size)
    optimizer = build_optimizer(policy, zero.optim)
    ticks.start()
    for step in count():
        set_learning_rate(optimizer, learning_rate(zero.optim, step, zero.steps))
        problems = iter(problems_of(config, step))
        groups, _ = sample_groups(
            policy, tokenizer, task, problems, zero, seed=config.seed, step=step
        )
        grpo_step(
            policy,
            optimizer,
            groups,
            zero,
            fixed_length=zero.max_new_tokens,
            seed=f"{config.seed}/{step}",
            pad_id=tokenizer.pad_id,
        )
        seen = reward_metrics(groups) | length_metrics(groups)
        if not ticks.tick(reward=seen["reward"], length=seen["completions/mean_length"]):
            return


def learn_trl(policy: Transformer, config: Config, ticks: Ticks, micro_batch: int) -> None:
    """TRL's GRPOTrainer on the twin of `policy`, our verifier as its reward function."""
    need("transformers", "trl", "accelerate", "datasets")
    from datasets import Dataset
    from transformers import PrinterCallback, TrainerCallback
    from trl.trainer.grpo_trainer import GRPOTrainer

    zero, tokenizer = config.zero, Tokenizer(config.model.vocab_size)
    problems = [p for step in range(ticks.steps) for p in problems_of(config, step)]
    reward = TrlReward(make_task(config.task), tokenizer, problems, zero)

    class Clock(TrainerCallback):
        """Reads the clocks after the last optimizer step that one set of rollouts gave."""

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            last = state.global_step % zero.minibatches == 0
            if last and not ticks.tick(reward=reward.mean, length=reward.mean_length):
                control.should_training_stop = True

    questions = [
        {"prompt": f"<bos> {render_prompt(p.question)}", "problem": i}
        for i, p in enumerate(problems)
    ]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that it will rename one day
        trainer = GRPOTrainer(
            model=twin(policy, tokenizer),
            reward_funcs=reward,
            args=trl_settings(zero, folder, ticks.steps, micro_batch),
            train_dataset=Dataset.from_list(questions),
            processing_class=hub_face(tokenizer),
            callbacks=[Clock()],
        )
        trainer.remove_callback(PrinterCallback)
        ticks.start()
        trainer.train()


class TrlReward:
    """Our verifier as TRL's reward function; it keeps the means of the last step."""

    def __init__(
        self, task: Task, tokenizer: Tokenizer, problems: Sequence[Problem], zero: ZeroConfig
    ) -> None:
        self.task, self.tokenizer, self.problems, self.zero = task, tokenizer, problems, zero
        self.mean = self.mean_length = 0.0
        self.__name__ = "minir1"  # TRL logs a reward function by its name

    def __call__(
        self, completion_ids: list[list[int]], problem: list[int], **_: Any
    ) -> list[float | None]:
        rewards: list[float] = []
        for ids, index in zip(completion_ids, problem, strict=True):
            rollout = Rollout([], ids, [0.0] * len(ids), "eos")
            group = judge(self.task, self.tokenizer, self.problems[index], [rollout], self.zero)
            rewards.append(group.totals[0])
        self.mean = sum(rewards) / len(rewards)
        self.mean_length = sum(map(len, completion_ids)) / len(completion_ids)
        return [*rewards]


LOSSES = {"token": "dapo", "sequence": "grpo", "fixed": "dr_grpo"}
"""TRL's names of our `loss_norm`."""


def trl_settings(zero: ZeroConfig, folder: str, steps: int, micro_batch: int) -> Any:
    """Our settings in TRL's words; all that would cost it time for nothing is off."""
    from trl.trainer.grpo_config import GRPOConfig

    rollouts = zero.questions_per_step * zero.group_size
    update = rollouts // zero.minibatches
    micro_batch = min(micro_batch, update)
    if rollouts % zero.minibatches or update % micro_batch:
        raise ValueError(
            f"micro_batch = {micro_batch} can't be used: use a divisor of the {update} rollouts "
            "of one update"
        )
    return GRPOConfig(
        output_dir=folder,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        max_steps=steps * zero.minibatches,
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=update // micro_batch,
        generation_batch_size=rollouts,
        num_generations=zero.group_size,
        max_completion_length=zero.max_new_tokens,
        temperature=zero.temperature,
        loss_type=LOSSES[zero.loss_norm],
        scale_rewards="group" if zero.advantage == "grpo" else "none",
        importance_sampling_level=zero.ratio_level,
        epsilon=zero.clip_low,
        epsilon_high=zero.clip_high,
        beta=0.0,
        optim="adamw_torch_fused",
        learning_rate=zero.optim.lr,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=zero.optim.warmup_steps,
        weight_decay=zero.optim.weight_decay,
        adam_beta1=zero.optim.beta1,
        adam_beta2=zero.optim.beta2,
        max_grad_norm=zero.optim.grad_clip,
        shuffle_dataset=False,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        seed=0,
    )
