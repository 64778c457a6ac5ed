"""`minir1 think RUN`: what more tokens at test time buy, and what they cost."""

import json
from pathlib import Path

from minir1.cli.options import Json
from minir1.cli.output import table
from minir1.run.home import RESULTS, RUNS, find_run


def main(
    run: Path,
    *,
    problems: int = 100,
    samples: int = 16,
    budgets: tuple[float, ...] = (0.25, 0.5, 1.0),
    sent_back: tuple[int, ...] = (1, 2, 4),
    temperature: float | None = None,
    max_new_tokens: int | None = None,
    checkpoint: str | None = None,
    out: Path | None = None,
    as_json: Json = False,
) -> int:
    """Votes, picks and budgets of a run on held-out problems, against tokens and money.

    Args:
        run: the run's folder, or its name in runs/
        problems: how many held-out problems
        samples: completions a problem: one pool for every vote and pick of up to so many
        budgets: stop the thinking at these shares of the longest completion
        sent_back: overrule the end of the thinking so often
        temperature: of sampling; the run's own if not given
        max_new_tokens: the longest completion, in tokens; the run's own if not given
        checkpoint: a folder in the run's checkpoints/; the last one if not given
        out: where the picture is written; the run's own think/ if not given, runs/NAME-think for
            a run that came with the package
    """
    folder = find_run(run)
    from minir1.bench.plots import write
    from minir1.bench.think import HEAD, cells
    from minir1.lab.thinking import chart
    from minir1.stages.asked import Dials
    from minir1.stages.think import think

    dials = Dials(problems=problems, samples=samples, budgets=budgets, sent_back=sent_back)
    result = think(folder, dials, checkpoint, temperature, max_new_tokens)
    if out is None:
        ours = folder.is_relative_to(RESULTS)
        out = RUNS / f"{folder.name}-think" if ours else folder / "think"
    out.mkdir(parents=True, exist_ok=True)
    files = write(chart(result).figure, out / f"{result['stage']}-{result['step']:06d}")
    if as_json:
        print(json.dumps(result))
        return 0
    for what in dict.fromkeys(point["what"] for point in result["points"]):
        mine = [point for point in result["points"] if point["what"] == what]
        print(f"{what}, {mine[0]['questions']} held-out questions, by what one costs:")
        table([HEAD, *map(cells, mine)])
    for note in result["notes"]:
        print(f"left out: {note}")
    print(f"\nThe picture: {files[0].resolve()}")
    return 0
