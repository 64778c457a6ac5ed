"""The dashboard's handles: buttons, tabs and sliders. Tab reaches each, arrow keys turn it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from minir1.lab.dashboard.groups import COLOURS, group_html
from minir1.lab.dashboard.page import (
    curves_html,
    doctor_html,
    head_html,
    inside,
    style,
    transcripts_html,
)
from minir1.lab.dashboard.routes import load_html, routes_html
from minir1.lab.dashboard.standing import Standing, View

TABS = ("Curves", "Rollouts", "Experts", "Doctor")


class Handles:
    """All widgets of one dashboard, and what they show of a `View`."""

    def __init__(self) -> None:
        from ipywidgets import (
            HTML,
            Button,
            HBox,
            IntSlider,
            Layout,
            SelectionSlider,
            Tab,
            ToggleButtons,
            VBox,
        )

        wide = Layout(width="auto")
        self.head, self.curves, self.doctor, self.groups, self.experts = (
            HTML(layout=wide) for _ in range(5)
        )
        self.start = Button(description="Start", icon="play", button_style="primary")
        self.stop = Button(description="Stop", icon="stop", button_style="warning")
        self.start.tooltip = "start the run, or let it go on, as a process of its own"
        self.stop.tooltip = "end this step, save, and leave; Resume goes on from there"
        label = {"style": {"description_width": "5em"}, "layout": Layout(width="30em")}
        self.step = SelectionSlider(options=[("-", -1)], description="step", **label)
        self.rollout = IntSlider(value=1, min=1, max=1, description="rollout", **label)
        self.colour = ToggleButtons(options=COLOURS, description="colour by")
        self.colour.style.button_width = "8em"
        handles = {"groups": [self.step, self.colour], "experts": [self.step, self.rollout]}
        self.rows = {name: VBox(some) for name, some in handles.items()}
        self.tabs = Tab(
            children=[
                self.curves,
                VBox([self.rows["groups"], self.groups]),
                VBox([self.rows["experts"], self.experts]),
                self.doctor,
            ]
        )
        self.tabs.titles = TABS
        buttons = HBox([self.start, self.stop])
        self.box = VBox([HTML(style()), self.head, buttons, self.tabs])
        self.last: View | None = None
        for handle in (self.step, self.rollout, self.colour):
            handle.observe(self._turned, names="value")

    def stand(self, name: str, standing: Standing) -> None:
        """Say where the run stands, and which button can be pressed."""
        self.head.value = head_html(name, standing)
        self.start.description = "Start" if standing.state == "new" else "Resume"
        resting = standing.state in ("new", "stopped", "failed")
        self.start.disabled = not resting
        self.stop.disabled = standing.state not in ("starting", "running")

    def say(self, text: str) -> None:
        """Say in the head what went wrong."""
        self.head.value = inside(f'<p class="failed" role="alert">{escape(text)}</p>')

    def show(self, view: View) -> None:
        """Show what was read, on every tab."""
        self.last = view
        self.curves.value = curves_html(view.run)
        self.doctor.value = doctor_html(view)
        found = sum(len(some) for some in view.findings.values())
        self.tabs.titles = (*TABS[:3], f"Doctor: {found}" if found else "Doctor")
        self._offer(view.rollouts.steps)
        self.draw_rollouts()

    def draw_rollouts(self) -> None:
        """The group at the slider's step, and its experts."""
        view = self.last
        assert view is not None, "handles are turned after the first look"
        for row in self.rows.values():
            row.layout.display = "" if view.rollouts else "none"
        if not view.rollouts:
            self.groups.value = transcripts_html(view.run)
            self.experts.value = inside("<p>No rollouts were recorded: no routes to show.</p>")
            return
        row = view.rollouts[self.step.value]
        self.rollout.max = len(row["rollouts"])
        self.groups.value = inside(group_html(row, str(self.colour.value)))
        self.experts.value = inside(load_html(row) + routes_html(row, self.rollout.value))

    def _offer(self, steps: Sequence[tuple[str, int]]) -> None:
        """Give the slider its steps; who stood at the last one follows the run."""
        many = len({stage for stage, _ in steps}) > 1
        options = [(f"{stage} {step}" if many else f"{step}", i)
                   for i, (stage, step) in enumerate(steps)]  # fmt: skip
        if not options or tuple(self.step.options) == tuple(options):
            return
        old = self.step.value
        follows = old in (-1, len(self.step.options) - 1) or old >= len(options)
        self.step.unobserve(self._turned, names="value")
        self.step.options = options
        self.step.value = len(options) - 1 if follows else old
        self.step.observe(self._turned, names="value")

    def _turned(self, _: Any) -> None:
        if self.last is not None:
            self.draw_rollouts()
