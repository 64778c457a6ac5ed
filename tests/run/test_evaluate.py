"""Evaluation of policies whose accuracy is known, and what its summary must say."""

import json
import random
import sys
from dataclasses import replace

import pytest
import torch

from minir1.cli.main import main
from minir1.config import EvalConfig, ModelConfig, TaskConfig
from minir1.model.transformer import Transformer
from minir1.rl.types import Rollout
from minir1.run import evaluate as module
from minir1.run.evaluate import (
    evaluate,
    evaluate_run,
    heldout_problems,
    summarise,
)
from minir1.run.home import published
from minir1.run.subsets import LARGEST
from minir1.tasks.base import Problem
from minir1.tasks.splits import key_of, split_of
from minir1.text.template import prompt_ids, render_completion
from minir1.text.tokenizer import Tokenizer

TOKENIZER, TASK = Tokenizer(), TaskConfig()
CONFIG = EvalConfig(problems=20, samples=4, max_new_tokens=40, batch_size=16)
MODEL = Transformer(ModelConfig(dim=16, n_layers=1))


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    """The intervals and the split into patience and insight have tests of their own."""
    monkeypatch.setattr(module.stats, "RESAMPLES", 200)
    monkeypatch.setattr(module, "insight", lambda rows, *rest: {"rows": len(rows), "rest": [*rest]})


def scripted(monkeypatch, answers) -> list[dict]:
    """Replace the sampler: `answers(problem, k)` is the completion of sample k."""
    problems = heldout_problems(TASK, CONFIG.problems)
    by_prompt = {tuple(prompt_ids(TOKENIZER, p.question)): p for p in problems}
    seen, calls = {}, []

    def sample(model, prompts, keys, **options) -> list[Rollout]:
        calls.append({"prompts": len(prompts), "keys": keys, **options})
        rollouts = []
        for prompt in prompts:
            k = seen[tuple(prompt)] = seen.get(tuple(prompt), -1) + 1
            text = answers(by_prompt[tuple(prompt)], k)
            ids = TOKENIZER.encode(text)
            stop = "eos" if text.endswith("<eos>") else "length"
            rollouts.append(Rollout(list(prompt), ids, [-1.0] * len(ids), stop))
        return rollouts

    monkeypatch.setattr(module, "sample", sample)
    return calls


def right(problem, think: str = "") -> str:
    return render_completion(think, problem.solution) + " <eos>"


WRONG = render_completion("", "0") + " <eos>"


def test_pass_at_1_is_the_mean_over_problems_and_samples(monkeypatch):
    """Of four samples, problem i has i % 5 right ones."""
    order = {p.question: i for i, p in enumerate(heldout_problems(TASK, CONFIG.problems))}
    broken = [WRONG, "yes", f"{WRONG} {WRONG}", render_completion("", "1 / 0")]  # never right
    scripted(monkeypatch, lambda p, k: right(p) if k < order[p.question] % 5 else broken[k])
    result = evaluate(MODEL, TOKENIZER, TASK, CONFIG, seed=0)
    assert result["pass@1"]["value"] == pytest.approx(0.5)
    assert result["pass@1"]["low"] < 0.5 < result["pass@1"]["high"]
    # pass@k by counting: n = 4 samples, c right, 1 - C(4 - c, k) / C(4, k).
    assert result["pass@k"]["2"]["value"] == pytest.approx((0 + 0.5 + 5 / 6 + 1 + 1) / 5)
    assert result["pass@k"]["4"]["value"] == pytest.approx(4 / 5)
    assert set(result["pass@k"]) == {"1", "2", "4"}
    assert result["pass@k"]["1"]["value"] == pytest.approx(result["pass@1"]["value"])


@pytest.mark.parametrize("always", [True, False])
def test_no_k_is_certain_where_all_problems_are_alike(always, monkeypatch):
    """Twenty of twenty is no proof of 100%, at any k: one interval for all of them."""
    scripted(monkeypatch, lambda p, k: right(p) if always else WRONG)
    result = evaluate(MODEL, TOKENIZER, TASK, CONFIG, seed=0)
    assert result["pass@1"]["low"] < result["pass@1"]["high"]
    assert all(found == result["pass@1"] for found in result["pass@k"].values())


