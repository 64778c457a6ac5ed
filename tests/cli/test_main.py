"""The command line: what it takes, what it refuses, and how it says so."""

import errno
import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1 import recipes
from minir1.cli import main as frame
from minir1.cli import run as run_command
from minir1.cli.options import call, field_names, nearest
from minir1.config import Config
from minir1.run.home import open_run


def ask(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = frame.main(words)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_is_one_page_with_every_command(words, capsys):
    status, out, err = ask(*words, capsys=capsys)
    assert (status, err) == (0, "")
    for name in frame.COMMANDS:
        assert f"\n  {name} " in out
    assert max(map(len, out.splitlines())) <= 100 and len(out.splitlines()) < 40


def test_every_command_is_a_file_and_every_file_a_command():
    folder = Path(frame.__file__).parent
    frames = {"__init__", "main", "options", "output"}
    assert {file.stem for file in folder.glob("*.py")} - frames == set(frame.COMMANDS)


def test_help_of_each_command_needs_no_torch():
    program = (
        "import sys; from minir1.cli.main import COMMANDS, main\n"
        "[main([name, '--help']) for name in COMMANDS]\n"
        "assert not {'torch', 'transformers', 'matplotlib'} & set(sys.modules), 'heavy imports'"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage: minir1 eval" in done.stdout


def test_help_names_each_recipe_in_a_line_and_one_recipe_in_full(capsys):
    status, out, err = ask("run", "--help", capsys=capsys)
    assert (status, err) == (0, "")
    listed = out.partition("recipes:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(recipes.RECIPES)
    about = {line.index(line.split()[1], len(line.split()[0]) + 2) for line in listed}
    assert len(about) == 1  # one column
    _, out, _ = ask("run", "h800_8", "--help", capsys=capsys)
    assert "Make a base" in out and "Stop spending when" in out


def test_version_and_python_dash_m():
    done = subprocess.run(
        [sys.executable, "-m", "minir1", "--version"], capture_output=True, text=True
    )
    assert done.stdout.split() == ["minir1", __import__("minir1").__version__]


BAD = {
    "rnu": "no command 'rnu'; nearest: run",
    "run": "needs a recipe first: one of smoke, laptop",
    "run --seed 3": "needs a recipe first",
    "run labtop": "no recipe 'labtop'; nearest: laptop",
    "run smoke --zero.lr 3e-4": "no option '--zero.lr'; nearest: --zero.optim.lr",
    "run smoke --zero.lr=3e-4": "nearest: --zero.optim.lr",
    "run smoke --zero.groupsize 4": "nearest: --zero.group-size",
    "run smoke --seed x": "'x' is no number (--seed)",
    "run smoke --seed": "--seed",
    "run smoke --seed -1": "seed = -1 can't be used",
    "run smoke --zero.group_size 1": "zero.group_size = 1 can't be used: use 2 or more",
    "run smoke --zero.advantage ppo": "('grpo', 'dr_grpo', 'rloo')",
    "run smoke twice": "no place for 'twice'",
    "run smoke --name ../../etc": "name = '../../etc' can't be used",
    "run smoke --out /dev/null": "/dev/null: File exists",
    "eval": "RUN",
    "eval nowhere": "nowhere is not a run",
    "eval nowhere --problem 3": "no option '--problem'; nearest: --problems",
    "sample nowhere": "nowhere is not a run",
    "report nowhere": "nowhere is not a run",
    "diff smoke": "B",
    "diff smoke labtop": "nearest: laptop",
    "diff smoke no/folder": "no/folder is not a run",
}


def test_problems_that_are_not_there_are_named_before_a_base_is_fetched(capsys, monkeypatch):
    """h800_8's base is a download of 32 GB, by the hour of eight GPUs."""

    def fetch(*_):
        raise AssertionError("the base was asked for first")

    monkeypatch.setattr("minir1.model.hub.sources._fetched", fetch)
    words = ["run", "h800_8", "--task.path"]
    status, _, err = ask(*words, "nowhere/train.jsonl", capsys=capsys)
    assert status == 2 and "task.path = 'nowhere/train.jsonl' can't be read" in err
    with pytest.raises(AssertionError, match="asked for first"):
        ask(*words, __file__, capsys=capsys)


@pytest.mark.parametrize("line", BAD)
def test_bad_input_is_one_line_and_status_2(line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = ask(*line.split(), capsys=capsys)
    assert (status, out) == (2, "")
    assert err.startswith("minir1: error: ") and err.count("\n") == 1
    assert BAD[line] in err
    assert list(tmp_path.iterdir()) == [], "bad input leaves nothing behind"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_errors_read_the_same_whatever_the_terminal_can_show(encoding):
    words = [sys.executable, "-m", "minir1", "run", "smoke", "--zero.group-size", "1"]
    env = {**os.environ, "PYTHONIOENCODING": encoding, "FORCE_COLOR": "1"}
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    assert done.returncode == 2
    assert done.stderr == (
        "minir1: error: zero.group_size = 1 can't be used: use 2 or more: an advantage compares a"
        " rollout with the others of its group; see minir1 run smoke --help\n"
    )


def test_debug_shows_the_traceback():
    with pytest.raises(ValueError, match="no command"):
        frame.main(["rnu", "--debug"])


def test_an_absent_extra_is_named(capsys, monkeypatch):
    def needs_it(*_):
        raise ModuleNotFoundError("No module named 'transformers'", name="transformers")

    monkeypatch.setattr(frame, "dispatch", needs_it)
    status, _, err = ask("bench", capsys=capsys)
    assert status == 2 and "'transformers'" in err and "extra" in err


def test_a_full_disk_is_named_with_its_cure(capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(frame, "dispatch", full)
    status, _, err = ask("run", "smoke", capsys=capsys)
    assert status == 2 and err.count("\n") == 1
    assert "No space left on device" in err and "free some space" in err


def test_a_full_memory_is_named_with_its_cure(capsys, monkeypatch):
    """As torch says it, on several lines."""

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB. GPU 0 has 1 B.")

    monkeypatch.setattr(frame, "dispatch", full)
    status, _, err = ask("run", capsys=capsys)
    assert status == 2 and err.count("\n") == 1
    assert err.startswith("minir1: error: CUDA out of memory: `minir1 plan RECIPE` shows")

    def full_host(*_):
        torch.empty(2**50)  # a petabyte and more: the operating system says no

    monkeypatch.setattr(frame, "dispatch", full_host)
    status, _, err = ask("run", capsys=capsys)
    assert status == 2 and err.count("\n") == 1
    assert err.startswith("minir1: error: can't allocate memory: you tried to allocate 45035")

    def other(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(frame, "dispatch", other)
    with pytest.raises(RuntimeError, match="something else"):
        ask("run", capsys=capsys)


def test_ctrl_c_says_how_to_go_on(capsys, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(frame, "dispatch", stopped)
    status, _, err = ask("run", "smoke", capsys=capsys)
    assert status == 130 and "goes on" in err and err.count("\n") == 1


def test_a_reader_that_leaves_is_no_error():
    line = f"{shlex.quote(sys.executable)} -m minir1 diff smoke laptop | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_field_of_a_recipe_is_an_option():
    names = field_names(Config())
    assert "zero.optim.lr" in names and "model.n-routed-experts" in names
    assert len(names) == len(set(names)) > 60


@pytest.mark.parametrize("spelling", ["group-size", "group_size"])
def test_overrides_reach_the_config(spelling, monkeypatch, tmp_path, capsys):
    seen: list[Config] = []

    def main(config: run_command.Recipe, *, out: Path | None = None) -> int:
        seen.append(config)
        return 7

    words = [
        "laptop",
        "--seed=3",
        "--zero.optim.lr",
        "3e-4",
        f"--zero.{spelling}",
        "8",
        "--zero.length-schedule",
        "0",
        "60",
        "50",
        "180",
        "--corpus.no-truthful",
    ]
    assert call(main, "run", words) == 7
    base = recipes.get("laptop")
    assert seen == [
        replace(
            base,
            seed=3,
            corpus=replace(base.corpus, truthful=False),
            zero=replace(
                base.zero,
                group_size=8,
                length_schedule=((0, 60), (50, 180)),
                optim=replace(base.zero.optim, lr=3e-4),
            ),
        )
    ]


def test_nearest_lists_what_there_is_when_nothing_is_near():
    assert nearest("qqq", ["smoke", "laptop"]) == "there are: smoke, laptop"


def test_diff_prints_only_what_differs(capsys):
    status, out, _ = ask("diff", "smoke", "laptop", "--json", capsys=capsys)
    changed = json.loads(out)
    assert status == 0 and changed["name"] == {"a": "smoke", "b": "laptop"}
    assert all(pair["a"] != pair["b"] for pair in changed.values())
    status, out, _ = ask("diff", "smoke", "laptop", capsys=capsys)
    assert status == 0 and all(name in out for name in changed) and "rope_theta" not in out


def test_diff_of_run_folders(capsys, tmp_path):
    one = open_run(Config(seed=1), tmp_path / "one")
    two = open_run(Config(seed=2), tmp_path / "two")
    _, out, _ = ask("diff", str(one), str(two), "--json", capsys=capsys)
    assert json.loads(out) == {"seed": {"a": 1, "b": 2}}
    _, out, _ = ask("diff", str(one), str(one), capsys=capsys)
    assert "the same" in out


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--temperature", "-1", "temperature = -1.0 can't be used: use 0 (greedy) or more"),
     ("--temperature", "nan", "temperature = nan can't be used"),
     ("--seed", "-1", "seed = -1 can't be used: use 0 or more"),
     ("--max-new-tokens", "0", "max-new-tokens = 0 can't be used: use 1 or more")],
)  # fmt: skip
def test_a_sample_that_can_not_be_drawn_is_refused(option, value, said, capsys):
    assert frame.main(["sample", "laptop", option, value]) == 2
    assert said in capsys.readouterr().err


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    for out in (tmp_path / "taken", tmp_path / "taken" / "deeper"):
        assert frame.main(["report", "laptop", "--out", str(out)]) == 2
        err = capsys.readouterr().err
        assert "taken" in err and "a file is in the way of a folder: name another place" in err
