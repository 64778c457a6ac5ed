"""Supervised fine-tuning and distillation: what they must end in is known beforehand."""

from dataclasses import replace

import pytest
import torch

from minir1.config import OptimConfig
from minir1.config.pipeline import SftConfig
from minir1.model.transformer import Transformer
from minir1.rl.rollout import sample
from minir1.run.metrics import read_metrics
from minir1.run.models import new_model, seen_by
from minir1.stages.examples import Example, read_examples, write_examples
from minir1.stages.sft import part_of_epoch, sft
from minir1.text.template import prompt_ids, render_prompt
from minir1.text.tokenizer import Tokenizer

FAST = SftConfig(
    steps=60,
    sequences_per_step=2,
    save_every=60,
    optim=OptimConfig(lr=2e-2, warmup_steps=5, weight_decay=0.0, bias_update_speed=0.0),
)
ASKED = {
    "make 3 from 1 2": "<answer> 1 + 2 </answer>",
    "make 2 from 2 4": "<answer> 4 - 2 </answer>",
}


def example(question: str, completion: str) -> Example:
    return Example(
        prompt=render_prompt(question), completion=completion, task="countdown", key=question,
        stage="zero", step=7, seed=3, sample=0,
    )  # fmt: skip


def test_one_example_is_learned_by_heart(tiny, tmp_path):
    data = tmp_path / "one.jsonl"
    write_examples(data, [example(*next(iter(ASKED.items())))])

    def start() -> Transformer:
        return new_model(tiny, torch.device("cpu"))

    sft(tiny, tmp_path, "dev1", start, data, FAST)
    losses = [row["loss"] for row in read_metrics(tmp_path)]
    assert losses[0] > 4 and losses[-1] < 0.01  # a guess among 128 tokens: 4.85 nats


def test_a_student_says_what_its_deterministic_teacher_says(tiny, tmp_path):
    small = replace(tiny.model, n_layers=1, n_dense_layers=1, n_routed_experts=0, dim=24)
    config = replace(tiny, pipeline=replace(tiny.pipeline, student=small))
    own = seen_by(config, "student")
    assert own.model == small and own.pretrain == config.pipeline.student_base
    data = tmp_path / "teacher.jsonl"
    write_examples(data, [example(*one) for one in ASKED.items()])
    student = sft(own, tmp_path, "student", lambda: new_model(own, torch.device("cpu")), data, FAST)
    tokenizer = Tokenizer()
    said = sample(
        student,
        [prompt_ids(tokenizer, question) for question in ASKED],
        [0, 1],
        max_new_tokens=12,
        eos_id=tokenizer.eos_id,
        temperature=0.0,
    )
    texts = [tokenizer.decode(one.completion_ids) for one in said]
    assert texts == [f"{completion} <eos>" for completion in ASKED.values()]


def test_every_epoch_reads_every_example_once():
    seen = [one for step in range(6) for one in part_of_epoch(range(8), 4, step, "0")]
    epochs = [seen[i : i + 8] for i in (0, 8, 16)]
    assert all(sorted(epoch) == list(range(8)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert part_of_epoch(range(3), 8, 0, "0") != part_of_epoch(range(3), 8, 0, "1")


def test_a_row_without_its_lineage_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n')
    with pytest.raises(ValueError, match=r"rows.jsonl, line 1: the row has no 'key'"):
        read_examples(path)
    path.write_text("")
    with pytest.raises(ValueError, match="holds no example"):
        read_examples(path)


def test_examples_survive_the_file(tmp_path):
    rows = [example(*one) for one in ASKED.items()]
    write_examples(tmp_path / "data" / "rows.jsonl", rows)
    assert read_examples(tmp_path / "data" / "rows.jsonl") == rows
