"""The command line's frame: it finds the command, calls it, and turns errors into one line.

A command is one file of this folder with one typed function `main`. Its signature is its command
line: parameters without a default are words, the others are options, and its docstring is its
help. A `main` that takes a `config` gets a RECIPE as its first word, and every field of the
recipe as an option (`options.py`). It returns the exit status.

| exit status | meaning                                             |
|-------------|-----------------------------------------------------|
| 0           | done                                                |
| 1           | `audit` and the like found a fault                  |
| 2           | bad input: one line on stderr names cause and cure  |
| 130         | stopped by Ctrl-C; what was saved is whole          |
"""

import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import minir1
from minir1.cli.options import call, nearest
from minir1.run.pipe import reader_may_leave

COMMANDS = {
    "plan": ("RECIPE", "memory, traffic, hours and dollars, before a cent is spent; --dry-run"),
    "preflight": ("RECIPE", "the rented machine against the plan: devices, disk, one longest pass"),
    "run": ("RECIPE", "the whole job: base, RL, evaluation, report; the same command resumes it"),
    "pretrain": ("RECIPE", "only the base: next-token prediction on the base corpus"),
    "zero": ("RECIPE", "only RL, from the base in the run folder"),
    "pipeline": ("RECIPE", "every stage of R1, from a base to its student, each measured"),
    "eval": ("RUN", "pass@1 and pass@k on held-out problems, with intervals"),
    "think": ("RUN", "more tokens at test time: votes, picks, budgets; against tokens and money"),
    "sample": ("RUN [QUESTION]", "ask a run's model, or talk with one from outside"),
    "report": ("RUN", "write the run's report again: one HTML page and its pictures"),
    "export": ("RUN FOLDER", "a run's model for transformers, vLLM, GGUF; what rounding costs"),
    "reproduce": (
        "BUNDLE",
        "a published run, read as a reviewer reads, then run again",
    ),
    "diff": ("A B", "the fields in which two recipes, or two runs, differ"),
    "lineage": ("RUN", "whose is its data? every training row, and held-out questions among them"),
    "doctor": ("RUN", "what is wrong with an RL run: findings, evidence, causes, cures"),
    "ledger": ("[FOLDER]", "what runs cost, failed ones too; --papers: the published bills"),
    "claims": ("", "R1's claims, each measured with its control; --run measures them"),
    "grade": ("[PATH]", "grade exercises: a notebook, your folder, or a class of folders"),
    "lab": ("", "your own copies of the exercises, and JupyterLab on the lessons"),
    "verify": ("FILE", "judge answers: JSON lines in, the same lines with verdict and reward out"),
    "audit": ("TASK", "is a task fit to be trained on? golds, constants, hostile texts, timing"),
}


FULL = (
    "`minir1 plan RECIPE` shows what fills it; --zero.rollout-batch and --eval.batch-size make "
    "sampling smaller, --zero.optim.micro-batch-tokens training. What was saved is whole"
)
"""The cure when memory is full."""


def page() -> str:
    """What `minir1 --help` prints."""
    lines = [f"  {f'{name} {words}':<23}{about}" for name, (words, about) in COMMANDS.items()]
    return "\n".join(
        [
            "minir1: DeepSeek-R1 rebuilt from scratch, to be read.",
            "",
            "usage: minir1 COMMAND ...",
            "",
            *lines,
            "",
            "A RECIPE is a function in minir1/recipes, and each of its fields is an option:",
            "  minir1 run laptop --seed 3 --zero.optim.lr 3e-4",
            "A RUN is a folder that such a command made: runs/laptop, or just laptop.",
            "",
            "  minir1 COMMAND --help  everything that one command takes",
            "  minir1 --version       the version",
            "  --json                 numbers as JSON, wherever numbers are printed",
            "  --debug                a whole traceback in place of the one-line error",
        ]
    )


def dispatch(words: Sequence[str]) -> int:
    """Run the command that `words` name and return its exit status."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(page())
        return 0
    if words[0] in ("-V", "--version"):
        print(f"minir1 {minir1.__version__}")
        return 0
    name = words[0]
    if name not in COMMANDS:
        raise ValueError(f"there is no command {name!r}; {nearest(name, COMMANDS)}")
    return call(import_module(f"minir1.cli.{name}").main, name, list(words[1:]))


def main(words: Sequence[str] | None = None) -> int:
    """The entry point of `minir1` and of `python -m minir1`."""
    words = list(sys.argv[1:] if words is None else words)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a model writes signs that not every terminal has
            stream.reconfigure(errors="replace")
    try:
        with reader_may_leave():
            return dispatch(words)
        return 0
    except KeyboardInterrupt as stop:
        text = str(stop) or "stopped; a run goes on from its last save by the same command"
        print(f"minir1: {text}", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if debug or str(error.name).startswith("minir1"):
            raise
        cure = "install the extra that holds it (README.md, Install)"
        print(f"minir1: error: this needs the package {error.name!r}: {cure}", file=sys.stderr)
        return 2
    except RuntimeError as error:
        full = explain_full(error)
        if debug or not full:
            raise
        print(f"minir1: error: {full}: {FULL}", file=sys.stderr)
        return 2
    except (ValueError, OSError, ArithmeticError) as error:
        if debug:
            raise
        print(f"minir1: error: {explain(error)}", file=sys.stderr)
        return 2


def explain_full(error: RuntimeError) -> str:
    """What torch says where memory is full, in one sentence; "" for any other error.

    Told from others without torch, which takes a second to import: by the name of a GPU's error,
    and by the words of a CPU's, which has no name of its own.

    >>> explain_full(RuntimeError("err == 0. DefaultCPUAllocator: can't allocate memory: you ..."))
    "can't allocate memory: you ..."
    """
    _, cpu, said = str(error).rpartition("DefaultCPUAllocator: ")
    found = cpu or type(error).__name__ == "OutOfMemoryError"
    return " ".join(said.split()).split(". ")[0] if found else ""


def explain(error: Exception) -> str:
    """An error as one line. What the operating system says gets its file and, if known, a cure.

    >>> explain(FileNotFoundError(2, "No such file or directory", "a.jsonl"))
    'a.jsonl: No such file or directory'
    >>> explain(OSError(errno.EROFS, "Read-only file system", "runs/laptop/report"))
    'runs/laptop/report: Read-only file system; name another place with --out'
    """
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            text += "; a file is in the way of a folder: name another place"
        if error.errno == errno.EROFS:
            text += "; name another place with --out"
        if error.strerror == os.strerror(errno.ENOSPC):
            text += "; what was saved is whole: free some space and give the same command again"
    return " ".join(text.split())