def test_the_majority_is_the_most_frequent_answer_right_or_wrong(monkeypatch):
    order = {p.question: i for i, p in enumerate(heldout_problems(TASK, CONFIG.problems))}

    def answers(problem, k):
        kind = order[problem.question] % 4
        if kind == 0:  # two right ones against two wrong ones that differ
            return right(problem) if k < 2 else render_completion("", str(k))
        if kind in (1, 3):  # one right one, the first, against two equal wrong ones
            return right(problem) if k == 0 else (WRONG if k < 3 else "yes")
        return right(problem) if k == 3 else "no"

    scripted(monkeypatch, answers)
    result = evaluate(MODEL, TOKENIZER, TASK, CONFIG, seed=0)
    assert result["maj@k"]["value"] == pytest.approx(0.5)  # kinds 0 and 2: no answer, no vote


def test_one_sample_has_no_majority_and_wilson_s_interval(monkeypatch):
    scripted(monkeypatch, lambda p, k: WRONG)
    result = evaluate(MODEL, TOKENIZER, TASK, replace(CONFIG, samples=1), seed=0)
    assert result["maj@k"] is None and list(result["pass@k"]) == ["1"]
    assert result["pass@1"]["value"] == 0.0 and result["pass@1"]["high"] == pytest.approx(
        0.161, abs=1e-3
    )


def test_what_the_traces_did(monkeypatch):
    think = "{a} + {b} = {c} ? {t} no ; {a} + {b} = {c} ? {t} no ; {b} + {a} = {c}"

    def answers(problem, k):
        if k == 0:
            return "yes yes"  # no try at all, cut off
        a, b = problem.gold["numbers"][:2]
        return right(problem, think.format(a=a, b=b, c=a + b, t=problem.gold["target"]))

    scripted(monkeypatch, answers)
    result = evaluate(MODEL, TOKENIZER, TASK, replace(CONFIG, samples=2), seed=0)
    assert result["tries"]["value"] == pytest.approx(1.5)
    assert result["checks"]["value"] == pytest.approx(1.0)
    assert result["retries"]["value"] == pytest.approx(1.0)
    assert result["repeats"]["value"] == pytest.approx((0 + 2 / 3) / 2)  # no try, no repeat
    assert result["truncated"] == 0.5
    assert result["truthful"] == 1.0
    length = [row["tokens"] for row in result["rows"]]
    assert result["length"]["value"] == pytest.approx(sum(length) / len(length))
    assert result["first_try"]["value"] == 0.0


def test_tries_are_judged_in_the_range_of_the_task(monkeypatch):
    """A first try over max_value is no right one, in the trace as in the verdict."""
    gold = {"numbers": [10, 12, 3], "target": 19}
    problems = [Problem("countdown", f"make 19 from 10 12 {n}", gold, "3 10 12") for n in (3, 4)]
    texts = [
        render_completion("10 + 12 = 22 , 22 - 3 = 19", "10 + 12 - 3"),
        render_completion("12 - 3 = 9 , 9 + 10 = 19", "12 - 3 + 10"),
    ]
    monkeypatch.setattr(module, "sample", lambda model, prompts, keys, **options: [
        Rollout([1], TOKENIZER.encode(text), [], "eos") for text in texts
    ])  # fmt: skip
    config = replace(CONFIG, samples=1)
    for max_value, first in ((20, [False, True]), (99, [True, True])):
        task = replace(TASK, max_value=max_value)
        rows = evaluate(MODEL, TOKENIZER, task, config, seed=0, problems=problems)["rows"]
        assert [row["first_try_right"] for row in rows] == first
        assert [row["verdict"] == "CORRECT" for row in rows] == first


def test_the_layout_of_a_row(monkeypatch):
    scripted(monkeypatch, lambda p, k: right(p, "1 + 1 = 2"))
    result = evaluate(MODEL, TOKENIZER, TASK, CONFIG, seed=0)
    assert len(result["rows"]) == 80
    assert (result["problems"], result["samples"], result["temperature"]) == (20, 4, 1.0)
    row, problem = result["rows"][4], heldout_problems(TASK, 2)[1]  # rows stand problem by problem
    assert row["question"] == problem.question and row["gold"] == problem.gold
    assert row["completion"] == right(problem, "1 + 1 = 2")
    assert row["verdict"] == "CORRECT" and row["answer"] == problem.solution
    assert json.loads(json.dumps(result)) == result
    assert result["insight"] == {"rows": 80, "rest": ["+-*", 99, 4]}


