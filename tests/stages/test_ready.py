"""A run on a user's task starts only when the task is sound and the toy model can read it."""

import json
from dataclasses import replace

import pytest

from minir1 import recipes
from minir1.cli.main import main
from minir1.config import RolloutConfig
from minir1.stages.ready import check_task

SUMS = [
    {"question": f"compute {a} + {b}", "gold": a + b, "verifier": "arithmetic"}
    for a in range(1, 8)
    for b in range(1, 8)
]


def config_for(tmp_path, rows, **zero):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = recipes.smoke()
    task = replace(config.task, name="jsonl", path=str(path))
    return replace(config, task=task, zero=replace(config.zero, **zero))


def test_a_sound_task_and_the_projects_own_are_ready(tmp_path):
    check_task(config_for(tmp_path, SUMS))
    check_task(recipes.smoke())


def test_a_compiler_that_is_missing_is_told_before_a_base_is_trained(monkeypatch):
    config = replace(recipes.smoke(), rollout=RolloutConfig(compile=True))
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ValueError, match=r"no C\+\+ compiler no-such-compiler"):
        check_task(config)


@pytest.mark.parametrize("field", ["share_prompts", "share_prefixes"])
def test_what_experts_can_t_share_is_told_before_a_base_is_trained(field):
    config = recipes.smoke()
    zero = config.zero
    if field == "share_prompts":
        zero = replace(zero, share_prompts=True)
    else:
        zero = replace(zero, optim=replace(zero.optim, share_prefixes=True))
    with pytest.raises(ValueError, match=rf"{field} = True can't be used: use False"):
        check_task(replace(config, zero=zero))
    dense = replace(config.model, n_dense_layers=config.model.n_layers)
    check_task(replace(config, zero=zero, model=dense))


def test_plain_text_needs_a_real_model(tmp_path):
    text = {"question": "What is 1 + 1?", "gold": 2, "verifier": "arithmetic"}
    with pytest.raises(ValueError, match=r"vocabulary lacks 'What': .* need a real model"):
        check_task(config_for(tmp_path, [text, *SUMS[:9]]))


def test_a_task_that_fails_its_audit_does_not_start(tmp_path):
    rows = [row | {"gold": 5} for row in SUMS]
    with pytest.raises(ValueError, match=r"does not pass its audit: constants: .* `minir1 audit "):
        check_task(config_for(tmp_path, rows))


def test_a_prompt_that_does_not_fit_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"is over model\.max_seq_len = 512"):
        check_task(config_for(tmp_path, SUMS, max_new_tokens=511))


def test_a_budget_that_grows_too_large_is_named_before_the_run_comes_there():
    config = recipes.smoke()
    grown = replace(config, zero=replace(config.zero, length_schedule=((99, 510),)))
    with pytest.raises(ValueError, match=r"countdown has .* zero\.length_schedule = 510 is over"):
        check_task(grown)
    wide = replace(config, eval=replace(config.eval, max_new_tokens=510))
    with pytest.raises(ValueError, match=r"eval\.max_new_tokens = 510 is over"):
        check_task(wide)


def test_a_run_that_can_not_start_leaves_nothing_behind(tmp_path, capsys, monkeypatch):
    config_for(tmp_path, [{"question": "Why?", "gold": "5", "verifier": "math"}] * 9)
    monkeypatch.chdir(tmp_path)
    words = ["run", "smoke", "--task.name", "jsonl", "--task.path", "rows.jsonl", "--out", "x"]
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "x").exists()
