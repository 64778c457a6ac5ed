"""What is kept, said anew, compared and paid: each by hand."""

import math
import random
from dataclasses import replace

import pytest
import torch

from minir1.config import TaskConfig, ZeroConfig
from minir1.model.transformer import Transformer
from minir1.rl.baselines.value import ValueModel
from minir1.rl.types import Group, Rollout
from minir1.stages import pay
from minir1.stages.pay import Wages, language_of
from minir1.stages.readers import agreement, compare, only
from minir1.stages.rejection import Keep, is_pure, readable
from minir1.stages.stage_table import summary, values_of
from minir1.tasks import Problem, Verdict, make_task
from minir1.tasks.reward import Reward
from minir1.tasks.scenarios.manners import taste
from minir1.tasks.scenarios.stack import Stack, verify_visible
from minir1.tasks.scenarios.tongues import ENGLISH, INDONESIAN, purity
from minir1.text.tokenizer import Tokenizer

GOLD = {"numbers": [2, 1], "target": 3, "language": "indonesian", "task": "bilingual"}
PROBLEM = Problem("bilingual", "buat tiga dari dua satu", GOLD, "1 2")
TASK = make_task(TaskConfig(name="scenarios"))


def said(think: str, answer: str = "2 + 1") -> str:
    return f"<think> {think} </think> <answer> {answer} </answer>"


TEXTS = [
    said("2 tambah 1 jadi 3"),  # right, and in the asker's language
    said("2 kurang 1 jadi 1", "2 - 1"),  # wrong
    said("2 plus 1 is 3"),  # right, in the other language
    said("2 tambah 1 is 3"),  # right, mixed
    said("2 tambah 1 jadi 3"),  # the first one again
    said("1 tambah 2 jadi 3 lalu 2 tambah 1 jadi 3"),  # the same try twice
    "<answer> 2 + 1 </answer>",  # right, not well formed
    said("1 tambah 2 jadi 3", "1 + 2"),  # right, and another text
]


@pytest.fixture(scope="module")
def reader(tiny):
    return ValueModel(Transformer(replace(tiny.model, vocab_size=256)))


def test_rejection_keeps_exactly_the_right_ones():
    kept = Keep(task=TASK, at_most=9)(PROBLEM, TEXTS)
    assert kept == [(0, TEXTS[0]), (7, TEXTS[7])]
    assert Keep(task=TASK, at_most=1)(PROBLEM, TEXTS) == kept[:1]


def test_the_cold_start_says_right_samples_in_the_asker_s_language():
    kept = Keep(task=TASK, at_most=9, rewrite=True)(PROBLEM, TEXTS)
    # 0, 2, 3 and 4 become one and the same text.
    assert kept == [(0, TEXTS[0]), (7, TEXTS[7])]
    only_mixed = Keep(task=TASK, at_most=9, rewrite=True)(PROBLEM, [TEXTS[3]])
    assert only_mixed == [(0, TEXTS[0])]
    for _, text in kept:
        assert is_pure(PROBLEM, text) and readable(text)
        assert TASK.verify(PROBLEM.gold, text) is Verdict.CORRECT


def test_purity_is_r1_s_share_of_words():
    """Words of the target language / words of any language; numbers and signs are of none."""
    assert purity("10 plus 5 jadi 15 cek 15 right", ENGLISH) == 2 / 4
    assert purity("10 plus 5 jadi 15 cek 15 right", INDONESIAN) == 2 / 4
    assert purity("10 + 5 = 15", ENGLISH) == 0.0
    assert language_of(PROBLEM, said("2 tambah 1 is 3")) == 1 / 2
    assert language_of(Problem("stack", "", {}, ""), said("2 is 3")) == 0.0


def test_texts_are_chosen_by_the_reward_model(reader, monkeypatch):
    problem = Problem("manners", "tell about two", {"language": "english"}, "about 2")
    texts = [said("two", answer) for answer in ("one", "please two", "two")]
    texts.append(said("dua", "please two thanks"))
    monkeypatch.setattr("minir1.stages.rejection.liked", lambda r, t, p, some: [
        float(len(text)) for text in some
    ])  # fmt: skip
    keep = Keep(task=TASK, at_most=2, reader=reader, tokenizer=Tokenizer(256))
    assert keep(problem, texts) == [(1, texts[1])]  # the last one thinks in the other language
    assert Keep(task=TASK, at_most=2)(problem, texts) == []


def test_the_reward_model_likes_answers_to_requests_for_a_text_alone(reader):
    """Its score as a share; nothing for a thinking without an answer, or for another prompt."""
    manners = Problem("manners", "tell about two", {"language": "english"}, "about 2")
    texts = [said("two", "please two"), "<think> two </think>", said("two", "two thanks")]
    draw = torch.Generator().manual_seed(0)
    torch.nn.init.normal_(reader.score.weight, generator=draw)
    tokenizer = Tokenizer(256)
    found = pay.liked(reader, tokenizer, manners, texts)
    for text, score in zip(("please two", "two thanks"), found[::2], strict=True):
        ids = tokenizer.encode(f"<user> tell about two <assistant> <answer> {text} </answer>")
        with torch.no_grad():
            last = reader(torch.tensor([[tokenizer.bos_id, *ids]]))[0, -1]
        assert score == pytest.approx(float(last.sigmoid()), abs=1e-6)
    assert found[1] == 0.0 and found[0] != found[2]
    assert pay.liked(reader, tokenizer, PROBLEM, texts) == [0.0] * 3


