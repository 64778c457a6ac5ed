"""The student's benchmark at a size of seconds: forms, bytes, and what GGUF has no place for."""

import torch

from minir1.bench import student
from minir1.config import ModelConfig
from minir1.model.transformer import Transformer


def test_the_published_student_rounded():
    (row,) = student.main("pipeline", kinds=("q8_0",), problems=2, samples=1)
    teacher, whole, eight = row["forms"]
    assert [one["form"] for one in row["forms"]] == ["teacher", "f32", "q8_0"]
    # 32 numbers take 34 bytes in place of 128, and norms stay as they are.
    assert 34 / 128 < eight["MB"] / whole["MB"] < 0.28 and whole["MB"] < teacher["MB"]
    assert whole["change"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert row["seed"] == 0 and row["bench"] == "student"
    assert "a deepseek_v3 model has no place in GGUF" in row["note"]
    assert "pipeline_laptop 0 | q8_0" in "\n".join(student.student_table([row]))


def test_a_shape_with_a_place_is_written_and_weighed(tmp_path):
    shape = ModelConfig(
        vocab_size=128, dim=64, n_layers=1, n_dense_layers=1, inter_dim=96, n_heads=2,
        attention="gqa", n_kv_heads=1, head_dim=32, n_shared_experts=0, score_func="softmax",
    )  # fmt: skip
    model = Transformer(shape, torch.Generator().manual_seed(0))
    assert student.refused(model) == ""
    again, size = student.of_file(model, tmp_path, "q8_0")
    ours, weights = student.rounded(model, "q8_0")
    assert size > weights  # the file has a head, too
    for a, b in zip(again.parameters(), ours.parameters(), strict=True):
        assert torch.equal(a, b)
