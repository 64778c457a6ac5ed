"""`minir1 eval RUN`: how good is a trained model, with intervals."""

from dataclasses import replace
from pathlib import Path

from minir1.cli.options import Json
from minir1.cli.output import say
from minir1.run.home import find_run, read_config


def main(
    run: Path,
    *,
    problems: int | None = None,
    samples: int | None = None,
    temperature: float | None = None,
    max_new_tokens: int | None = None,
    checkpoint: str | None = None,
    as_json: Json = False,
) -> int:
    """Evaluate a run on held-out problems. What is not given comes from the run's recipe.

    A run that was made `--with` a file holds it as task.py, and this executes it: evaluate no such
    run of somebody whose programs you would not run.

    Args:
        run: the run's folder, or its name in runs/
        problems: how many held-out problems
        samples: completions a problem, at most 1000; pass@k for every k up to this
        temperature: 1 samples from the policy itself, 0 always takes the likeliest token
        max_new_tokens: the longest completion, in tokens: does more room help?
        checkpoint: a folder in the run's checkpoints/; the last one if not given
    """
    folder = find_run(run)
    given = {"problems": problems, "samples": samples, "temperature": temperature}
    given |= {"max_new_tokens": max_new_tokens}
    dials = {name: value for name, value in given.items() if value is not None}
    replace(read_config(folder).eval, **dials)  # refuses a wrong one before a model is read
    from minir1.run.evaluate import evaluate_run

    say(evaluate_run(folder, checkpoint=checkpoint, **dials), as_json)
    return 0
