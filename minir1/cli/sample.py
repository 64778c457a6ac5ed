"""`minir1 sample RUN [QUESTION]`: ask a trained model, and read its answer word by word."""

from pathlib import Path

import tyro

from minir1.run.home import find_run


def main(
    run: Path,
    question: tyro.conf.Positional[str | None] = None,
    *,
    temperature: float = 1.0,
    max_new_tokens: int | None = None,
) -> int:
    """Print a prompt, and one completion word by word as it is sampled.

    Args:
        run: the run's folder, or its name in runs/
        question: such as "make 15 from 10 5 1"; a held-out one if not given
        temperature: 1 samples from the policy itself, 0 always takes the likeliest token
        max_new_tokens: the longest completion, in tokens; the run's budget if not given
    """
    folder = find_run(run)
    from minir1.stages.sample import sample_run

    for piece in sample_run(folder, question, temperature, max_new_tokens):
        print(piece, end="", flush=True)
    print()
    return 0
