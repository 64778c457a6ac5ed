"""The compiled step: the rollouts of the plain sampler, by one program.

Most tests run the function that is compiled as it is, so that shapes are checked and no compiler
is needed; the nightly one compiles it.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1.config import ModelConfig
from minir1.model import compiler
from minir1.model.compiler import missing_tool
from minir1.model.dispatch import Backend
from minir1.model.traced import experts_of_few
from minir1.rl import compiled as module
from minir1.rl import rollout as rollout_module
from minir1.rl.compiled import ROOM, CompiledStep, write
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key

HERE = Path(__file__).parent
EOS = 2
PROMPTS = [[1, 5, 9], [1, 7], [1, 3, 4, 11, 12, 6, 8], [1], [1, 5, 9], [1, 16, 15, 3, 3]] * 2
KEYS = [row_key(0, 0, i, 0) for i in range(len(PROMPTS))]
DENSE = ModelConfig(
    vocab_size=20, dim=16, n_layers=2, n_dense_layers=2, inter_dim=24, n_heads=2, n_kv_heads=1,
    head_dim=8, attention="gqa", qk_norm=True, max_seq_len=64,
)  # fmt: skip


@pytest.fixture
def step(monkeypatch) -> CompiledStep:
    """A step whose program is the function itself, and which remembers its calls' sizes."""
    monkeypatch.setattr(compiler, "missing_tool", lambda: "")
    step = CompiledStep(torch.device("cpu"))
    step.seen = []  # type: ignore[attr-defined]

    def program(model, rows, lengths, places, *rest):
        assert rows.is_contiguous()
        step.seen.append((rows.shape[1], rows.shape[2], len(places)))  # type: ignore[attr-defined]
        return write(model, rows, lengths, places, *rest)

    monkeypatch.setattr(step, "program", program)
    return step


def roll(model, rows=None, **options):
    rows = list(range(len(PROMPTS))) if rows is None else rows
    options = {"max_new_tokens": 20, "eos_id": EOS, "record_experts": True} | options
    return sample(model, [PROMPTS[i] for i in rows], [KEYS[i] for i in rows], **options)


def assert_same(some, others) -> None:
    for a, b in zip(some, others, strict=True):
        assert a.completion_ids == b.completion_ids and a.stop_reason == b.stop_reason
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-5)
        assert (a.experts is None) == (b.experts is None)
        assert a.experts is None or torch.equal(a.experts, b.experts)


@pytest.mark.parametrize("temperature", [1.0, 0.7, 0.0])
@pytest.mark.parametrize("attention", ["mla", "gqa"])
def test_the_rollouts_are_those_of_single_calls(make_model, step, attention, temperature) -> None:
    config = replace(make_model().config, attention=attention, n_kv_heads=1, head_dim=8)
    model = make_model(config=config)
    plain = roll(model, temperature=temperature)
    assert_same(roll(model, temperature=temperature, compiled=step), plain)
    assert len(step.seen) >= 15


def test_a_dense_model_that_shares_its_prompts(make_model, step) -> None:
    model, options = make_model(config=DENSE), {"record_experts": False, "share_prompts": True}
    assert_same(roll(model, compiled=step, **options), roll(model, **options))


def test_a_rollout_alone_is_the_same_rollout_among_others(make_model, step) -> None:
    model = make_model()
    together = roll(model, compiled=step)
    for some in ([7, 2, 5], [3]):
        assert_same(roll(model, some, compiled=step), [together[i] for i in some])


@pytest.mark.parametrize("leave_share", [0.0, 2.0])
def test_rows_that_leave_change_nothing(make_model, step, monkeypatch, leave_share) -> None:
    model = make_model()
    plain = roll(model)
    monkeypatch.setattr(rollout_module, "LEAVE_SHARE", leave_share)
    assert_same(roll(model, compiled=step), plain)
    assert (len({rows for rows, _, _ in step.seen}) > 3) == (leave_share == 0.0)


def test_what_the_program_is_given_never_makes_it_another_one(make_model, step) -> None:
    """Sizes of 1, and a view of the whole cache, are cases of their own to a compiler."""
    for longest in (5, ROOM - 7, ROOM + 2):
        roll(make_model(), max_new_tokens=longest, compiled=step)
    assert {room for _, _, room in step.seen} == {ROOM, 2 * ROOM}
    for rows, width, room in step.seen:
        assert rows > 1 and room < width


def test_many_rows_are_written_by_single_calls(make_model, step, monkeypatch) -> None:
    model = make_model()
    plain = roll(model)
    monkeypatch.setattr(module, "FEW", 9 * model.config.n_routed_experts)
    assert_same(roll(model, compiled=step), plain)
    assert step.seen and max(rows for rows, _, _ in step.seen) <= 9


def test_experts_of_another_backend_are_named_with_the_cure(make_model, step) -> None:
    model = make_model()
    model.use_backend(Backend("triton", "asked for", experts_of_few))
    with pytest.raises(ValueError, match=r'on triton: set model.backend = "torch"'):
        step.fits(model, 4)


def test_a_missing_compiler_is_named_with_the_cure(monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ValueError, match=r"rollout.compile .* no C\+\+ compiler no-such-compiler"):
        CompiledStep(torch.device("cpu"))
    monkeypatch.setenv("CXX", sys.executable)  # there is one, but no headers for it
    monkeypatch.setattr(compiler.sysconfig, "get_path", lambda name: "/no/such/folder")
    assert "python3-dev" in missing_tool()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(bool(missing_tool()), reason=f"no program can be compiled: {missing_tool()}")
@pytest.mark.parametrize("kind", ["moe", "dense"])
def test_one_program_serves_all_sizes_and_all_weights(kind: str) -> None:
    """In a process of its own: a compiler can't read functions whose shapes pytest checks."""
    command = [sys.executable, "-W", "error::UserWarning", str(HERE / "program.py"), kind]
    paths = f"{HERE.parents[1]}{os.pathsep}{HERE}"
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["programs"] == [1, 1, 1, 2]  # a temperature of 0 is another program
    assert told["same_tokens"] == [True] * 4 and told["same_experts"] == [True] * 4
    assert max(told["gap"]) < 1e-5 and max(told["trainer_gap"]) < 1e-5
    assert told["moved"] > 1e-3  # the weights were others the second time
