"""The clinic: its cases, its bugs, its rows, and what the doctor said of the committed runs."""

import copy
import math
from dataclasses import replace

import pytest
import torch

from minir1.bench import clinic
from minir1.bench.clinic import CALIBRATION, JUDGED, WELL, bases, bugs, runs, table
from minir1.bench.clinic import __main__ as command
from minir1.bench.clinic.__main__ import main
from minir1.bench.clinic.cases import CASES
from minir1.model.cache import KVCache
from minir1.rl.types import Group, Rollout
from minir1.run.doctor.rules import RULES
from minir1.run.home import differences
from minir1.tasks.base import Problem, Verdict
from minir1.tasks.reward import Reward
from minir1.text.tokenizer import Tokenizer

HEALTHY = ["healthy", "healthy_short", "healthy_unit", "healthy_form", "own_word"]
MISSED = set()
"""Broken runs, by case and seed, that the doctor does not name; the table says so."""
BROKEN = [name for name, case in CASES.items() if case.expects]


def test_every_case_expects_a_rule_or_silence():
    rules = {rule.__name__ for rule in RULES}
    assert {case.expects for case in CASES.values()} <= rules | {""}
    assert [name for name in CASES if name not in BROKEN] == HEALTHY
    assert len(BROKEN) >= 12 and len({CASES[name].expects for name in BROKEN}) >= 9


def test_a_case_changes_one_thing_only():
    for name in BROKEN:
        case = CASES[name]
        well = replace(CASES["healthy"], steps=case.steps).config(3)
        fields = set(differences(well, case.config(3)))
        rooms = {field.split(".")[0] for field in fields} - {"corpus", "pretrain"}
        if case.base != "laptop":
            assert not rooms and fields
        elif case.pay is not CASES["healthy"].pay or case.world is not CASES["healthy"].world:
            assert not fields
        else:
            assert len(rooms) == 1 and len(fields) <= 2, name


def test_the_seeds_that_judge_are_not_those_that_set_thresholds():
    assert set(WELL) == set(HEALTHY[:4]) and sum(map(len, WELL.values())) == 10
    for name in CASES:
        seeds = clinic.judges(name)
        assert not set(CALIBRATION) & set(seeds)
        assert {runs.file_of(name, seed) for seed in seeds} <= {runs.JUDGED_ROWS}
        assert len(seeds) >= 2 or name == "healthy_short"
        assert runs.file_of(name, CALIBRATION[0]) == runs.file_of(name, 0) == runs.CALIBRATION_ROWS
    assert set(JUDGED) == set(clinic.judges("lr_10x"))
    with pytest.raises(ValueError, match="case = 'lr_1000x' can't be used"):
        runs.run_case("lr_1000x", 0, runs.ROWS)


@pytest.fixture
def small(monkeypatch):
    """The healthy run in small: two steps of two questions."""

    def tiny():
        laptop = bases.healthy()
        zero = replace(laptop.zero, questions_per_step=2, group_size=2, max_new_tokens=12)
        return replace(laptop, zero=zero)

    for name in ("healthy", "flipped_bit"):
        monkeypatch.setitem(CASES, name, replace(CASES[name], well=tiny, steps=2))


