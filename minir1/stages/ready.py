"""Is a run ready to start on a user's own task? Asked before anything is trained.

    the task passes its audit, over some rows     (tasks/audit.py)
    the tokenizer can read its questions
    a prompt and the longest completion fit into the model
    a compiler is there, where the sampler's step is to be compiled
    nothing is shared between rows that a mixture of experts must see one by one

The project's own tasks are audited by the tests. A fault in a user's would show after hours,
as a policy that has learned to be paid for something else.
"""

from __future__ import annotations

from itertools import islice

from minir1.config import Config, require
from minir1.model.compiler import require_tools
from minir1.run.models import tokenizer_of
from minir1.stages.own import check_examples
from minir1.tasks import make_task
from minir1.tasks.audit import audit
from minir1.tasks.base import Problem, Split
from minir1.tasks.near import own_checks
from minir1.tasks.registry import TASKS
from minir1.tasks.scenarios.mixture import Mixture
from minir1.tasks.scenarios.words import scenario_words
from minir1.tasks.sources.own import OwnTask
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer

ROWS = 32
"""Problems of each split that are looked at."""
SPLITS: tuple[Split, Split] = ("train", "heldout")


def check_task(config: Config) -> None:
    """Raise a ValueError, one line, when RL on this task would fail or go astray."""
    require_tools(config.rollout.compile)
    shared = {
        "zero.share_prompts": config.zero.share_prompts,
        "zero.optim.share_prefixes": config.zero.optim.share_prefixes,
    }
    for name, asked in shared.items():
        cure = "use False: a mixture of experts counts and records every row"
        require(not (asked and config.model.n_moe_layers), name, asked, cure)
    task = make_task(config.task)
    where = config.task.path or config.task.family or config.task.file or config.task.name
    problems = [p for split in SPLITS for p in islice(task.problems(split, 0), ROWS)]
    problems = list({problem.key: problem for problem in problems}.values())
    check_prompts(config, where, problems)
    if config.task.name in (*TASKS, Mixture.name):
        return  # the tests have audited it
    if isinstance(task, OwnTask):
        check_examples(config, task)
        checks = own_checks(task, problems)
    else:
        checks = audit(task, problems)
    failed = [check for check in checks if check.status == "FAIL"]
    if failed:
        raise ValueError(
            f"{where} does not pass its audit: {failed[0].name}: {failed[0].found}; "
            f"`minir1 audit {where}` shows all of it"
        )


def check_prompts(config: Config, where: str, problems: list[Problem]) -> None:
    """Whether the model can be asked these questions at all."""
    tokenizer = tokenizer_of(config)
    longest = 0
    for problem in problems:
        try:
            longest = max(longest, len(prompt_ids(tokenizer, problem.question)))
        except ValueError as error:
            word = str(error).partition(" is not in")[0]
            raise ValueError(
                f"{where} can't be asked of the toy model, whose vocabulary lacks {word}: problems "
                "in plain text need a real model and its tokenizer (the extra `hub`), or write "
                "them in the toy's words (minir1/text/tokenizer.py)"
            ) from None
    budgets = {
        "zero.max_new_tokens": config.zero.max_new_tokens,
        "zero.length_schedule": max((n for _, n in config.zero.length_schedule), default=0),
        "eval.max_new_tokens": config.eval.max_new_tokens,
    }
    name, room = max(budgets, key=budgets.__getitem__), config.model.max_seq_len
    if longest + budgets[name] > room:
        raise ValueError(
            f"{where} has a prompt of {longest} tokens, which with {name} = {budgets[name]} is "
            f"over model.max_seq_len = {room}: raise that, or shorten one of the two"
        )


def check_pipeline(config: Config) -> None:
    """Raise a ValueError, one line, when the pipeline could not be run to its end."""
    task, pipeline = config.task, config.pipeline
    require(task.name == Mixture.name, "task.name", task.name, "a pipeline needs 'scenarios'")
    for kind in ("bilingual", "manners"):
        weight = getattr(task.scenarios, kind)
        require(weight > 0, f"task.scenarios.{kind}", weight, "the pipeline needs some of these")
    tokens = Tokenizer(config.model.vocab_size)
    spoken = scenario_words()[0] in tokens.words
    require(spoken, "model.vocab_size", config.model.vocab_size, "use 256 or more: two languages")
    student, model = pipeline.student, config.model
    same = student.vocab_size == model.vocab_size
    require(same, "pipeline.student.vocab_size", student.vocab_size, f"use {model.vocab_size}")
    steps, paid = pipeline.final.steps, pipeline.taste_steps
    require(paid <= steps, "pipeline.taste_steps", paid, f"use at most the {steps} of R1's RL")
    room = min(model.max_seq_len, student.max_seq_len)
    for name, settings in (("reason", pipeline.reason), ("final", pipeline.final)):
        longest = max(settings.max_new_tokens, *(n for _, n in settings.length_schedule), 0)
        cure = f"use less than max_seq_len = {room}"
        require(longest < room, f"pipeline.{name}.max_new_tokens", longest, cure)
