"""The run on a node of 8 GPUs, rehearsed on 8 CPU processes: the recipe itself, only smaller.

load a base -> rollouts, rewards, GRPO steps with expert_parallel = 8 -> preempted in the middle
-> resumed on 4 processes with expert_parallel = 4 -> evaluation, report -> export -> loaded

In place of Moonlight stands a model of its architecture, made here: it has read just enough to
guess in the right format, so that some rollouts of a group are paid and others are not.
"""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from minir1 import recipes
from minir1.config import Config, OptimConfig
from minir1.model import hub
from minir1.model.transformer import Transformer
from minir1.rl.batch import collate
from minir1.rl.types import Rollout
from minir1.rl.update import update
from minir1.run.home import differences, read_config
from minir1.run.ledger import read_ledger
from minir1.run.metrics import read_metrics
from minir1.run.models import last_model
from minir1.run.optim import build_optimizer
from minir1.text.chat import R1_ZERO, ChatTokenizer

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]

RECIPE = "h800_8"
SIZES = [
    "--zero.steps", "4", "--zero.questions-per-step", "4", "--zero.group-size", "4",
    "--zero.max-new-tokens", "24", "--zero.rollout-batch", "2",
    "--zero.optim.micro-batch-tokens", "256", "--eval.problems", "4", "--eval.every", "3",
    "--eval.every-problems", "4", "--eval.batch-size", "1", "--eval.max-new-tokens", "24",
]  # fmt: skip
FILES = {"base", "task.path"}
"""What else differs: where the files are."""

