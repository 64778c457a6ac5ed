"""Each rule on a diary made for it, on the nearest diary that is well, and on noise alone."""

import json
import random

import pytest

from minir1.cli.main import main
from minir1.run.doctor import Diary, examine
from minir1.run.doctor.diary import PATIENCE, WINDOW, Estimate, rise_of
from minir1.run.doctor.rollouts import WORTH
from minir1.run.doctor.rules import RULES
from minir1.run.home import published
from minir1.run.metrics import read_metrics

MISMATCH = "sampling/sampling_logp_difference/mean"
STRICT = "rewards/accuracy/mean"
LENGTH = "completions/mean_length"
WELL = {
    "frac_reward_zero_std": 0.2,
    "rewards/format/mean": 0.9,
    "completions/clipped_ratio": 0.05,
    "entropy": 0.2,
    "kl": 0.0,
    "clip_ratio/low_mean": 0.001,
    "clip_ratio/high_mean": 0.0,
    MISMATCH: 1e-7,
    "router/drift": 0.005,
    "router/load_min": 0.5,
    "router/load_max": 1.4,
}


def run(steps=40, **changes):
    """A healthy run whose reward and length rise; a change is a value, or (first, last)."""
    curves = {"reward": (0.2, 0.7), LENGTH: (40, 100)} | WELL | changes
    curves.setdefault(STRICT, curves["reward"])
    rows = []
    for i in range(steps):
        row = {"stage": "zero", "step": i + 1}
        for name, curve in curves.items():
            first, last = curve if isinstance(curve, tuple) else (curve, curve)
            row[name] = first + (last - first) * i / (steps - 1)
        rows.append(row)
    return rows


def names(rows):
    return [finding.name for finding in examine(rows)]


def test_a_healthy_run_has_no_findings_at_any_length():
    assert all(names(run()[:n]) == [] for n in range(41))


def test_the_published_run_is_well_at_every_step():
    rows = [row for row in read_metrics(published("laptop")) if "reward" in row]
    assert all(names(rows[:n]) == [] for n in range(len(rows) + 1))


ILL = {
    "mismatch": {MISMATCH: 0.05},
    "dead_experts": {"router/load_min": 0.0, "router/load_max": 5.0},
    "router_drift": {"router/drift": 0.2},
    "format_failures": {"rewards/format/mean": (0.9, 0.3)},
    "truncation": {"completions/clipped_ratio": (0.1, 0.8), "rewards/format/mean": (0.9, 0.2)},
    "dead_groups": {"frac_reward_zero_std": 0.95, "reward": 0.01},
    "proxy_gap": {"reward": (0.3, 0.9), STRICT: (0.3, 0.1)},
    "entropy_explosion": {"entropy": (0.2, 2.0)},
    "entropy_collapse": {"entropy": (0.2, 0.001)},
    "clipping": {"clip_ratio/low_mean": 0.2},
    "kl_pull": {"kl": 1.0},
    "thinking_shrinks": {LENGTH: (40, 15)},
    "reward_fell": {"reward": (0.7, 0.2)},
    "no_progress": {"reward": 0.2},
}


@pytest.mark.parametrize("name", ILL)
def test_each_illness_is_named_alone(name):
    assert names(run(**ILL[name])) == [name]


ALSO_ILL = {
    "a sampler that falls behind": ("mismatch", {MISMATCH: (1e-7, 0.01)}),
    "only the idlest expert": ("dead_experts", {"router/load_min": 0.2}),
    "only the busiest expert": ("dead_experts", {"router/load_max": 2.2}),
    "a third of what was finished has no answer": (
        "format_failures",
        {"rewards/format/mean": 0.55, "completions/clipped_ratio": 0.15},
    ),
    "a quarter of what was finished has no answer, and nearly a third is cut off": (
        "format_failures",
        {"rewards/format/mean": 0.55, "completions/clipped_ratio": 0.28},
    ),
    "form is paid, and was there from the start": ("proxy_gap", {"reward": 1.0, STRICT: 0.2}),
    "twice as uncertain": ("entropy_explosion", {"entropy": (0.2, 0.45)}),
    "a third of a nat from the reference": ("kl_pull", {"kl": 0.3}),
    "more than half of the groups are dead": (
        "dead_groups",
        {"frac_reward_zero_std": 0.55, "reward": 0.1},
    ),
    "clipped above": ("clipping", {"clip_ratio/high_mean": 0.02}),
    "more is wrong, and what is right stays": ("reward_fell", {"reward": (0.5, -0.5), STRICT: 0.5}),
}


