"""`minir1 sample RUN|MODEL [QUESTION]`: ask a model, and read its answer as it is written."""

import sys
from collections.abc import Iterator
from pathlib import Path

import tyro

from minir1.config import require
from minir1.run.home import CONFIG, RESULTS, RUNS, find_run

LEAVE = ("exit", "quit")
MORE = "use 1 or more"


def main(
    run: str,
    question: tyro.conf.Positional[str | None] = None,
    *,
    temperature: float = 1.0,
    max_new_tokens: int | None = None,
    seed: int = 0,
) -> int:
    """Print a model's answer as it is sampled.

    A run is asked one question, a held-out one if none is given. A model from outside (a folder
    in Hugging Face's layout, a GGUF file, an id on the hub, or smollm2) without a question is
    talked with, until an empty line, exit, or the end of the input. Ctrl-C ends an answer.

    A run that was made `--with` a file holds it as task.py, and this executes it: ask no such run
    of somebody whose programs you would not run.

    Args:
        run: a run's folder or its name in runs/; or a model from outside
        question: such as "make 15 from 10 5 1"
        temperature: 1 samples from the model itself, 0 always takes the likeliest token
        max_new_tokens: the longest answer, in tokens; the run's budget, or 512, if not given
        seed: other random numbers; of a run without a question, another problem
    """
    require(temperature >= 0, "temperature", temperature, "use 0 (greedy) or more")
    require(max_new_tokens is None or max_new_tokens > 0, "max-new-tokens", max_new_tokens, MORE)
    require(seed >= 0, "seed", seed, "use 0 or more")
    from minir1.model.hub import is_model

    by_name = not Path(run).exists() and any((r / run / CONFIG).is_file() for r in (RUNS, RESULTS))
    if by_name or not is_model(run):
        from minir1.stages.sample import sample_run

        for piece in sample_run(find_run(Path(run)), question, temperature, max_new_tokens, seed):
            print(piece, end="", flush=True)
        print()
        return 0
    from minir1.stages.sample import speaker

    one = speaker(run, temperature, max_new_tokens, seed)
    for text in [question] if question is not None else turns():
        try:
            for piece in one.say(text):
                print(piece, end="", flush=True)
        except KeyboardInterrupt:
            if question is not None or not sys.stdin.isatty():
                raise  # nobody is there who could go on
        print()
    return 0


def turns() -> Iterator[str]:
    """What a person types, or a file says line by line."""
    typed = sys.stdin.isatty()
    while True:
        if typed:
            print("\n> ", end="", flush=True)
        line = sys.stdin.readline().strip()
        if not line or line in LEAVE:
            return
        yield line