def test_a_run_becomes_a_row_and_the_row_a_diary_again(small, tmp_path, monkeypatch, capsys):
    kept = tmp_path / "judged.jsonl"
    monkeypatch.setattr(runs, "JUDGED_ROWS", kept)
    monkeypatch.setattr(command, "JUDGED_ROWS", kept)
    for _ in range(2):  # what is kept is not run again
        assert main(cases=("healthy",), seeds=(200,), out=tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert said.count("healthy seed 200:") == 1 and "1 of 1 healthy runs without a finding" in said
    (run,) = runs.read_runs(kept)
    assert set(run["curves"]) == set(runs.KEPT)
    diary = runs.rows_of(run)
    assert [row["step"] for row in diary] == [1, 2] and diary[0][
        "sampling/sampling_logp_difference/mean"
    ] < 1e-4
    assert run["recipe_hash"] == CASES["healthy"].config(200).hash()


def test_a_flipped_bit_stops_the_run_and_leaves_its_mark(small, tmp_path, monkeypatch):
    class AtOnce(bugs.FlippedBit):
        def __init__(self):
            self.asked = 9

    monkeypatch.setitem(CASES, "flipped_bit", replace(CASES["flipped_bit"], world=AtOnce))
    run = runs.run_case("flipped_bit", 1, tmp_path)
    assert run["curves"]["loss"] == [None] and table.findings_of(run) == ["not_finite"]
    assert table.named_right(run)


def model_of(world, model):
    with world.replica(model) as sampler:
        return sampler


@pytest.fixture(scope="module")
def model():
    from minir1.config import ModelConfig
    from minir1.model.transformer import Transformer

    return Transformer(ModelConfig())


IDS = torch.arange(20)[None] + 5


@torch.no_grad()
def test_a_hot_sampler_divides_its_logits(model):
    hot = model_of(bugs.HotSampler(), model)
    torch.testing.assert_close(hot(IDS), model(IDS) / 1.3)


@torch.no_grad()
def test_a_late_sampler_is_up_to_three_steps_behind(model):
    world, trained = bugs.LateSampler(), copy.deepcopy(model)
    seen = []
    for step in range(6):
        trained.norm.weight.fill_(step)
        seen.append(int(model_of(world, trained).norm.weight[0]))
    assert seen == [0, 0, 0, 0, 4, 4]


@torch.no_grad()
def test_a_forgetful_sampler_errs_through_its_cache_only(model):
    sampler = model_of(bugs.ForgetfulSampler(), model)
    torch.testing.assert_close(sampler(IDS), model(IDS))

    def cached(one):
        cache = KVCache(one.config, 1, 30)
        one.hidden(IDS, cache=cache)
        return one(torch.tensor([[3]]), cache=cache)

    assert (cached(sampler) - cached(model)).abs().max() > 1e-4


def a_group(totals, texts=("<think>", "? 15 yes")):
    tokenizer = Tokenizer()
    ids = [tokenizer.encode(texts[i % len(texts)]) for i in range(len(totals))]
    rollouts = [Rollout([1], one, [0.0] * len(one), "eos") for one in ids]
    rewards = [Reward({"accuracy": total}, total) for total in totals]
    return Group(Problem("countdown", "q", None, "k"), rollouts, [Verdict.WRONG] * 4, rewards)


def test_who_is_paid_for_what():
    group = a_group([1.0, 0.0, 0.0, 0.0])
    assert bugs.neighbour(group, 1).totals == [0.0, 1.0, 0.0, 0.0]
    assert bugs.upside_down(group, 1).totals == [0.0, 1.0, 1.0, 1.0]
    assert bugs.own_word(group, 1).totals == [0.0, 1.0, 0.0, 1.0]
    tosses = [bugs.coin(group, step).totals for step in range(200)]
    assert tosses == [bugs.coin(group, step).totals for step in range(200)]
    share = sum(map(sum, tosses)) / 800
    assert abs(share - 0.5) < 5 * math.sqrt(0.25 / 800)
    for pay in (bugs.neighbour, bugs.upside_down, bugs.own_word, bugs.coin):
        assert [one.parts for one in pay(group, 1).rewards] == [one.parts for one in group.rewards]


def test_the_table_counts_what_is_right():
    curves = {"reward": [0.0] * 16, "kl": [1.0] * 16}
    rows = [{"case": name, "seed": 1, "curves": curves} for name in ("healthy", "kl_huge")]
    lines = table.table(rows).splitlines()
    assert len(lines) == 4 and "0 of 1" in lines[2] and "0 of 1" in lines[3]
    assert "kl_pull" in lines[2]
    assert table.summary(rows).startswith("0 of 1 broken runs named right (1 ways")


COMMITTED = runs.read_runs(runs.JUDGED_ROWS)


def test_the_committed_runs_are_those_of_todays_cases():
    for path in (runs.JUDGED_ROWS, runs.CALIBRATION_ROWS):
        for run in runs.read_runs(path):
            name, seed = run["case"], run["seed"]
            assert run["recipe_hash"] == CASES[name].config(seed).hash(), name
            assert runs.file_of(name, seed) == path


def test_the_doctor_is_silent_on_healthy_runs_at_every_step():
    for run in [*COMMITTED, *runs.read_runs(runs.CALIBRATION_ROWS)]:
        if run["case"] in HEALTHY:
            rows = runs.rows_of(run)
            said = [name for n in range(len(rows) + 1) for name in table.findings(rows[:n])]
            assert said == [], (run["case"], run["seed"])


@pytest.mark.parametrize("name", sorted({run["case"] for run in COMMITTED} & set(BROKEN)))
def test_each_broken_run_is_named(name):
    mine = [run for run in COMMITTED if run["case"] == name and (name, run["seed"]) not in MISSED]
    assert all(table.named_right(run) for run in mine)


def test_the_printed_table_has_a_line_for_each_case(capsys):
    assert main(only_table=True) == 0
    said = capsys.readouterr().out
    assert all(f"| `{run['case']}` |" in said for run in COMMITTED)
