"""Arms by what can be known without them: optima by hand, texts by the verifier, counts."""

import copy
import itertools
import random
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1 import recipes
from minir1.bench.claims import copied, distill, pure_rl
from minir1.bench.claims.aha import elsewhere_corpus, free_document
from minir1.bench.claims.experts import (
    dense,
    losses_without,
    mutual_information,
    specialisation,
    token_classes,
    width_for,
)
from minir1.bench.claims.learn import Cost, cost_of, read, reinforce
from minir1.bench.claims.thinking import at_tokens, planted
from minir1.bench.claims.unit import Kept, Unit
from minir1.config import ModelConfig, OptimConfig
from minir1.model.count import active_parameters, parameters
from minir1.model.transformer import Transformer
from minir1.rl.types import Group, Rollout
from minir1.stages.pretrain import corpus_task
from minir1.tasks import Verdict, make_task, parse
from minir1.tasks.base import Problem
from minir1.tasks.reward import Reward
from minir1.text.corpus import Document
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import is_right, read_tries

CONFIG = recipes.get("claim_smoke")
TASK = CONFIG.task


@pytest.fixture
def unit(tmp_path):
    return Unit(CONFIG, 100, tmp_path)


def test_learning_from_samples_ends_at_their_shares():
    """Distillation's optimum: three of four texts say yes, so the student says yes in 3 of 4."""
    shape = ModelConfig(dim=16, n_layers=1, n_dense_layers=1, inter_dim=32, n_heads=2)
    student, tokenizer = Transformer(shape), Tokenizer()
    texts = [Document("<user>", word) for word in ("yes", "yes", "yes", "no")]
    optim = OptimConfig(lr=0.02, warmup_steps=0, weight_decay=0.0, final_lr_share=0.01)
    read(student, itertools.cycle(texts), optim, cost_of(student), sequences=4, steps=60)
    with torch.no_grad():
        logits = student(torch.tensor([[tokenizer.bos_id, tokenizer.id("<user>")]]))[0, -1]
    chance = logits.softmax(-1)
    assert chance[tokenizer.id("yes")].item() == pytest.approx(0.75, abs=0.02)
    assert chance[tokenizer.id("no")].item() == pytest.approx(0.25, abs=0.02)


def test_a_budget_is_reached_and_not_passed_by_more_than_a_step(unit):
    model = Transformer(CONFIG.model)
    cost, sizes = cost_of(model), []
    stream = unit.corpus()

    def counted():
        for one in stream:
            sizes.append(len(f"{one.prompt} {one.text}".split()) + 1)  # bos, and eos is no input
            yield one

    wanted = 6 * active_parameters(CONFIG.model) * 3000
    read(model, counted(), CONFIG.pretrain.optim, cost, sequences=8, flops=wanted)
    assert cost.trained == sum(sizes)
    assert cost.flops == 6 * active_parameters(CONFIG.model) * cost.trained
    assert wanted <= cost.flops < wanted + 6 * active_parameters(CONFIG.model) * sum(sizes[-8:])


def test_where_the_documents_end_reading_ends(unit):
    model = Transformer(CONFIG.model)
    few = iter([next(unit.corpus()) for _ in range(10)])
    assert len(read(model, few, CONFIG.pretrain.optim, cost_of(model), sequences=4, steps=9)) == 3


def test_rl_counts_every_token_twice_over(unit):
    policy = unit.base().model
    cost = cost_of(policy)
    curve = reinforce(policy, CONFIG, 0, cost)
    assert len(curve.rows) == CONFIG.zero.steps and cost.sampled == cost.trained > 0
    assert cost.flops == 8 * active_parameters(CONFIG.model) * cost.trained


def test_a_coin_pays_half_and_knows_nothing_of_the_verdict():
    verdicts = [Verdict.CORRECT, Verdict.WRONG] * 200
    rewards = [Reward({"accuracy": float(v is Verdict.CORRECT)}, 0.0) for v in verdicts]
    rollouts = [Rollout([1], [2], [0.0], "eos")] * 400
    group = Group(Problem("t", "", None, ""), rollouts, verdicts, rewards)
    paid = pure_rl.by_coin(random.Random(0), group)
    right, wrong = (paid.totals[i::2] for i in (0, 1))
    assert set(paid.totals) == {0.0, 1.0}
    assert abs(sum(right) / 200 - 0.5) < 0.12 and abs(sum(wrong) / 200 - 0.5) < 0.12
    assert paid.rewards[0].parts == rewards[0].parts  # what is logged stays strict


