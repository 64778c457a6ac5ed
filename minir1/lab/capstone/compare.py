"""The parts of the rubric that are about runs: finished, paid for, on this task, compared fairly.

base  --RL-->  run          gain              = run - base        paired, problem by problem
  \\---------> control      over the control  = run - control
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minir1.lab.capstone.rubric import RIGHT, Found, fault
from minir1.run.evaluated import by_problem
from minir1.run.stats import Interval, paired_difference, share

Facts = Mapping[str, Any]
"""What `inside.run_facts` tells of a run."""

LEAST_PROBLEMS = 100
BASE = (0.03, 0.8)
"""With 3% right, a group of 16 has a right answer in 4 of 10 cases; above 80% little is left."""
TRAINING = ("zero", "pretrain", "corpus")
"""What a control may change; the task, the model and the evaluation stay."""
FREE = (
    *("name", "task.file", "threads", "device", "keep_checkpoints", "dollars_per_hour"),
    *("eval.every", "eval.every_problems", "zero.save_every", "pretrain.save_every"),
)
"""What changes nothing that is compared."""
STAGES = ("pretrain", "zero", "evaluate base", "evaluate final")


def groups(facts: Facts, name: str) -> list[Sequence[int]]:
    """Right or wrong, the samples of a problem together."""
    found = facts["evaluations"][name]
    return by_problem([int(one) for one in found["right"]], found["samples"])


def pass_at_1(facts: Facts, name: str) -> Interval:
    """The share of right answers."""
    return share(groups(facts, name))


def figures(run: Facts, control: Facts | None) -> dict[str, Interval]:
    """What a report has to say, by the names of its table."""
    found = {"base": pass_at_1(run, "base"), "after rl": pass_at_1(run, "final")}
    ends = groups(run, "base"), groups(run, "final")
    if len(ends[0]) == len(ends[1]):
        found["gain"] = paired_difference(*ends)
    ends = groups(control, "final") if control and "final" in control["evaluations"] else []
    if control is not None and len(ends) > 1:
        found["control"] = pass_at_1(control, "final")
        pair = ends, groups(run, "final")
        if len(pair[0]) == len(pair[1]):
            found["over the control"] = paired_difference(*pair)
    return found


def verdict(gain: Interval) -> str:
    """The word for a difference: the whole interval must lie on one side.

    >>> verdict(Interval(0.1, 0.02, 0.18)), verdict(Interval(0.1, -0.02, 0.22))
    ('better', 'not shown')
    """
    if gain.low > 0:
        return "better"
    return "worse" if gain.high < 0 else "not shown"


def base_part(run: Facts) -> Found:
    """RL needs a base that is right sometimes."""
    if (count := len(groups(run, "base"))) < 2:
        return fault("few_problems", name="base", count=count, least=LEAST_PROBLEMS)
    found, (low, high) = pass_at_1(run, "base"), BASE
    if low <= found.value <= high:
        return RIGHT
    said = "base_low" if found.value < low else "base_high"
    return fault(said, value=f"{found.value:.3f}", low=low, high=high)


def finished_part(run: Facts) -> Found:
    """Every step that the recipe asks for was made."""
    for stage, done in run["done"].items():
        wanted = run["fields"][f"{stage}.steps"]
        if done < wanted:
            return fault("unfinished", stage=stage, done=done, wanted=wanted)
    return RIGHT


def same_task_part(run: Facts, digest: str) -> Found:
    """The run was made on the task that was handed in, and its evaluations belong to it."""
    if run["task"] != digest:
        return fault("other_task", run=run["task"] or "Countdown", digest=digest)
    for name, found in run["evaluations"].items():
        if (found["hash"], found["seed"]) != (run["hash"], run["seed"]):
            return fault("other_evaluation", name=name)
    return RIGHT


def ledger_part(run: Facts) -> Found:
    """Every stage was paid for, evaluations too."""
    missing = [stage for stage in STAGES if stage not in run["paid"]]
    return fault("unpaid", stages=", ".join(missing)) if missing else RIGHT


def evaluated_part(run: Facts, judged: Mapping[str, Facts]) -> Found:
    """Enough held-out problems, the same for both ends, and verdicts that hold."""
    for name in ("base", "final"):
        if name not in run["evaluations"]:
            return fault("no_evaluation", name=name)
        count = len(groups(run, name))
        if count < LEAST_PROBLEMS:
            return fault("few_problems", name=name, count=count, least=LEAST_PROBLEMS)
        if found := honest(run, name, judged[name]):
            return found
    if len(groups(run, "base")) != len(groups(run, "final")):
        return fault("not_paired")
    return RIGHT


def honest(run: Facts, name: str, judged: Facts) -> Found | None:
    """Whether an evaluation asked the task's held-out problems, and counted right."""
    if judged["strange"]:
        return fault("strange_problem", name=name, question=judged["strange"][0])
    kept = run["evaluations"][name]["right"]
    torn = sum(a != b for a, b in zip(kept, judged["right"], strict=True))
    return fault("other_verdicts", name=name, count=torn, of=len(kept)) if torn else None


def control_part(run: Facts, control: Facts, judged: Facts | None) -> Found:
    """One thing of the training is changed, all else is the same, and it was measured alike."""
    both = run["fields"], control["fields"]
    names = sorted({*both[0], *both[1]})
    changed = [n for n in names if both[0].get(n) != both[1].get(n) and n not in FREE]
    wrong = [n for n in changed if n.split(".")[0] not in TRAINING]
    if wrong:
        return fault("control_unfair", names=", ".join(wrong[:3]))
    if not changed:
        return fault("control_same")
    if judged is None or "final" not in run["evaluations"]:
        return fault("no_evaluation", name="final")
    if len(groups(control, "final")) != len(groups(run, "final")):
        return fault("not_paired")
    left = finished_part(control)
    return left if left.said else honest(control, "final", judged) or RIGHT
