"""The dashboard's page, piece by piece, as HTML: it follows the theme of the page around it."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from minir1.lab.dashboard.charts import chart
from minir1.lab.dashboard.standing import Standing, View
from minir1.lab.transcripts import before_and_after
from minir1.run.doctor import Finding
from minir1.run.doctor.diary import WINDOW
from minir1.run.report.curves import HEALTH, THREE
from minir1.run.report.ink import DARK, LIGHT
from minir1.run.report.reading import Run

EMPTY = "<p>Nothing yet: the curves begin with the first step.</p>"
NO_GROUPS = (
    "<p>This run left no groups (<code>rollouts.jsonl</code>): here are held-out problems, before "
    "and after RL.</p>"
)


def style() -> str:
    """The colours of both themes, and what hides the still picture while this page is alive."""

    def colours(theme: dict[str, str]) -> str:
        return ";".join(f"--{name}:{value}" for name, value in theme.items())

    css = files("minir1.lab.dashboard").joinpath("page.css").read_text("utf-8")
    dark = colours(DARK)
    return (
        f"<style>.minir1{{{colours(LIGHT)}}}"
        f"body[data-jp-theme-light='false'] .minir1{{{dark}}}"
        "@media(prefers-color-scheme:dark){body:not([data-jp-theme-light]) .minir1"
        f"{{{dark}}}}}{css}</style>"
    )


def inside(body: str) -> str:
    """A piece of the page, with its colours."""
    return f'<div class="minir1">{body}</div>'


def head_html(name: str, standing: Standing) -> str:
    """The name of the run, where it stands, and how much of the stage is done."""
    share = standing.step / standing.of if standing.of else 0.0
    bar = (
        f'<div class="bar" role="progressbar" aria-label="steps of this stage" aria-valuemin="0" '
        f'aria-valuemax="{standing.of}" aria-valuenow="{standing.step}">'
        f'<div style="width:{100 * share:.1f}%"></div></div>'
    )
    sentence = escape(standing.sentence)
    return inside(f'<h3>{escape(name)}</h3><p class="{standing.state}">{sentence}</p>{bar}')


def curves_html(run: Run) -> str:
    """The three curves of R1-Zero, then the health of the training, as far as there is any."""
    parts = []
    for stage in dict.fromkeys(row["stage"] for row in run.metrics if "reward" in row):
        held_out = run.on_the_way() if stage == "zero" else []
        for metric, field, title, unit in THREE:
            steps, values = run.series(stage, metric)
            if len(steps):
                seen = [one[field] | {"step": one["step"]} for one in held_out if field in one]
                name = title if stage == "zero" else f"{stage}: {title.lower()}"
                parts.append(chart(name, unit, steps, values, held_out=seen))
    if parts and run.evaluations:
        parts.append('<p class="note wide">Diamonds: held-out problems, with 95% intervals.</p>')
    for stage, metric, title, unit, note in HEALTH:
        steps, values = run.series(stage, metric)
        if len(steps):
            ink = "before" if stage == "pretrain" else "after"
            parts.append(chart(title, unit, steps, values, ink=ink, note=note))
    return inside(f'<div class="charts">{"".join(parts)}</div>' if parts else EMPTY)


def doctor_html(view: View) -> str:
    """What the doctor found, or why it says nothing."""
    steps = sum("reward" in row for row in view.run.metrics)
    if steps < WINDOW and not any(view.findings.values()):
        return inside(f"<p>The doctor needs {WINDOW} steps of RL to say anything: {steps} yet.</p>")
    found = [(stage, one) for stage, some in view.findings.items() for one in some]
    if not found:
        return inside(f'<p><b class="good">Nothing found</b> in {steps} steps of RL.</p>')
    many = len(view.findings) > 1
    return inside("".join(finding_html(one, stage if many else "") for stage, one in found))


def finding_html(one: Finding, stage: str) -> str:
    """One finding: the sentence, what was seen, likely causes, what to try."""
    where = f"{escape(stage)}: " if stage else ""
    rows = (
        ("seen", one.evidence),
        ("likely", "; ".join(one.causes)),
        ("try", "; ".join(one.cures)),
    )
    lines = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    head = f'<b class="bad">{where}{escape(one.sentence)}</b> <code>{escape(one.name)}</code>'
    return f'<section class="finding"><p>{head}</p><dl>{lines}</dl></section>'


def transcripts_html(run: Run) -> str:
    """For a run without recorded groups: what it wrote on held-out problems."""
    found = before_and_after(run)
    return inside(NO_GROUPS + found._repr_html_() if found.pairs else EMPTY)