def test_worked_solutions_are_right():
    config = recipes.get("claim").task
    task = make_task(config)
    for problem in itertools.islice(task.problems("train", 3), 60):
        text = pure_rl.worked(problem, config.ops, config.max_value).text
        assert task.verify(problem.gold, text) is Verdict.CORRECT
        (one,) = read_tries(parse(text).think)
        gold = problem.gold
        assert one.said == "yes"
        assert is_right(one.steps, gold["numbers"], gold["target"], config.max_value)


@given(st.integers(0, 10_000))
def test_the_other_task_checks_truthfully_and_stops_on_yes(seed):
    task = corpus_task(recipes.get("claim").task)
    document = free_document(random.Random(seed), task, 8)
    target = int(document.prompt.split()[2])
    tries = read_tries(parse(document.text).think)
    assert 1 <= len(tries) <= 8
    for one in tries:
        ((a, op, b, c),) = one.steps.steps
        assert {"+": a + b, "-": a - b, "*": a * b}[op] == c
        assert (one.said == "yes") == (c == target)
    assert all(one.said == "no" for one in tries[:-1])


def test_checks_and_retries_stand_in_the_other_task_alone(unit):
    corpus = elsewhere_corpus(unit, corpus_task(TASK))
    texts = list(itertools.islice(corpus, 200))
    own = [one.text for one in texts if " from " in one.prompt]
    other = [one.text for one in texts if one.prompt and " from " not in one.prompt]
    assert len(own) > 30 and not any("?" in text or ";" in text for text in own)
    assert len(other) == 100 and all("?" in text for text in other)
    assert any(";" in text for text in other)


labels = st.lists(st.integers(0, 4), min_size=1, max_size=60)


@given(labels)
def test_mutual_information_of_a_thing_with_itself_is_its_entropy(values):
    a = np.array(values)
    shares = np.unique(a, return_counts=True)[1] / len(a)
    entropy = -sum(p * np.log2(p) for p in shares)
    assert mutual_information(a, a) == pytest.approx(entropy, abs=1e-9)
    assert mutual_information(a, np.zeros_like(a)) == pytest.approx(0, abs=1e-9)


def test_independent_labels_tell_nothing():
    a, b = np.divmod(np.arange(12), 4)
    assert mutual_information(a, b) == pytest.approx(0, abs=1e-12)


def test_every_word_has_a_class():
    words = Tokenizer().words
    classes = dict(zip(words, token_classes(words), strict=True))
    assert classes["7"] == 0 and classes["+"] == 1 and classes["no"] == 2 and classes[";"] == 3
    assert classes["make"] == 4


@pytest.mark.parametrize("count", [parameters, active_parameters])
@pytest.mark.parametrize("name", ["claim", "claim_smoke", "laptop"])
def test_dense_twins_have_as_many_weights(count, name):
    shape = recipes.get(name).model
    twin = dense(shape, width_for(shape, count(shape)))
    a_unit_of_width = parameters(dense(shape, 2)) - parameters(dense(shape, 1))
    assert abs(parameters(twin) - count(shape)) <= a_unit_of_width
    assert twin.n_moe_layers == 0


def test_an_expert_is_removed_and_put_back(unit):
    model = unit.base().model
    before = unit.loss(model, 32)
    found = losses_without(unit, model)
    assert len(found) == CONFIG.model.n_moe_layers * CONFIG.model.n_routed_experts
    assert any(abs(one - unit.loss(model)) > 1e-7 for one in found)
    assert unit.loss(model, 32) == before


def test_permuted_labels_leave_hardly_a_bit(unit):
    real, permuted = specialisation(unit, unit.base().model, 32)
    assert 0 <= permuted < 0.05 and permuted < real


def test_a_curve_is_read_between_its_points_and_never_beyond():
    curve = [(0.5, 50.0), (0.1, 10.0)]
    assert at_tokens(curve, 30.0)["pass@1"] == pytest.approx(0.3)
    beyond = at_tokens(curve, 90.0)
    assert beyond["pass@1"] == 0.5 and beyond["length"] == 50.0


