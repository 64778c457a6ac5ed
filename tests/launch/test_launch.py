"""The launcher maps every provider's variables, and the files beside it are sound."""

import shutil
import subprocess
from pathlib import Path

import pytest

from minir1 import recipes
from minir1.launch.__main__ import main
from minir1.launch.variables import Machines, machines, torchrun

LAUNCH = Path(__file__).parents[2] / "minir1" / "launch"
SECOND_OF_TWO = Machines(2, 1, "10.0.0.1", "8")


@pytest.mark.parametrize(
    "variables",
    [
        {"NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "10.0.0.1", "NPROC": "8"},
        {
            "SLURM_NNODES": "2", "SLURM_NODEID": "1", "MASTER_ADDR": "10.0.0.1",
            "SLURM_GPUS_ON_NODE": "8",
        },
        {
            "SKYPILOT_NUM_NODES": "2", "SKYPILOT_NODE_RANK": "1",
            "SKYPILOT_NODE_IPS": "10.0.0.1\n10.0.0.2", "SKYPILOT_NUM_GPUS_PER_NODE": "8",
        },
    ],
    ids=["plain", "slurm", "skypilot"],
)  # fmt: skip
def test_every_provider_says_the_same(variables):
    assert machines(variables) == SECOND_OF_TWO
    assert machines(variables | {"MASTER_PORT": "1234"}).port == "1234"


def test_skypilot_on_slurm_is_skypilot():
    both = {"SKYPILOT_NUM_NODES": "1", "SLURM_NNODES": "4", "SKYPILOT_NUM_GPUS_PER_NODE": "8"}
    assert machines(both) == Machines(1, 0, "", "8")


def test_alone():
    assert machines({}) == Machines(1, 0, "", "gpu")
    assert machines({"NPROC": "4"}).processes == "4"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"NNODES": "two"}, "NNODES = 'two'"),
        ({"NNODES": "0"}, "from 1 on"),
        ({"NNODES": "2", "MASTER_ADDR": "a"}, "NODE_RANK = ''"),
        ({"NNODES": "2", "NODE_RANK": "2", "MASTER_ADDR": "a"}, "NODE_RANK = 2 can't be used"),
        ({"NNODES": "2", "NODE_RANK": "0"}, "MASTER_ADDR is not set"),
        ({"SLURM_NNODES": "2", "SLURM_NODEID": "0"}, "MASTER_ADDR is not set"),
        ({"NNODES": "1", "NPROC": "many"}, "NPROC = 'many'"),
    ],
)
def test_what_is_missing_is_named(variables, message):
    with pytest.raises(ValueError, match=message):
        machines(variables)


def test_the_command_of_torchrun():
    command = torchrun(SECOND_OF_TWO, ["h800_8", "--out", "/runs/a"])
    assert command[0].endswith("torchrun")
    assert {"--nnodes=2", "--node-rank=1", "--master-addr=10.0.0.1"} <= set(command)
    assert command[-6:] == ["-m", "minir1", "run", "h800_8", "--out", "/runs/a"]
    looks = torchrun(SECOND_OF_TWO, ["preflight", "h800_8", "--out", "/runs/a"])
    assert looks == [*command[:-4], "preflight", "h800_8", "--out", "/runs/a"]
    alone = torchrun(machines({}), ["gpu_1"])
    assert "--standalone" in alone and "--nproc-per-node=gpu" in alone


def test_torchrun_takes_these_words():
    from torch.distributed.run import parse_args

    found = parse_args(torchrun(SECOND_OF_TWO, ["h800_8", "--out", "/runs/a"])[1:])
    assert (found.nnodes, found.node_rank, found.master_addr) == ("2", 1, "10.0.0.1")
    assert found.training_script == "minir1"
    assert found.training_script_args == ["run", "h800_8", "--out", "/runs/a"]


def test_print_only(capsys, monkeypatch):
    monkeypatch.setenv("NNODES", "1")
    assert main(["--print", "smoke"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("-m minir1 run smoke")
    monkeypatch.setenv("NNODES", "none")
    assert main(["smoke"]) == 2
    assert "NNODES = 'none'" in capsys.readouterr().err


def test_the_script_of_slurm_is_sound():
    script = LAUNCH / "slurm.sh"
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text("utf-8")
    assert "python -m minir1.launch" in text and "scancel" in text and "--signal=B:USR1" in text
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)


def test_the_script_of_vllm_is_sound(tmp_path):
    """It is run with a `vllm` that only says how it was called."""
    script = LAUNCH / "vllm.sh"
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)
    fake, model = tmp_path / "vllm", tmp_path / "model"
    fake.write_text('#!/bin/sh\necho "$VLLM_SERVER_DEV_MODE" "$@"\n')
    fake.chmod(0o755)
    model.mkdir()
    (model / "config.json").write_text('{"n_routed_experts": 8}')

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        return subprocess.run(["bash", script, *words], env=env, capture_output=True, text=True)

    told = run(str(model), "--max-model-len", "4096").stdout.split()
    assert told[:3] == ["1", "serve", str(model)] and told[-2:] == ["--max-model-len", "4096"]
    assert "--enable-return-routed-experts" in told and "127.0.0.1" in told
    assert told[told.index("--logprobs-mode") + 1] == "processed_logprobs"
    assert "--enable-return-routed-experts" not in run("Qwen/Qwen3-0.6B-Base").stdout
    assert run().returncode == 2
    fake.unlink()
    assert "no vllm on the PATH" in run("x").stderr


def test_the_task_of_skypilot_is_sound():
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    text = (LAUNCH / "sky.yaml").read_text("utf-8")
    task = yaml.safe_load(text)
    assert task["envs"]["RECIPE"] in recipes.RECIPES
    assert task["resources"]["use_spot"] and task["resources"]["job_recovery"]
    (bucket,) = task["file_mounts"]
    assert f'--out "{bucket}/$RECIPE"' in task["run"] and "sky down" in task["run"]
    look, run = (task["run"].index(f"minir1.launch {word}") for word in ("preflight", '"$RECIPE"'))
    assert look < run, "a machine is looked at before it is paid for the run"
    for script in (task["run"], task["setup"]):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    whole = recipes.get(task["envs"]["RECIPE"])
    assert all(count == whole.gpus for count in task["resources"]["accelerators"].values())


def test_the_image_pins_its_versions():
    lines = (LAUNCH / "Dockerfile").read_text("utf-8").splitlines()
    (base,) = [line for line in lines if line.startswith("FROM")]
    assert base.partition(":")[2].startswith("3.11.")
    assert any("-c constraints.txt" in line for line in lines)
