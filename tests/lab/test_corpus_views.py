"""What the lesson on the base measures: kinds of token, surprise, tables of facts, templates."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from minir1.config import Config, ModelConfig
from minir1.lab.corpus import (
    KINDS,
    corpus_chart,
    learning_chart,
    read_documents,
    surprise_by_kind,
    token_kinds,
    trace_of,
    train_and_watch,
)
from minir1.lab.groups import success_chart
from minir1.lab.knowledge import (
    CONTEXT,
    by_each_operand,
    check_chart,
    fact_maps,
    fact_table,
    next_chances,
    share_right,
    true_results,
    yes_by_distance,
)
from minir1.lab.prompts import ask, shares, template_chart
from minir1.model.transformer import Transformer
from minir1.rl.logprobs import token_logprobs
from minir1.run.evaluate import heldout_problems
from minir1.stages.pretrain import document_batch
from minir1.tasks import make_task
from minir1.text.corpus import Document
from minir1.text.template import render_completion, render_prompt


def test_every_token_of_a_trace_has_the_kind_that_its_place_gives_it():
    text = "<think> 10 - 5 = 5 , 5 * 1 = 5 ? 15 no ; 10 + 5 = 15 </think> <answer> 10 + 5 </answer>"
    kinds = token_kinds(text.split())
    assert kinds[:6] == ["syntax", "number", "operator", "number", "syntax", "result"]
    assert kinds[6] == "what next"
    assert Counter(kinds) == {
        "syntax": 4, "number": 6, "operator": 3, "result": 3, "what next": 4, "target": 1,
        "verdict": 1, "answer": 5,
    }  # fmt: skip
    assert set(kinds) == set(KINDS)


def test_means_by_kind_add_up_to_the_loss(small, tokenizer, pieces):
    few = pieces[:6]
    by_kind = surprise_by_kind(small, tokenizer, few)
    counts = Counter(kind for piece in few for kind in token_kinds(piece.text.split()))
    batch = document_batch(few, tokenizer)
    with torch.no_grad():
        loss = -token_logprobs(small, batch)[0]
    ends = sum(float(row[mask][-1]) for row, mask in zip(loss, batch.loss_mask, strict=True))
    total = sum(by_kind[kind] * counts[kind] for kind in by_kind)
    assert total + ends == pytest.approx(float(loss.sum()), rel=1e-4)


def test_a_trace_is_judged_by_its_last_try(pieces):
    stats, right = trace_of(pieces[0])
    task, question = make_task(Config().task), pieces[0].prompt.split()
    gold = {"target": int(question[2]), "numbers": [int(word) for word in question[4:-1]]}
    assert right == (task.verify(gold, pieces[0].text) == "CORRECT")
    assert stats.tries >= 1
    assert trace_of(pieces[0]._replace(prompt="")) is None
    shares_right = np.mean([trace_of(piece)[1] for piece in pieces])
    assert f"{shares_right:.0%} end with a right answer" in corpus_chart(pieces).words


def test_documents_are_the_same_for_the_same_seed():
    assert read_documents(Config(), 3, "a") == read_documents(Config(), 3, "a")
    assert read_documents(Config(), 3, "a") != read_documents(Config(), 3, "b")


def test_a_few_steps_of_training_lower_the_loss(pieces):
    model, seen = train_and_watch(Config(), steps=6, every=3, pieces=pieces[:3])
    assert list(seen) == [0, 3, 6]
    assert seen[6]["syntax"] < seen[0]["syntax"]
    assert learning_chart(seen, seen[6], "the end").words.startswith("After 6 steps")
    assert model.config == Config().model


def test_chances_of_the_next_token_are_chances(small, tokenizer):
    chances = next_chances(small, tokenizer, ["1 + 1", "2 + 2"])
    assert chances.shape == (2, 128) and np.allclose(chances.sum(1), 1, atol=1e-5)


def test_a_table_of_facts_is_empty_where_a_result_is_no_value(small, tokenizer):
    table = fact_table(small, tokenizer, "-", size=6)
    assert np.isnan(table[np.triu_indices(6, 1)]).all()
    assert not np.isnan(table[np.tril_indices(6)]).any()
    five = next_chances(small, tokenizer, ["1 + 1 = 2 , 7 - 2 ="])[0, tokenizer.id("5")]
    assert fact_table(small, tokenizer, "-", size=8)[7, 2] == pytest.approx(five, abs=1e-6)
    assert fact_maps({"a": small}, tokenizer, "+").png()


def test_a_model_that_always_says_yes_is_seen(small, tokenizer):
    always = yes_by_distance(Always(tokenizer.id("yes"), 128), tokenizer, most=3)
    assert always == pytest.approx([1.0] * 4, abs=1e-4)
    assert "equal" in check_chart({"a": small}, tokenizer).words


class Always(Transformer):
    """A model that says one token whatever it reads."""

    def __init__(self, token, size):
        super().__init__(ModelConfig(n_layers=1, vocab_size=size))
        self.logits = torch.zeros(size)
        self.logits[token] = 20.0

    def forward(self, token_ids, **_):
        return self.logits.expand(*token_ids.shape, -1)


def test_a_template_is_judged_by_what_comes_back(small, tokenizer):
    task = make_task(Config().task)
    problems = heldout_problems(Config().task, 4)
    gold = [render_completion("x", problem.solution) for problem in problems]
    texts = [gold[0], gold[1].partition("</think>")[2], "no", render_completion("x", "1 + 1")]
    assert shares(task, problems, texts) == (0.5, 0.75, 0.5)
    assert "right 50%" in template_chart({"a": (0.5, 0.75, 0.5)}).words
    asked = ask(small, tokenizer, problems, render_prompt, max_new_tokens=5)
    assert len(asked) == 4 and all(len(text.split()) <= 5 for text in asked)


def test_dead_groups_are_counted_at_both_ends():
    picture = success_chart([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert picture.words.startswith("4 groups: 50.0% are dead")
    heights = [bar.get_height() for bar in picture.figure.axes[0].patches]
    assert heights == [1, 2, 1] and math.isclose(sum(heights), 4)


def every_fact(op):
    return [Document("", f"{a} {op} {b} = {c}") for (a, b), c in true_results(op, 21).items()]


def test_a_reader_of_single_operands_has_products_and_not_sums():
    products, sums = (by_each_operand(every_fact(op), op) for op in "*+")
    assert products > 0.5 > 0.25 > sums
    assert by_each_operand(every_fact("*"), "+") < 0.1, "facts of another sign teach nothing"
    same = [Document("", f"{a} + {b} = {a + b} , 200 + 1 = 201") for a, b in ((3, 4), (5, 6))]
    assert by_each_operand(same * 50, "+", size=5) < 0.2


def test_the_share_that_is_right_is_that_of_single_questions(small, tokenizer):
    asked, hits = true_results("-", 4), 0
    for (a, b), c in asked.items():
        (chances,) = next_chances(small, tokenizer, [f"{CONTEXT} {a} - {b} ="])
        best = max(range(100), key=lambda n: chances[tokenizer.id(str(n))])
        hits += best == c
    assert share_right(small, tokenizer, "-", size=4) == pytest.approx(hits / len(asked))
    assert len(asked) == 10 and asked[3, 1] == 2 and (1, 3) not in asked
