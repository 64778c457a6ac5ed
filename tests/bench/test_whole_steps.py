"""Whole steps beside their plan: what is counted, what is judged, and against what."""

import json
from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.bench import whole_steps as module
from minir1.bench.whole_steps import Steps, at_most, judged_steps, plan_of, utilisation
from minir1.cli.main import main
from minir1.model.count import training_flops
from minir1.plan.chips import chip
from minir1.plan.workload import Assumptions
from minir1.run.distributed import World

H800 = chip("h800")


def seen_on_a_gpu() -> Steps:
    """Two steps of 1,024 rollouts: 10 s of sampling, 5 s of training, 20 and 30 GB."""
    return Steps(
        prompt=[40.0, 60.0],
        completion=[150.0, 250.0],
        rollouts=1024,
        seconds={"sampling": [10.0, 10.0], "training": [4.0, 6.0]},
        peak={"sampling": [19e9, 20e9], "training": [30e9, 29e9]},
    )


def test_rates_are_of_each_phase():
    rates = seen_on_a_gpu().tokens_a_second()
    assert rates == {"sampling": 1024 * 200 / 10, "training": 1024 * 250 / 5}


def test_the_plan_is_of_the_lengths_that_were_seen():
    config = recipes.gpu_1()
    found = plan_of(config, H800, 1, seen_on_a_gpu())
    assert found.assumed == Assumptions(
        mean_length_share=200 / config.zero.max_new_tokens, prompt_tokens=50
    )
    assert found.work.tokens == pytest.approx(1024 * 250)
    # By hand: three forward passes a token, each looking back on half of a row.
    flops = 1024 * 250 * training_flops(config.model, 250 / 2)
    assert utilisation(found, 5.0) == pytest.approx(flops / (5.0 * 989e12), rel=1e-6)


def test_a_gpu_is_judged_by_its_plan(monkeypatch, tmp_path):
    seen = seen_on_a_gpu()
    monkeypatch.setattr(module, "whole_steps", lambda *_: seen)
    config = recipes.gpu_1()
    plan = plan_of(config, H800, 1, seen)

    def judged():
        return {one.name: one for one in judged_steps(config, tmp_path, World(), H800, 2)}

    checks = judged()
    assert checks["share of time, sampling"].found == pytest.approx(10 / 15)
    whole, alone = checks["MFU, whole step"].found, checks["MFU, training"].found
    assert whole == pytest.approx(alone / 3)
    for phase in ("sampling", "training"):
        bound = checks[f"bytes held, {phase}"].planned
        assert bound == sum(plan.memory[phase].values())
        seen.seconds[phase] = [plan.seconds[phase]] * 2
        seen.peak[phase] = [bound * 1.09, bound]
    assert {one.verdict for one in judged().values()} == {"ok", "-"}
    seen.seconds["training"] = [2 * plan.seconds["training"]] * 2
    seen.peak["sampling"][1] = plan_bytes = 1.2 * sum(plan.memory["sampling"].values())
    failed = [name for name, one in judged().items() if one.verdict == "FAIL"]
    assert failed[:2] == ["tokens/s, training, whole", "MFU, training"]
    assert failed[-1] == "bytes held, sampling"
    assert f"{plan_bytes:.3g}, 20% above the plan's" in str(judged()["bytes held, sampling"])


def test_less_than_planned_is_always_well():
    assert at_most("x", 1.0, 10.0, "").verdict == "ok"
    assert at_most("x", 11.1, 10.0, "").verdict == "FAIL"


def test_on_a_cpu_it_counts_what_a_run_samples(tmp_path, capsys):
    """The whole command: one step after one that warms up, told and not judged."""
    words = ["--zero.questions-per-step", "2", "--zero.group-size", "3"]
    words += ["--zero.max-new-tokens", "8", "--threads", "1", "--device", "cpu"]
    main(["preflight", "smoke", *words, "--steps", "1", "--out", str(tmp_path), "--json"])
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert 0 < checks["share of time, sampling"]["found"] < 1
    assert checks["tokens/s, training, whole"]["verdict"] == "-"
    assert not [name for name in checks if name.startswith(("MFU", "bytes held"))]
    config = recipes.smoke()
    zero = replace(config.zero, questions_per_step=2, group_size=3, max_new_tokens=8)
    config = replace(config, zero=zero, device="cpu", threads=1)
    seen = module.whole_steps(config, tmp_path, World(), 1)
    assert seen.rollouts == 6 and seen.peak == {"sampling": [], "training": []}
    assert [len(one) for one in (seen.prompt, *seen.seconds.values())] == [1, 1, 1]
    assert seen.lengths() in checks["share of time, sampling"]["note"]


def test_weights_that_no_laptop_holds_are_not_tried(tmp_path):
    (check,) = judged_steps(recipes.gpu_1(), tmp_path, World(), None, 1)
    assert (check.found, check.verdict) == ("not tried", "-")


def test_steps_are_counted_from_0(capsys):
    assert main(["preflight", "smoke", "--steps", "-1"]) == 2
    assert "--steps = -1 can't be used" in capsys.readouterr().err