@pytest.mark.parametrize("what", ALSO_ILL)
def test_another_way_to_be_ill(what):
    name, change = ALSO_ILL[what]
    assert names(run(**change)) == [name]


NEARLY = {
    "nothing was rounded at first": {MISMATCH: (0.0, 2e-7)},
    "bfloat16 rounds": {MISMATCH: 0.01},
    "bfloat16 rounds, now more": {MISMATCH: (0.003, 0.02)},
    "an expert with a third of its share": {"router/load_min": 0.33, "router/load_max": 1.9},
    "a few experts change": {"router/drift": 0.012},
    "cut off, but what was finished is well-formed": {
        "rewards/format/mean": (0.95, 0.75),
        "completions/clipped_ratio": (0.05, 0.25),
    },
    "solved": {"reward": (0.5, 0.97), "frac_reward_zero_std": (0.1, 0.95), "entropy": (0.2, 0.001)},
    "nearly half of the groups are dead": {"frac_reward_zero_std": 0.45},
    "form is paid beside right answers": {"reward": (0.7, 1.2), STRICT: (0.2, 0.7)},
    "manners are paid, right answers stay high": {"reward": (1.1, 1.3), STRICT: 0.7},
    "a verifier that is a little kind": {"reward": (0.25, 0.75), STRICT: (0.2, 0.7)},
    "certainty grows": {"entropy": (0.2, 0.04)},
    "less certain, to think longer": {"entropy": (0.2, 0.35)},
    "the reference is near": {"kl": 0.1},
    "a word less": {LENGTH: (40, 38)},
    "a little less": {"reward": (0.55, 0.50)},
    "high and level": {"reward": 0.9},
    "a slow rise": {"reward": (0.2, 0.5)},
    "a negative reward that rises": {"reward": (-1.7, -0.9), STRICT: (0.2, 0.4)},
}


@pytest.mark.parametrize("what", NEARLY)
def test_what_is_nearly_ill_is_well(what):
    rows = run(**NEARLY[what])
    if what == "a little less":  # it has stopped rising, which is another matter
        assert "reward_fell" not in names(rows)
    else:
        assert names(rows) == []


def test_a_number_that_is_not_finite_is_found_at_once():
    rows = run(2)
    rows[1]["loss"] = None
    (finding,) = examine(rows)
    assert (finding.name, finding.evidence) == ("not_finite", "loss at step 2")


def test_every_rule_is_tried_above():
    assert {rule.__name__ for rule in RULES} == set(ILL) | {"not_finite"}


def noisy(seed, steps, mean, noise=0.08, **more):
    """A run whose reward and length are noise around `mean(step)` and 50 tokens."""
    draw = random.Random(seed)
    rows = run(steps, **more)
    for i, row in enumerate(rows):
        row["reward"] = row[STRICT] = mean(i) + draw.gauss(0, noise)
        row[LENGTH] = 50 * (1 + draw.gauss(0, 0.12))
    return rows


def share(steps, mean, name, runs=100, noise=0.08):
    """In how many noisy runs a finding is made."""
    return sum(name in names(noisy(i, steps, mean, noise)) for i in range(runs)) / runs


def learning(step):
    """What the clinic's healthy run does: .24 at first, .55 after 32 steps."""
    return 0.2 + 0.012 * min(step, 40)


def test_noise_around_a_level_has_not_fallen_and_is_not_shorter():
    for steps in (16, 40, 100):
        assert share(steps, lambda i: 0.5, "reward_fell") <= 0.03
        assert share(steps, lambda i: 0.5, "thinking_shrinks") <= 0.03


def test_a_run_that_learns_is_never_told_that_it_does_not():
    for steps in (16, 24, 32, 48, 100):
        assert share(steps, learning, "no_progress") <= 0.01
        assert share(steps, learning, "proxy_gap") <= 0.01


def test_a_run_that_does_not_learn_is_told_so_when_it_can_be_known():
    assert share(2 * PATIENCE - 1, lambda i: 0.2, "no_progress") == 0.0
    assert share(2 * PATIENCE, lambda i: 0.2, "no_progress", noise=0.06) >= 0.9