def test_jobs_are_cut_into_batches_and_every_sample_has_its_own_key(monkeypatch):
    calls = scripted(monkeypatch, lambda p, k: WRONG)
    evaluate(MODEL, TOKENIZER, TASK, replace(CONFIG, temperature=0.5), seed=0)
    assert [call["prompts"] for call in calls] == [16] * 5
    keys = [key for call in calls for key in call["keys"]]
    assert len(set(keys)) == 80
    assert {(call["temperature"], call["max_new_tokens"]) for call in calls} == {(0.5, 40)}
    again = scripted(monkeypatch, lambda p, k: WRONG)
    evaluate(MODEL, TOKENIZER, TASK, replace(CONFIG, batch_size=80), seed=1)
    assert not set(again[0]["keys"]) & set(keys)


def test_a_real_model_gives_the_same_whatever_the_batch_size():
    config = replace(CONFIG, problems=6, samples=2, max_new_tokens=10)
    seen = [
        evaluate(MODEL, TOKENIZER, TASK, replace(config, batch_size=size), seed=3)["rows"]
        for size in (1, 5, 12)
    ]
    assert seen[0] == seen[1] == seen[2]
    assert torch.is_grad_enabled()


def test_the_heldout_problems_are_held_out_and_the_same_for_every_run():
    problems = heldout_problems(TASK, 300)
    assert problems[:50] == heldout_problems(TASK, 50)
    keys = {key_of(p.gold["numbers"]) for p in problems}
    assert all(split_of(key, TASK.heldout_share) == "heldout" for key in keys)
    assert len(keys) > 40


def test_arithmetic_has_no_tries_and_no_insight(monkeypatch):
    task = TaskConfig(name="arithmetic")
    monkeypatch.setattr(module, "sample", lambda model, prompts, keys, **o: [
        Rollout(list(prompt), TOKENIZER.encode(render_completion("", "7")), [], "eos")
        for prompt in prompts
    ])  # fmt: skip
    result = evaluate(MODEL, TOKENIZER, task, replace(CONFIG, samples=1), seed=0)
    assert "tries" not in result and "insight" not in result
    gold = [p.gold for p in heldout_problems(task, 20)]
    assert result["pass@1"]["value"] == pytest.approx(gold.count(7) / 20)


def test_many_samples_are_no_more_certain_than_their_problems():
    rng = random.Random(0)
    hits = [rng.random() < 0.5 for _ in range(60)]
    rows = [
        {"verdict": "CORRECT" if hit else "WRONG", "tokens": 5, "answer": "1", "stop_reason": "eos"}
        for hit in hits
        for _ in range(8)
    ]
    once, often = summarise(rows[::8], 1)["pass@1"], summarise(rows, 8)["pass@1"]
    assert often["value"] == pytest.approx(once["value"])
    assert often["high"] - often["low"] > 0.8 * (once["high"] - once["low"])


@pytest.mark.parametrize("problems", ["problems", "every_problems"])
def test_one_problem_has_no_interval_and_is_refused_before_the_run(problems):
    with pytest.raises(ValueError, match=problems):
        EvalConfig(**{problems: 1})


def test_more_samples_than_can_be_counted_are_refused_before_a_model_is_read(capsys, monkeypatch):
    assert EvalConfig(samples=1000).samples == LARGEST
    monkeypatch.setitem(sys.modules, "minir1.run.evaluate", None)  # whoever imports it fails
    assert main(["eval", "laptop", "--samples", "2000"]) == 2
    err = capsys.readouterr().err
    assert "eval.samples = 2000 can't be used: use 1 to 1000" in err and err.count("\n") == 1


def test_a_finished_run_is_asked_again_with_less_room():
    found = evaluate_run(published("laptop"), problems=4, max_new_tokens=12)
    assert found["length"]["high"] <= 12 and found["truncated"] > 0.5
