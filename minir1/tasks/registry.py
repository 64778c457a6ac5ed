"""Tasks by name: a task makes problems, and judges them under its own dials.

To add a task, write its file and add one line to the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from minir1.tasks.arithmetic import Arithmetic
from minir1.tasks.base import Task
from minir1.tasks.countdown import Countdown
from minir1.tasks.scenarios.mixture import Mixture, make_scenarios
from minir1.tasks.sources.file import FileTask
from minir1.tasks.sources.gym import GymTask
from minir1.tasks.sources.own import OwnTask
from minir1.tasks.verifiers import look_up

TASKS: Mapping[str, type[Countdown] | type[Arithmetic]] = {
    "countdown": Countdown,
    "arithmetic": Arithmetic,
}


def make_task(config: Any) -> Task:
    """The task that `config`, shaped like `config.TaskConfig`, names, with its dials.

    >>> from types import SimpleNamespace
    >>> dials = dict(n_numbers=2, low=1, high=12, ops="+-*", max_value=99, heldout_share=0.2)
    >>> make_task(SimpleNamespace(name="countdown", **dials))
    Countdown(n_numbers=2, low=1, high=12, ops='+-*', max_value=99, heldout_share=0.2)
    """
    mixture = config.name == Mixture.name
    known = {**TASKS, **{kind.name: kind for kind in (FileTask, GymTask, OwnTask)}}
    task: Any = Countdown if mixture else look_up(known, config.name)
    made = task(**{dial.name: getattr(config, dial.name) for dial in fields(task) if dial.init})
    return make_scenarios(config.scenarios, made) if mixture else made