def test_too_much_noise_is_no_lack_of_progress():
    assert share(2 * PATIENCE, lambda i: 0.2, "no_progress", noise=0.5) <= 0.2


def test_a_rise_is_flat_only_if_all_of_its_interval_is_small_and_it_holds_none():
    rows = noisy(1, 40, lambda i: 0.2)
    rise = Diary(rows).rise("reward", PATIENCE)
    assert rise == rise_of([row["reward"] for row in rows], PATIENCE)
    assert rise.at_least < 0 < rise.at_most
    assert Diary(rows).flat("reward", rise.at_most) is None
    assert Diary(rows).flat("reward", rise.at_most + 1e-9) == rise
    assert Diary(rows[: 2 * PATIENCE - 1]).flat("reward", 10.0) is None
    assert Diary(noisy(1, 40, learning)).flat("reward", 10.0) is None  # it surely rises


LIMITED = {
    "truncation": ("completions/clipped_ratio", 0.4, 0.4, {"rewards/format/mean": 0.55}),
    "dead_groups": ("frac_reward_zero_std", 0.62, 0.5, {}),
    "clipping": ("clip_ratio/low_mean", 0.014, 0.02, {"clip_ratio/high_mean": 0.0}),
    "router_drift": ("router/drift", 0.026, 0.03, {}),
    "kl_pull": ("kl", 0.32, 0.3, {}),
}


@pytest.mark.parametrize("name", LIMITED)
def test_a_mean_above_a_limit_is_no_finding_while_the_steps_disagree(name):
    metric, level, swing, change = LIMITED[name]
    rows = run(**{metric: level}, **change)
    assert names(rows) == [name]
    for i, row in enumerate(rows):  # the same mean, from steps that are far apart
        row[metric] = level + (swing if i % 2 else -swing) * (1 if i % 4 < 2 else 0.5)
    late = Diary(rows).level(metric)
    assert late.value == pytest.approx(level) and late.error > 0
    assert name not in names(rows)


def test_a_level_of_several_metrics_is_that_of_their_sum():
    rows = [{"reward": 0.0, "a": i % 2, "b": 1 - i % 2} for i in range(WINDOW)]
    assert Diary(rows).level("a", "b") == Estimate(1.0, 0.0)
    assert Diary(rows).level("a").error == pytest.approx((2 / 7) ** 0.5 / 8**0.5)
    assert Diary(rows[1:]).level("a") is None and Diary(rows).level("c") is None


def test_a_fall_is_told_from_the_best_window_wherever_it_was():
    curve = [1.0] + [0.1] * 8 + [0.8] * WINDOW + [0.3] * 9  # one lucky step is no best window
    diary = Diary([{"reward": value} for value in curve])
    assert diary.fall("reward") == Estimate(pytest.approx(-0.5), pytest.approx(0.0))
    assert Diary(diary.rows[: 2 * WINDOW]).fall("reward") is not None
    assert Diary(diary.rows[: 2 * WINDOW - 1]).fall("reward") is None
    assert WORTH < 0.5


def test_no_verdict_before_a_window_is_full():
    assert names(run(**ILL["dead_groups"])[: WINDOW - 1]) == []


def test_other_stages_and_missing_metrics_are_no_illness():
    assert examine([{"stage": "pretrain", "step": 1, "loss": None}]) == []
    assert examine([{"stage": "zero", "step": i, "reward": 0.1 * i} for i in range(9)]) == []


def test_means_are_over_windows():
    diary = Diary([{"reward": float(i)} for i in range(20)])
    assert (diary.early("reward"), diary.late("reward")) == (3.5, 15.5)
    assert diary.best("reward") == 15.5
    assert diary.best("kl") is None


def test_every_finding_reads_as_a_whole():
    for name, change in ILL.items():
        text = str(examine(run(**change))[0])
        assert text.startswith(f"{name}: ") and text.count("\n") == 3
        assert "nan" not in text and "None" not in text


def test_the_command(tmp_path, capsys):
    assert main(["doctor", str(published("laptop"))]) == 0
    assert capsys.readouterr().out == "Nothing found in 80 steps.\n"
    (tmp_path / "config.json").write_text((published("laptop") / "config.json").read_text())
    lines = [json.dumps(row) for row in run(**ILL["kl_pull"])]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    assert main(["doctor", str(tmp_path), "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["name"] == "kl_pull" and finding["causes"] and finding["cures"]
