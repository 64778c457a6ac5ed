"""Wrong answers made by machine: one small change somewhere in a solution.

    a + b -> a - b      < -> <=      -1 -> 0      0.5 -> 1.0      min -> max      and -> or

Only the bodies of functions are changed; docstrings, signatures and texts stay. Where a change
can't be seen from outside, the mutant is right, and the exercise lists it under `same` with the
reason.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NAMES = {
    **{"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"},
    **{"any": "all", "all": "any", "sum": "mean", "mean": "sum", "argmax": "argmin"},
    **{"clamp_min": "clamp_max", "clamp_max": "clamp_min", "real": "imag", "imag": "real"},
    **{"cos": "sin", "sin": "cos", "sigmoid": "tanh", "log": "exp", "exp": "expm1"},
    **{"log_softmax": "softmax", "sorted": "list", "append": "remove"},
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A solution with one change."""

    label: str
    """"line:column: old -> new"."""
    text: str


def mutants(text: str) -> list[Mutant]:
    """Every mutant of the functions in a text, each once, in the order of the text.

    >>> [one.label for one in mutants("def f(a, b):\\n    return a + 2 * b")]
    ['2:11: a + 2 * b -> a - 2 * b', '2:15: 2 * b -> 2 / b', '2:15: 2 -> 3']
    """
    tree = ast.parse(text)
    found: dict[str, Mutant] = {}
    original = ast.unparse(tree)
    for node in places(tree):
        for undo, label in changes(node):
            changed = ast.unparse(tree)
            if changed != original:
                found.setdefault(changed, Mutant(label, changed + "\n"))
            undo()
    return list(found.values())


def places(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that may change: those in the bodies of functions, texts left out."""
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for statement in function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            skipped = {
                inner
                for node in ast.walk(statement)
                if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.Raise | ast.keyword)
                for inner in ast.walk(unseen(node))
            }
            yield from (node for node in ast.walk(statement) if node not in skipped)


def unseen(node: ast.AST) -> ast.AST:
    """The part of a node in which a change can't be seen: texts, annotations, zip's `strict`."""
    if isinstance(node, ast.AnnAssign):
        return node.annotation
    return ast.Pass() if isinstance(node, ast.keyword) and node.arg != "strict" else node


def changes(node: ast.AST) -> Iterator[tuple[Callable[[], None], str]]:
    """Make each change of a node in place; the caller looks at the tree, then undoes it."""
    for field, new in alternatives(node):
        before, old = ast.unparse(node), getattr(node, field)
        setattr(node, field, new)
        label = f"{place(node)}: {before} -> {ast.unparse(node)}"
        yield (lambda node=node, field=field, old=old: setattr(node, field, old)), label


def place(node: ast.AST) -> str:
    """Line and column, as a compiler writes them."""
    return f"{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}"


def alternatives(node: ast.AST) -> Iterator[tuple[str, object]]:
    """(field, new value) of each change that a node allows."""
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield "op", OPERATORS[type(op)]()
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            yield "ops", [COMPARISONS[type(op)]()]
        case ast.BoolOp(op=op):
            yield "op", ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            yield "operand", ast.Constant(value=number + 1)  # the axis -1 becomes -2
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert() as op):
            yield "op", ast.UAdd() if isinstance(op, ast.USub) else op
            if not isinstance(op, ast.USub):
                yield "op", ast.UAdd()
        case ast.Constant(value=bool() as truth):
            yield "value", not truth
        case ast.Constant(value=int() as number):
            yield "value", number + 1
        case ast.Constant(value=float() as number):
            yield "value", number * 2 if number else 1.0
        case ast.Attribute(attr=name) if name in NAMES:
            yield "attr", NAMES[name]
        case ast.Name(id=name) if name in NAMES:
            yield "id", NAMES[name]
        case ast.IfExp(orelse=orelse):
            yield "body", orelse
        case ast.Call(keywords=[*_, last]) if last.arg not in (None, "strict"):
            yield "keywords", node.keywords[:-1]