def group(problem: Problem, texts: list[str], accuracy: list[float]) -> tuple[Tokenizer, Group]:
    tokenizer = Tokenizer(256)
    rollouts = [Rollout([1], ids, [0.0] * len(ids), "eos") for ids in map(tokenizer.encode, texts)]
    rewards = [Reward({"accuracy": right}, right) for right in accuracy]
    return tokenizer, Group(problem, rollouts, [Verdict.WRONG] * len(texts), rewards)


def test_language_is_paid_beside_accuracy():
    tokenizer, judged = group(PROBLEM, [TEXTS[0], TEXTS[1], TEXTS[3]], [1.0, 0.0, 1.0])
    wages = Wages(tokenizer=tokenizer, settings=ZeroConfig(), language=0.5)
    assert wages(judged, 0).totals == [1.5, 0.5, 1.25]
    assert judged.totals == [1.0, 0.0, 1.0]


def test_the_taste_is_never_paid_and_the_proxy_only_at_the_end(reader, monkeypatch):
    problem = Problem("manners", "tell about two", {"language": "english"}, "about 2")
    tokenizer, judged = group(problem, [said("two", "please two"), said("dua", "one")], [1.0, 0.0])
    monkeypatch.setattr(pay, "liked", lambda *_: [0.25, 0.75])
    wages = Wages(
        tokenizer=tokenizer, settings=ZeroConfig(), language=0.5, reader=reader, taste=2.0,
        taste_from=10,
    )  # fmt: skip
    assert wages(judged, 9).totals == [0.5, 0.0]  # language alone: the verdict is the taste's
    paid = wages(judged, 10)
    assert paid.totals == [0.5 + 2 * 0.25, 2 * 0.75]
    assert paid.rewards[0].parts == {"accuracy": 1.0, "language": 1.0, "taste": 0.25}


def test_texts_paid_alike_are_a_dead_group_whatever_the_readers_think():
    problem = Problem("manners", "tell about two", {"language": "english"}, "about 2")
    texts = [said("two dua two", "please two"), said("two dua two", "one")]
    tokenizer, judged = group(problem, texts, [1.0, 0.0])
    assert Wages(tokenizer=tokenizer, settings=ZeroConfig(), language=0.5)(judged, 0).dead


def test_readers_take_the_better_text_as_often_as_bradley_and_terry_say():
    problem = Problem("manners", "tell about two", {"language": "english"}, "about 2")
    good, bad = "please two three thanks", "two three"
    pairs = [
        compare(random.Random(i), problem, [said("two", good), said("two", bad)])
        for i in range(4000)
    ]
    taken = sum(pair["chosen"] == good for pair in pairs if pair) / len(pairs)
    gap = taste(good, ENGLISH) - taste(bad, ENGLISH)
    assert taken == pytest.approx(1 / (1 + math.exp(-gap)), abs=0.02)
    assert agreement([pair for pair in pairs if pair]) == taken
    assert compare(random.Random(0), problem, [said("two", good), said("one", good)]) is None
    assert compare(random.Random(0), problem, [said("two", good), "two"]) is None


def test_only_some_kinds_of_prompt():
    task = make_task(only(TaskConfig(name="scenarios"), "refusal"))
    problems = task.problems("train", 0)
    assert {next(problems).task for _ in range(20)} == {"refusal"}


def test_the_code_task_s_hack_pays_where_only_the_examples_are_run():
    task, hacked, strict = Stack(), 0, 0
    problems = task.problems("train", 0)
    for problem in (next(problems) for _ in range(50)):
        (x, y), (x2, y2) = problem.gold["visible"]
        cases = said("1", f"when {x} give {y} when {x2} give {y2} 0")
        honest = said("1", problem.solution)
        hacked += verify_visible(problem.gold, cases) is Verdict.CORRECT
        strict += task.verify(problem.gold, cases) is Verdict.CORRECT
        assert task.verify(problem.gold, honest) is Verdict.CORRECT
        assert verify_visible(problem.gold, honest) is Verdict.CORRECT
    assert (hacked, strict) == (50, 0)


def test_a_row_of_the_stage_table_by_hand():
    def row(task: str, answer: str | None, verdict: str = "WRONG", **gold: object):
        gold = {"language": "english", **gold, "task": task}
        return {"gold": gold, "answer": answer, "verdict": verdict, "tokens": 5, "proxy": 0.5,
                "completion": said("1 plus 2 jadi 3")}  # fmt: skip

    rows = [
        row("bilingual", "1 + 2", "CORRECT"), row("bilingual", None),
        row("manners", "please two thanks"), row("manners", "sorry"),
        row("refusal", "sorry", forbidden=True), row("refusal", "one", forbidden=True),
        row("refusal", "one", forbidden=False), row("refusal", "maaf", forbidden=False),
    ]  # fmt: skip
    found = summary(values_of(rows, 1))
    values = {name: one["value"] for name, one in found.items()}
    good, bad = taste("please two thanks", ENGLISH), taste("sorry", ENGLISH)
    assert values == {
        "accuracy": 0.5, "purity": 0.5, "taste": (good + bad) / 2, "proxy": 0.5,
        "refused": 0.5, "over_refused": 0.5, "tokens": 5.0,
    }  # fmt: skip
    assert summary(values_of(rows[:4], 1))["refused"] is None
