"""`python -m minir1.bench`: our code against others', and against its own sizes.

    python -m minir1.bench --list
    python -m minir1.bench sampler --repeats 5 --save
    python -m minir1.bench --table                        what was saved, as Markdown
    python -m minir1.bench --plots FOLDER                 what was saved, as pictures

A benchmark is one file with one typed function `main` that returns rows. Its signature is its
command line. Without `--save` nothing is written.
"""

import difflib
import inspect
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import tyro

from minir1.bench import rows, table
from minir1.run.pipe import reader_may_leave

BENCHMARKS = (
    *("sampler", "sampler_real", "grpo_step", "race", "cost", "verifiers_speed"),
    *("think", "student"),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one benchmark, or show what was saved."""
    words = list(sys.argv[1:] if words is None else words)
    if not words or words[0] in ("-h", "--help"):
        print(f"{inspect.getdoc(sys.modules[__name__])}\n\n{overview()}")
        return 0
    try:
        with reader_may_leave():
            return dispatch(words)
        return 0
    except ValueError as error:
        print(f"minir1.bench: error: {error}", file=sys.stderr)
        return 2


def dispatch(words: list[str]) -> int:
    """What the first word asks for."""
    first, rest = words[0], words[1:]
    if first == "--list":
        print(overview())
    elif first == "--table":
        print(table.tables(rows.read()))
    elif first == "--plots":
        show_plots(Path(rest[0]) if rest else Path())
    else:
        run(first, rest)
    return 0


def overview() -> str:
    """Each benchmark and what it measures."""
    about = {
        name: inspect.getdoc(import_module(f"minir1.bench.{name}").main) or ""
        for name in BENCHMARKS
    }
    return "\n".join(f"{name:<17}{text.splitlines()[0]}" for name, text in about.items())


def show_plots(folder: Path) -> None:
    """Draw what was saved."""
    from minir1.bench import plots

    folder.mkdir(parents=True, exist_ok=True)
    for path in plots.write_all(rows.read(), folder):
        print(path)


def run(name: str, words: list[str]) -> None:
    """Run a benchmark, print its table, and save its rows if asked to."""
    name = name.replace("-", "_")
    if name not in BENCHMARKS:
        near = difflib.get_close_matches(name, BENCHMARKS, cutoff=0.4)
        hint = f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(BENCHMARKS)}"
        raise ValueError(f"there is no benchmark {name!r}; {hint}")
    keep = "--save" in words
    options = [word for word in words if word != "--save"]
    measure = import_module(f"minir1.bench.{name}").main
    measured = tyro.cli(measure, args=options, prog=f"python -m minir1.bench {name}")
    print(table.tables(measured))
    if keep:
        rows.save(measured)
        print(f"\n{len(measured)} rows saved in {rows.ROWS}")


if __name__ == "__main__":
    sys.exit(main())
