"""Each rule on a diary made for it, and silence on the runs that are well."""

import json

import pytest

from minir1.cli.main import main
from minir1.run.doctor import Diary, examine
from minir1.run.doctor.diary import WINDOW
from minir1.run.doctor.rules import RULES
from minir1.run.home import published
from minir1.run.metrics import read_metrics

WELL = {
    "frac_reward_zero_std": 0.2,
    "rewards/format/mean": 0.9,
    "completions/clipped_ratio": 0.05,
    "entropy": 0.2,
    "kl": 0.0,
    "clip_ratio/low_mean": 0.001,
    "clip_ratio/high_mean": 0.0,
    "sampling/sampling_logp_difference/mean": 1e-7,
    "router/drift": 0.005,
    "router/load_min": 0.5,
    "router/load_max": 1.4,
}


def run(steps=40, **changes):
    """A healthy run whose reward and length rise; a change is a value, or (first, last)."""
    curves = {"reward": (0.2, 0.7), "completions/mean_length": (40, 100)} | WELL | changes
    curves.setdefault("rewards/accuracy/mean", curves["reward"])
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


def test_the_published_run_is_well():
    assert examine(read_metrics(published("laptop"))) == []


ILL = {
    "mismatch": {"sampling/sampling_logp_difference/mean": 0.05},
    "dead_experts": {"router/load_min": 0.0, "router/load_max": 5.0},
    "router_drift": {"router/drift": 0.2},
    "format_failures": {"rewards/format/mean": (0.9, 0.3)},
    "truncation": {"completions/clipped_ratio": (0.1, 0.8), "rewards/format/mean": (0.9, 0.2)},
    "dead_groups": {"frac_reward_zero_std": 0.95, "reward": 0.01},
    "proxy_gap": {"reward": (0.3, 0.9), "rewards/accuracy/mean": (0.3, 0.1)},
    "entropy_explosion": {"entropy": (0.2, 2.0)},
    "entropy_collapse": {"entropy": (0.2, 0.001)},
    "clipping": {"clip_ratio/low_mean": 0.2},
    "kl_pull": {"kl": 1.0},
    "thinking_shrinks": {"completions/mean_length": (40, 15)},
    "reward_fell": {"reward": (0.7, 0.2)},
    "no_progress": {"reward": 0.2},
}


@pytest.mark.parametrize("name", ILL)
def test_each_illness_is_named_alone(name):
    assert names(run(**ILL[name])) == [name]


def test_a_number_that_is_not_finite_is_found_at_once():
    rows = run(2)
    rows[1]["loss"] = None
    (finding,) = examine(rows)
    assert (finding.name, finding.evidence) == ("not_finite", "loss at step 2")


def test_every_rule_is_tried_above():
    assert {rule.__name__ for rule in RULES} == set(ILL) | {"not_finite"}


def test_a_solved_task_is_no_illness():
    solved = {"reward": (0.5, 0.97), "frac_reward_zero_std": (0.1, 0.95), "entropy": (0.2, 0.001)}
    assert names(run(**solved)) == []


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