def test_planted_errors_are_asked_of_both(unit):
    row = planted(unit)
    assert set(row) == {
        f"{who}/{kind}" for who in ("base", "zero") for kind in ("dead_end", "slip")
    }
    assert all(0 <= value <= 1 for value in row.values())


def test_a_text_is_suspicious_if_the_teacher_likes_it_better_than_the_base_does(tmp_path):
    """A teacher that says yes always, a base that knows nothing: log p a token, of each by hand."""
    shape = ModelConfig(dim=16, n_layers=1, n_dense_layers=1, inter_dim=32, n_heads=2)
    base, tokenizer = Transformer(shape, torch.Generator().manual_seed(0)), Tokenizer()
    teacher = copy.deepcopy(base)
    optim = OptimConfig(lr=0.02, warmup_steps=0, weight_decay=0.0)
    lesson = itertools.repeat(Document("<user>", "yes yes"))
    read(teacher, lesson, optim, cost_of(teacher), sequences=2, steps=20)

    class Two(Unit):
        """A unit whose models these are."""

        def base(self, *_: object) -> Kept:
            return Kept(base, cost_of(base), {})

        def zero(self, *_: object) -> Kept:
            return Kept(teacher, cost_of(teacher), {})

    texts = [Document("<user>", "yes yes"), Document("<user>", "no no no")]
    found = copied.scores(Two(CONFIG, 100, tmp_path), texts)
    for score, text in zip(found, texts, strict=True):
        start = [tokenizer.bos_id, tokenizer.id("<user>")]
        ids = [*start, *tokenizer.encode(text.text), tokenizer.eos_id]
        inputs, places = torch.tensor([ids]), range(1, len(ids) - 1)
        with torch.no_grad():
            logprobs = [model(inputs)[0].log_softmax(-1) for model in (teacher, base)]
        by_hand = [one[places, ids[2:]].mean() for one in logprobs]
        assert score == pytest.approx(float(by_hand[0] - by_hand[1]), abs=1e-5)
    assert found[0] > 1 > -1 > found[1]


def test_the_audit_finds_a_foreign_hand_and_stays_quiet_without_one(unit, monkeypatch):
    """Scores by hand: clean texts are spread evenly over 0..1, the teacher's lie at 2."""
    foreign = Document("<user>", "7")

    def scores(self, texts):
        even = [zlib.crc32(one.text.encode()) % 997 / 997 for one in texts]  # the same every day
        return np.array([2.0 if one is foreign else e for one, e in zip(texts, even, strict=True)])

    monkeypatch.setattr(copied, "scores", scores)
    texts = [one for one in itertools.islice(unit.corpus(), 900) if one.prompt]
    clean = copied.audit(unit, texts, [False] * len(texts))
    assert clean["planted"] == 0 and clean["false_alarms"] < 0.04
    dirty = copied.audit(unit, [*texts, *[foreign] * 60], [False] * len(texts) + [True] * 60)
    assert dirty["recall"] == 1.0 and dirty["found"] == 1.0 and dirty["planted"] == 60


def test_a_dose_is_planted_in_its_share(unit, monkeypatch):
    monkeypatch.setattr(
        copied, "teacher_texts", lambda unit, wanted: iter([Document("<user>", "1")] * wanted)
    )
    big = replace(unit, config=replace(CONFIG, pretrain=replace(CONFIG.pretrain, steps=1200)))
    texts, marks = copied.planted_corpus(big, 0.1)
    assert len(texts) == len(marks) == 1200 // copied.PART * CONFIG.pretrain.sequences_per_step
    assert 0.07 < sum(marks) / len(marks) < 0.13
    assert all((one.text == "1") == mark for one, mark in zip(texts, marks, strict=True))


def test_distilling_pays_for_its_teacher(unit):
    kept, total = distill.distil(unit)
    assert kept.model.config == CONFIG.pipeline.student
    assert total > unit.zero().cost.flops + kept.cost.flops  # the samples were paid for, too
    assert distill.distil(unit)[1] == total  # from its file
    assert Cost(active=10, trained=3, sampled=1).flops == 200
