"""Pre-training: what is learned from, and that it is learned."""

import json
import math
from dataclasses import replace
from itertools import islice

import pytest
import torch

from minir1.config import Config
from minir1.run.metrics import read_metrics
from minir1.run.models import finished_model
from minir1.run.optim import learning_rate
from minir1.stages import pretrain as module
from minir1.stages.pretrain import corpus_task, document_batch, pretrain
from minir1.text.corpus import Document, documents
from minir1.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer()


def test_a_document_s_text_is_learned_and_its_prompt_is_read():
    pieces = [Document("<user> make 7 from 3 4 <assistant>", "<think> 3 + 4 = 7 </think>"),
              Document("", "7 * 3 = 21")]  # fmt: skip
    batch = document_batch(pieces, TOKENIZER)
    learned = [TOKENIZER.decode(batch.targets[i, batch.loss_mask[i]].tolist()) for i in (0, 1)]
    assert learned == ["<think> 3 + 4 = 7 </think> <eos>", "7 * 3 = 21 <eos>"]
    read = [TOKENIZER.decode(batch.inputs[i, batch.token_mask[i]].tolist()) for i in (0, 1)]
    assert read == [f"<bos> {pieces[0].prompt} {pieces[0].text}", "<bos> 7 * 3 = 21"]
    # Every learned token counts the same.
    assert batch.weights[batch.loss_mask].tolist() == pytest.approx([1 / 14] * 14)


def test_each_step_reads_documents_of_its_own(tiny):
    task = corpus_task(tiny.task)
    seen = [
        tuple(islice(documents(tiny.corpus, task, f"{seed}/{step}"), 8))
        for seed in (0, 1)
        for step in (0, 1, 10)
    ]
    assert len(set(seen)) == 6


def test_the_diary_of_pretraining(tiny, tmp_path, monkeypatch):
    read = []
    real = module.document_batch
    monkeypatch.setattr(module, "document_batch", lambda p, t: read.append(tuple(p)) or real(p, t))
    pretrain(tiny, tmp_path)
    assert len(set(read)) == len(read) == 3
    rows = read_metrics(tmp_path)
    assert [(row["stage"], row["step"]) for row in rows] == [("pretrain", i) for i in (1, 2, 3)]
    assert rows[0]["loss"] == pytest.approx(math.log(tiny.model.vocab_size), abs=0.4)  # uniform
    optim = tiny.pretrain.optim
    assert [row["learning_rate"] for row in rows] == [learning_rate(optim, i, 3) for i in range(3)]
    for row in rows:
        assert row["num_tokens"] > 0 and row["router/load_max"] >= 1 >= row["router/load_min"]


def test_a_tiny_model_learns_the_corpus(tiny, tmp_path):
    config = replace(
        tiny,
        corpus=replace(tiny.corpus, facts_share=0.0, check_share=0.0),
        pretrain=replace(tiny.pretrain, steps=20, save_every=20),
    )
    pretrain(config, tmp_path)
    rows = read_metrics(tmp_path)
    assert rows[-1]["loss"] < rows[0]["loss"] - 0.8


def test_a_stage_of_no_steps_leaves_the_random_weights(tiny: Config, tmp_path):
    """RL from nothing at all is a control that somebody will want to run."""
    config = replace(tiny, pretrain=replace(tiny.pretrain, steps=0))
    model = pretrain(config, tmp_path)
    found = finished_model(config, tmp_path, "pretrain", torch.device("cpu"))
    for a, b in zip(model.parameters(), found.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not (tmp_path / "metrics.jsonl").exists()


def test_the_best_checkpoint_is_that_of_the_best_steps_since_the_last_save(tiny, tmp_path):
    """Saved after steps 2 and 3: of the first two the mean counts, of the third itself."""
    pretrain(replace(tiny, keep_best=True), tmp_path)
    first, second, third = (-row["loss"] for row in read_metrics(tmp_path))
    spans = {"pretrain-000002": (first + second) / 2, "pretrain-000003": third}
    record = json.loads((tmp_path / "checkpoints" / "best" / "pretrain.json").read_text())
    assert record["folder"] == max(spans, key=spans.__getitem__)
    assert record["score"] == pytest.approx(max(spans.values()))
