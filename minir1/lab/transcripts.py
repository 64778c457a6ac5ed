"""The same problems before and after RL, side by side, coloured as in the report.

Colours follow the page's theme where there is one. What a colour says is also said in words:
a false step or a false check is underlined, and each transcript has its verdict above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from minir1.run.report.reading import Run
from minir1.run.report.transcripts import Pair, Span, Transcript, pairs

STYLES = {
    "plain": "",
    "tag": "opacity:.65",
    "yes": "color:var(--jp-success-color0,#1b7a4b);font-weight:bold",
    "no": "color:var(--jp-warn-color0,#a65a05)",
    "answer": "color:var(--jp-brand-color0,#1f5fd0);font-weight:bold",
    "false": "text-decoration:underline wavy",
}
TABLE = "margin:0;color:inherit;font-size:inherit"
CELL = "text-align:left;vertical-align:top;padding:.4em 1em .4em 0;max-width:34em"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Pairs of transcripts as a table; as text, one below the other."""

    pairs: Sequence[Pair]

    def _repr_html_(self) -> str:
        return "".join(_pair_html(pair) for pair in self.pairs)

    def __repr__(self) -> str:
        return "\n\n".join(_pair_text(pair) for pair in self.pairs)


def before_and_after(run: Run, count: int = 3) -> SideBySide:
    """The first problems of each kind (solved only after RL first), not picked by hand."""
    rows = [run.evaluations.get(name, {}).get("rows", []) for name in ("base", "final")]
    return SideBySide(pairs(*rows)[:count])


def _pair_html(pair: Pair) -> str:
    head = f"<p><b>{escape(pair.question)}</b> ({escape(pair.kind)})</p>"
    sides = [("base", pair.before), ("after RL", pair.after)]
    cells = "".join(
        f'<td style="{CELL}"><i>{name}: {_summary(one)}</i><br>{_lines_html(one)}</td>'
        for name, one in sides
        if one is not None
    )
    table = f'<table style="{TABLE}"><tr style="background:none">{cells}</tr></table>'
    return head + table


def _lines_html(one: Transcript) -> str:
    return "<br>".join(" ".join(_span_html(span) for span in line) for line in one.lines)


def _span_html(span: Span) -> str:
    style = ";".join(found for kind in span.kind.split() if (found := STYLES[kind]))
    text = escape(span.text)
    return f'<code style="{style}">{text}</code>' if style else f"<code>{text}</code>"


def _summary(one: Transcript) -> str:
    tries = "" if one.tries is None else f", {one.tries} tries" if one.tries != 1 else ", 1 try"
    return f"{one.verdict}, {one.tokens} tokens{tries}"


def _pair_text(pair: Pair) -> str:
    text = [f"{pair.question} ({pair.kind})"]
    for name, one in (("base", pair.before), ("after RL", pair.after)):
        if one is not None:
            text.append(f"  {name}: {_summary(one)}")
            text += ["    " + " ".join(span.text for span in line) for line in one.lines]
    return "\n".join(text)
