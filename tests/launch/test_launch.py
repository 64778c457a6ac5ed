"""The launcher maps every provider's variables, and the files beside it are sound."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from minir1 import recipes
from minir1.launch.__main__ import SECONDS_TO_SAVE, main
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


@pytest.mark.parametrize(
    ("variables", "seen", "message"),
    [
        ({"SLURM_NNODES": "1", "SLURM_GPUS_ON_NODE": "8"}, 0, "sees no GPU here: `nvidia-smi`"),
        ({}, 0, "sees no GPU here"),
        ({"SLURM_NNODES": "1", "SLURM_GPUS_ON_NODE": "8"}, 4, "sees 4 GPUs here, and 8 processes"),
        ({"SLURM_NNODES": "1", "SLURM_GPUS_ON_NODE": "8"}, 8, ""),
        ({"NPROC": "2"}, 0, ""),  # by hand: a rehearsal on a CPU
        ({}, 1, ""),
    ],
)
def test_gpus_that_are_paid_for_are_seen(variables, seen, message, monkeypatch, capsys):
    """torch without them would run on the CPU of a machine that costs as much by the hour."""
    monkeypatch.setattr("os.environ", dict(variables))
    monkeypatch.setattr("torch.cuda.is_available", lambda: seen > 0)
    monkeypatch.setattr("torch.cuda.device_count", lambda: seen)
    started = []
    monkeypatch.setattr("os.execvp", lambda *words: started.append(words))
    status = main(["h800_8"])
    assert (status, len(started)) == ((2, 0) if message else (0, 1))
    assert message in capsys.readouterr().err
    assert os.environ.get("PYTORCH_ALLOC_CONF", "") == (
        "" if message else "expandable_segments:True"
    )


def test_torchrun_waits_until_a_checkpoint_is_saved(monkeypatch):
    from torch.distributed.launcher.api import LaunchConfig

    if "shutdown_timeout" not in LaunchConfig.__dataclass_fields__:
        pytest.skip("the torchrun of this torch waits 30 seconds, and that can't be changed")
    monkeypatch.setattr("os.environ", {"NPROC": "1"})
    monkeypatch.setattr("os.execvp", lambda *words: None)
    assert main(["smoke"]) == 0
    assert LaunchConfig(1, 1, 1).shutdown_timeout == SECONDS_TO_SAVE


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
    assert f"--signal=B:USR1@{SECONDS_TO_SAVE}" in text, "torchrun would cut the save off"
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)


def test_the_script_of_slurm_saves_and_queues_again(tmp_path):
    """Its commands are played by scripts: a run that saves when it is asked to."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    commands = {
        "scontrol": 'echo scontrol "$@" >> said',
        "scancel": 'echo scancel "$@" >> said; kill -USR1 "$(cat running)"',
        "srun": 'echo srun "$@" >> said\n'
        "trap 'echo saved >> said; exit 1' USR1; echo $$ > running\n"
        "while :; do sleep 0.05; done",
        ".venv/bin/python": "",
    }
    for name, body in commands.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "a"}
    env |= {"SLURM_CPUS_PER_TASK": "64"}
    words = ["bash", str(LAUNCH / "slurm.sh"), "h800_8", "--out", "/shared/a"]
    quiet = {"stdout": subprocess.DEVNULL, "start_new_session": True}
    job = subprocess.Popen(words, cwd=tmp_path, env=env, **quiet)
    try:
        while not (tmp_path / "running").exists():
            assert job.poll() is None
            time.sleep(0.02)
        time.sleep(0.5)  # the script itself listens, too
        job.send_signal(signal.SIGUSR1)
        assert job.wait(timeout=60) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(job.pid, signal.SIGKILL)
    said = (tmp_path / "said").read_text("utf-8").splitlines()
    assert said == [
        "scontrol show hostnames a",
        "srun --cpus-per-task=64 --kill-on-bad-exit=1 .venv/bin/python -m minir1.launch h800_8 "
        "--out /shared/a",
        "scancel --signal=USR1 7",
        "saved",
        "scontrol requeue 7",
    ]


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
    assert task["resources"]["use_spot"]
    # A failed preflight, bad input or a spent budget would be paid for again.
    assert task["resources"]["job_recovery"] == {"strategy": "EAGER_NEXT_REGION"}
    (bucket,) = task["file_mounts"]
    assert f'--out "{bucket}/$RECIPE"' in task["run"] and "sky down" in task["run"]
    look, run = (task["run"].index(f"minir1.launch {word}") for word in ("preflight", '"$RECIPE"'))
    assert look < run, "a machine is looked at before it is paid for the run"
    for script in (task["run"], task["setup"]):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    # The clouds' default images: Python 3.10, and a driver that CUDA 13 does not know.
    assert "--python 3.11" in task["setup"] and "whl/cu126" in task["setup"]
    whole = recipes.get(task["envs"]["RECIPE"])
    assert all(count == whole.gpus for count in task["resources"]["accelerators"].values())


def test_the_image_pins_its_versions():
    lines = (LAUNCH / "Dockerfile").read_text("utf-8").splitlines()
    (base,) = [line for line in lines if line.startswith("FROM")]
    assert base.partition(":")[2].startswith("3.11.")
    assert any("-c constraints.txt" in line for line in lines)