SHAPED = {
    "vocab_size": 400, "dim": 32, "n_layers": 3, "inter_dim": 48, "moe_inter_dim": 8, "n_heads": 2,
    "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8,
    "n_routed_experts": 16, "n_activated_experts": 3, "max_seq_len": 256,
}  # fmt: skip
SHAPE = replace(recipes.get(RECIPE).model, **SHAPED)
NAMES = ["Ada", "Ben", "Cem", "Dia", "Eva", "Finn", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lea"]
QUESTIONS = [
    (f"{name} has {a} apples and gets {b} more. How many?", a + b)
    for name, a, b in itertools.product(NAMES, (1, 2), (1, 2))
]
GUESSES = [f" <think> I count. </think> <answer> {n} </answer>" for n in (2, 3, 4)]


def real_tokenizer() -> Any:
    """A byte-level vocabulary like that of any large model, learned from what will be said."""
    tokenizers, transformers = (
        pytest.importorskip("tokenizers"),
        pytest.importorskip("transformers"),
    )
    fast = tokenizers.Tokenizer(tokenizers.models.BPE())
    fast.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=SHAPE.vocab_size,
        special_tokens=["[BOS]", "[EOS]", "[PAD]"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    said = [R1_ZERO.format(question=question) for question, _ in QUESTIONS]
    fast.train_from_iterator([*said, *GUESSES], trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=fast, bos_token="[BOS]", eos_token="[EOS]", pad_token="[PAD]"
    )


def make_base(folder: Path) -> Path:
    """A model that has read questions with guesses for answers, as the hub would have it."""
    torch.manual_seed(0)
    tokenizer, draw = ChatTokenizer(real_tokenizer()), random.Random(0)
    model = Transformer(SHAPE, torch.Generator().manual_seed(0))
    optim = OptimConfig(lr=0.01, warmup_steps=0, micro_batch_tokens=4096)
    optimizer = build_optimizer(model, optim)
    for _ in range(100):
        read = []
        for question, _ in draw.sample(QUESTIONS, 8):
            ids = [*tokenizer.encode(draw.choice(GUESSES)), tokenizer.eos_id]
            read.append(Rollout(tokenizer.prompt(question), ids, [0.0] * len(ids), "eos"))
        update(model, optimizer, collate(read, [0.0] * 8, pad_id=tokenizer.pad_id), optim)
    hub.save(model, folder, extra={"eos_token_id": tokenizer.eos_id})
    tokenizer.inner.save_pretrained(folder)
    return folder


def make_problems(path: Path) -> Path:
    """A file in MATH's own format."""
    rows = [{"problem": q, "solution": rf"\boxed{{{gold}}}"} for q, gold in QUESTIONS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def command(processes: int, folder: Path) -> list[str]:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    torchrun += ["--nproc-per-node", str(processes), "-m", "minir1", "run", RECIPE, *SIZES]
    files = ["--model", str(folder / "base"), "--task.path", str(folder / "train.jsonl")]
    owners = ["--parallel.expert-parallel", str(processes)]
    return [*torchrun, *files, *owners, "--out", str(folder / "run")]


def start(words: list[str], log: Path) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with log.open("w") as file:
        return subprocess.Popen(words, env=environment, stdout=file, stderr=file)


def steps_of_rl(out: Path) -> int:
    if not (out / "metrics.jsonl").exists():
        return 0
    return sum(row["stage"] == "zero" for row in read_metrics(out))


def test_a_node_of_eight(tmp_path):
    out, log = tmp_path / "run", tmp_path / "log.txt"
    make_base(tmp_path / "base")
    make_problems(tmp_path / "train.jsonl")
    process = start(command(8, tmp_path), log)
    while steps_of_rl(out) < 1:
        assert process.poll() is None, log.read_text()[-4000:]
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)  # the machine is taken back
    process.wait()
    said = log.read_text()
    assert said.count("planned: h800_8 on 8 x h800") == 1, said[-4000:]
    stopped = json.loads((out / "stopped.json").read_text())
    assert stopped["stage"] == "zero" and 1 <= stopped["step"] < 4, said[-4000:]
    saved = out / "checkpoints" / f"zero-{stopped['step']:06d}"
    assert len(list(saved.glob("model-*-of-00008.safetensors"))) == 8

    process = start(command(4, tmp_path), log)  # half of it comes back
    assert process.wait() == 0, log.read_text()[-4000:]
    check_rows([row for row in read_metrics(out) if row["stage"] == "zero"])
    last = out / "checkpoints" / "zero-000004"
    assert len(list(last.glob("model-*-of-00004.safetensors"))) == 4
    assert json.loads((last / "state.json").read_text())["state"]["expert_parallel"] == 4
    assert {path.stem for path in (out / "eval").iterdir()} == {"base", "step-000003", "final"}
    assert (out / "report" / "index.html").exists()
    assert list((out / "checkpoints" / "best").glob("zero-*"))
    states = [row["status"] for row in read_ledger(out) if row["stage"] == "zero"]
    assert states == ["interrupted", "finished"]
    assert not (out / "stopped.json").exists()
    check_overrides(read_config(out))
    check_export(out, tmp_path / "model")


def check_rows(rows: list[dict]) -> None:
    """Four steps, each done once: paid rollouts, a gradient, and the sampler's own experts."""
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert all(row["router/drift"] == 0 for row in rows)  # replayed
    # The sampler and the trainer both compute in bfloat16, in batches of other shapes.
    assert all(row["sampling/sampling_logp_difference/mean"] < 0.02 for row in rows)
    assert any(row["reward"] > 0 for row in rows) and any(row["grad_norm"] > 0 for row in rows)


def check_overrides(config: Config) -> None:
    """It was the recipe: only sizes, places of files and the machine's layout were others."""
    sizes = {word.removeprefix("--").replace("-", "_") for word in SIZES[::2]}
    changed = differences(recipes.get(RECIPE), config)
    shape = {name for name in changed if name.startswith("model.")}
    assert set(changed) - shape == sizes | FILES
    assert shape <= {f"model.{field}" for field in SHAPED}


def check_export(out: Path, folder: Path) -> None:
    """What others load says what the policy says."""
    call = [sys.executable, "-m", "minir1", "export", str(out), str(folder)]
    subprocess.run(call, check=True, cwd=ROOT, capture_output=True)
    ids = torch.arange(3, 43)[None]
    _, policy, _ = last_model(out)
    with torch.no_grad():
        torch.testing.assert_close(hub.load(folder)(ids), policy(ids))
    assert ChatTokenizer.load(folder).prompt("Why?") == ChatTokenizer.load(
        out.parent / "base"
    ).prompt("Why?")
