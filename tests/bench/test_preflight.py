"""Preflight judges only like against like, and a slow link stops it."""

import contextlib
import json
import shutil
from dataclasses import replace

import pytest
import torch

from minir1 import recipes
from minir1.bench import preflight as module
from minir1.bench.preflight import SLACK, disk, judge, links
from minir1.bench.trial import Trial, found, planned, trial, write
from minir1.cli.main import main
from minir1.model.count import training_flops
from minir1.plan.chips import chip
from minir1.plan.traffic import collective_rates
from minir1.plan.workload import Assumptions
from minir1.run.distributed import World

H800 = chip("h800")


class Eight(World):
    """Eight processes, whose links are as fast as the test says."""

    size = 8
    speed: dict[str, float] = {}  # noqa: RUF012 - each test sets its own

    def links(self):
        return self.speed


def test_a_machine_may_be_a_fifth_worse_than_its_plan():
    assert judge("x", 100 * (1 - SLACK), 100, "").verdict == "ok"
    assert judge("x", 100 * (1 - SLACK) - 0.1, 100, "").verdict == "FAIL"
    assert judge("x", 1, None, "").verdict == "-"


def test_what_is_counted_may_not_be_worse():
    """Seven GPUs of eight, or a disk with room for nine tenths, end a run."""
    assert judge("x", 7, 8, "", slack=0).verdict == "FAIL"
    assert judge("x", 8, 8, "", slack=0).verdict == "ok"


def test_the_disk_is_left_as_it_was(tmp_path):
    check = disk(tmp_path / "runs")
    assert isinstance(check.found, float) and check.found > 0
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_will_be_full_is_named_before_the_run(tmp_path, monkeypatch):
    """h800_8 keeps two checkpoints, the best one, the base, and writes one more: 830 GB."""
    config, used = recipes.h800_8(), shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: used._replace(free=700 * 10**9))
    check = module.room(tmp_path, config, H800)
    assert check.verdict == "FAIL" and "16% below the plan's 8.3e+11" in str(check)
    assert module.room(tmp_path, replace(config, keep_checkpoints=1), H800).verdict == "ok"
    assert module.room(tmp_path, config, None).verdict == "-"


def test_on_a_cpu_it_tells_and_does_not_judge(tmp_path, capsys):
    words = ["preflight", "smoke", "--device", "cpu", "--out", str(tmp_path), "--json"]
    words += ["--zero.max-new-tokens", "8", "--zero.questions-per-step", "1"]
    status = main(words)
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["devices"]["planned"] is None and "not judged" in checks["devices"]["note"]
    for name in ("tokens/s, training", "tokens/s, sampling"):
        assert checks[name]["found"] > 0 and checks[name]["verdict"] == "-"
    assert status == (checks["bytes/s to the disk"]["verdict"] == "FAIL")


@pytest.mark.parametrize("name", ["h800_8", "paper"])
def test_layers_that_no_laptop_holds_are_not_tried(name):
    (check,) = module.step(recipes.get(name), World(), None, torch.device("cpu"))
    assert (check.found, check.verdict) == ("not tried", "-") and "parameters" in check.note
    assert "not tried" in str(check)


def test_links_as_planned_and_one_that_is_slow():
    config, world = recipes.h800_8(), Eight()
    world.speed = collective_rates(H800, 8, 8)
    assert [check.verdict for check in links(config, world, H800)] == ["ok"] * 3
    world.speed = world.speed | {"all-to-all": 90e9}  # PCIe in place of NVLink
    (slow,) = [check for check in links(config, world, H800) if check.verdict == "FAIL"]
    assert str(slow) == (
        "bytes/s, all-to-all: 9e+10, 51% below the plan's 1.83e+11 (payload between 8 processes)"
    )
    assert {check.verdict for check in links(config, world, None)} == {"-"}


def test_a_slow_link_stops_it_and_is_named(tmp_path, capsys, monkeypatch):
    """The whole command, on a machine of eight H800 that is as planned but for its links."""
    world = Eight()
    world.speed = {name: rate / 2 for name, rate in collective_rates(H800, 8, 8).items()}

    @contextlib.contextmanager
    def join(config):
        yield world

    monkeypatch.setattr("minir1.run.distributed.join", join)
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setattr(module, "planned_chip", lambda config, world: H800)
    monkeypatch.setattr(module, "found", lambda tried, world: planned(tried, H800, 8))
    monkeypatch.setattr(module, "disk", lambda out: judge("bytes/s to the disk", 2.0, 1.0, ""))
    monkeypatch.setattr(module, "room", lambda out, config, chip: judge("room", 2.0, 1.0, ""))
    words = ["preflight", "h800_8", "--device", "cpu", "--out", str(tmp_path)]
    assert main(words) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("Not as planned: bytes/s, all-gather: 8e+10, 50% below the plan's 1.6e")
    assert "tokens/s" not in told and "disk" not in told
    world.speed = collective_rates(H800, 8, 8)
    assert main(words) == 0


def test_a_link_abroad_is_slower():
    """16 GPUs in two machines share 16 cards; experts with 16 owners live abroad half the time."""
    near, far = collective_rates(H800, 8, 8), collective_rates(H800, 16, 16)
    assert near["all-gather"] == H800.link
    assert far["all-gather"] == pytest.approx(min(H800.link, 8 * H800.network / 0.5))
    assert far["all-to-all"] == pytest.approx(H800.network / 0.5)
    assert collective_rates(H800, 1, 1) == {}


def test_the_plan_of_a_trial_is_arithmetic():
    """One process moves nothing: only FLOPs count."""
    config = recipes.gpu_1()
    tried = trial(config, 2**20)
    assert tried.length == config.zero.max_new_tokens + Assumptions().prompt_tokens
    assert tried.rows * tried.length <= config.zero.optim.micro_batch_tokens
    assert tried.config.model.n_layers == config.model.n_dense_layers + 2
    assert tried.config.model.vocab_size == config.model.vocab_size
    rate = planned(tried, H800, 1)["training"]
    flops = rate * training_flops(tried.config.model, tried.length / 2)
    assert flops == pytest.approx(H800.flops * Assumptions().training_mfu)
    # With links that carry nothing, travel is all that counts.
    crawl = replace(H800, link=1e6, network=1e6)
    assert planned(tried, crawl, 8)["training"] < planned(tried, H800, 8)["training"] / 100


def test_what_a_trial_finds_is_arithmetic(monkeypatch):
    """An update takes 2 s; writing takes 10 s for the prompt and half a second a token."""

    def seconds(world, device, turn):
        return 10 + 0.5 * turn.args[-1] if getattr(turn, "func", None) is write else 2.0

    monkeypatch.setattr("minir1.bench.trial.seconds", seconds)
    tried = trial(replace(recipes.smoke(), device="cpu"), 64)
    seen = found(tried, World())
    assert seen["training"] == tried.rows * tried.length / 2
    assert seen["sampling"] == pytest.approx(tried.sampled / 0.5)


def test_a_trial_has_a_row_whatever_the_room():
    tried = trial(recipes.laptop(), 16)
    assert isinstance(tried, Trial) and (tried.length, tried.rows) == (16, 1)
