"""From words to a call: tyro reads the options that a command's signature asks for.

What this adds to tyro: a recipe as the first word, the nearest names beside an unknown one, and
one line for an error in place of a box.
"""

import contextlib
import difflib
import functools
import inspect
import io
import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

import tyro

from minir1 import recipes
from minir1.config import Config

Command = Callable[..., int]

Recipe = Annotated[Config, tyro.conf.arg(name="")]
"""The type of a command's `config`: its fields become options without a prefix."""

Json = Annotated[
    bool,
    tyro.conf.arg(name="json", help="print numbers as JSON"),
    tyro.conf.FlagCreatePairsOff,
]
"""The type of a command's `as_json`: the option is `--json`."""


SHAPES_ARE_ENOUGH = ("plan", "preflight")
"""Commands that need a model's shape and not its weights."""


def call(command: Command, name: str, words: list[str]) -> int:
    """Call `command` with the arguments that `words` give it, and return its exit status."""
    prog = f"minir1 {name}"
    options = [f"--{p.removeprefix('as_')}" for p in inspect.signature(command).parameters]
    known = {""}  # bases whose shape need not be read from their files

    @functools.wraps(command)
    def bind(*args: Any, **kwargs: Any) -> Callable[[], int]:
        if "config" in kwargs and kwargs["config"].base not in known:
            from minir1.run.models import with_base
            from minir1.tasks.sources.file import check_path

            if kwargs["config"].task.name == "jsonl" and name not in SHAPES_ARE_ENOUGH:
                check_path(kwargs["config"].task.path)  # before a base is downloaded for it
            kwargs["config"] = with_base(kwargs["config"])  # it decides the shape of the model
        return functools.partial(command, *args, **kwargs)

    reader: Callable[..., Any] = bind
    about: str | None = None  # the command's own docstring
    if "--config" in options:
        if words[:1] in (["-h"], ["--help"]):
            print(recipe_page(command, prog))
            return 0
        config, words = take_recipe(prog, words)
        if name in SHAPES_ARE_ENOUGH:
            known.add(config.base)  # the recipe says it
        words = [re.sub("^--model(?==|$)", "--base", word) for word in words]
        prog += f" {config.name}"
        options = [f"--{n}" for n in field_names(config)] + options
        reader = functools.partial(bind, config=config)
        about = f"{head(command)}\n\n{config.name}: {inspect.getdoc(recipes.RECIPES[config.name])}"

    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            bound, unknown = tyro.cli(
                reader,
                prog=prog,
                description=about,
                args=words,
                return_unknown_args=True,
                config=(tyro.conf.PositionalRequiredArgs, tyro.conf.PositionalMetavarFromFieldName),
            )
    except SystemExit as stop:
        if not stop.code:
            return 0  # --help
        raise ValueError(f"{one_line(box.getvalue())}; see {prog} --help") from stop
    if unknown:
        kind = "option" if unknown[0].startswith("-") else "place for"
        hint = nearest(unknown[0], options) if kind == "option" else f"see {prog} --help"
        raise ValueError(f"there is no {kind} {unknown[0]!r}; {hint}")
    return bound()


def take_recipe(prog: str, words: list[str]) -> tuple[Config, list[str]]:
    """The recipe that the first word names, and the words after it."""
    if not words or words[0].startswith("-"):
        raise ValueError(f"{prog} needs a recipe first: one of {', '.join(recipes.RECIPES)}")
    return recipes.get(words[0]), words[1:]


def head(command: Command) -> str:
    """What a command's docstring says, without its list of arguments."""
    return (inspect.getdoc(command) or "").partition("\n\nArgs:")[0]


def recipe_page(command: Command, prog: str) -> str:
    """The help of a command that takes a recipe, before one is named: a line a recipe."""
    width = max(map(len, recipes.RECIPES)) + 2
    lines = []
    for name, make in recipes.RECIPES.items():
        summary, *_ = (inspect.getdoc(make) or "").splitlines()
        lines.append(f"  {name:<{width}}{summary}")
    return "\n".join(
        [
            f"usage: {prog} RECIPE [OPTIONS]",
            "",
            head(command),
            "",
            "recipes:",
            *lines,
            "",
            f"{prog} RECIPE --help says more of a recipe, and lists every option with its values.",
        ]
    )


def field_names(config: Any, prefix: str = "") -> list[str]:
    """Every field of a nested config by its dotted name, as the command line spells it."""
    names = []
    for field in fields(config):
        value, name = getattr(config, field.name), prefix + field.name.replace("_", "-")
        names += field_names(value, f"{name}.") if is_dataclass(value) else [name]
    return names


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint beside a name that doesn't exist: the nearest of those that do.

    >>> nearest("labtop", ["smoke", "laptop"])
    'nearest: laptop'
    >>> nearest("--zero.lr", ["--zero.optim.lr", "--pretrain.optim.lr", "--zero.steps"])
    'nearest: --zero.optim.lr, --pretrain.optim.lr'
    """
    known = list(known)
    name = name.partition("=")[0].replace("_", "-")
    last = name.rpartition(".")[2]
    same_end = [k for k in known if "." in name and k.endswith(f".{last}")]
    close = difflib.get_close_matches(name, same_end or known, n=3, cutoff=0 if same_end else 0.6)
    return f"nearest: {', '.join(close)}" if close else f"there are: {', '.join(known[:12])}"


def one_line(box: str) -> str:
    """The message inside tyro's error box, without its title and the help below its first rule.

    >>> one_line("Value error\\n-----------\\n| Error parsing --seed: no int |\\n|-----|")
    'no int (--seed)'
    """
    plain = re.sub(r"\x1b\[[0-9;]*m", "", box)  # without colours
    lines = [line.strip(" |\u2502") for line in plain.splitlines()[1:]]
    blocks = [" ".join(b) for rule, b in itertools.groupby(lines, is_rule) if not rule]
    message = blocks[0] if blocks else " ".join(plain.split())
    if message.startswith("Error parsing "):
        where, _, what = message.removeprefix("Error parsing ").partition(": ")
        what = re.sub(
            "^(invalid literal for int|could not convert).*: (.*)", r"\2 is no number", what
        )
        return f"{what} ({where})" if where.startswith("-") else what
    return message.rstrip(".")


def is_rule(line: str) -> bool:
    """Whether a line of a box is a rule, or its bottom, and not text."""
    return set(line) <= set("-\u2500\u2570\u256f")
