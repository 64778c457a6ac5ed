"""What the page says: whole HTML, text that is escaped, charts at the right place, words beside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from minir1.lab.dashboard.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart
from minir1.lab.dashboard.groups import group_html, group_text
from minir1.lab.dashboard.page import (
    EMPTY,
    curves_html,
    doctor_html,
    head_html,
    inside,
    style,
    transcripts_html,
)
from minir1.lab.dashboard.process import Process
from minir1.lab.dashboard.routes import load_html, routes_html
from minir1.lab.dashboard.standing import view_of
from minir1.lab.dashboard.still import still, told
from minir1.run.home import published
from minir1.run.report.ink import DARK, LIGHT
from minir1.run.report.reading import read_run
from tests.lab.dashboard.conftest import GROUP

EMPTY_TAGS = {"br", "line", "circle", "path", "rect", "polyline"}


class Whole(HTMLParser):
    """Notes tags that are left open, and the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.tags = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in EMPTY_TAGS:
            assert self.open.pop() == tag, f"{tag} is closed in the wrong place"

    def handle_data(self, data):
        self.text += data


def parsed(text):
    found = Whole(text)
    assert not found.open
    return found


@pytest.fixture
def seen(run, config):
    return view_of(Process(run, config))


def test_the_curves_are_there_and_said_in_words(seen):
    page = parsed(curves_html(seen.run))
    said = [attrs["aria-label"] for tag, attrs in page.tags if tag == "svg"]
    assert any(one.startswith("Accuracy, share of answers that are right: from") for one in said)
    assert any(one.startswith("Base: loss, nats a token: from 4.") for one in said)
    assert "Response length" in page.text and "Dead groups" in page.text
    assert EMPTY in curves_html(replace(seen.run, metrics=[]))


def test_a_chart_puts_a_value_where_it_belongs():
    steps, values = np.arange(1.0, 5.0), np.array([0.0, 1.0, 2.0, 4.0])
    text = chart("t", "tokens", steps, values)
    places = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', text)]
    floor, ceiling = HEIGHT - BOTTOM, TOP
    for (x, y), step, value in zip(places, steps, values, strict=True):
        assert x == pytest.approx(LEFT + (WIDTH - LEFT - RIGHT) * step / 4, abs=0.06)
        assert y == pytest.approx(floor - (floor - ceiling) * value / 4, abs=0.06)
    held_out = [{"step": 4, "value": 0.5, "low": 0.4, "high": 0.7}]
    parsed(chart("t", "share of <all>", steps, values / 4, held_out=held_out, note="a & b"))


def test_one_value_or_all_the_same_is_a_chart_too():
    for values in ([0.0], [0.0, 0.0], [-2.0, -2.0], [1e-7]):
        found = np.array(values)
        text = chart("t", "nats", np.arange(1.0, 1.0 + len(found)), found)
        assert "nan" not in text and "inf" not in text


def test_a_group_is_whole_and_escaped():
    page = parsed(group_html(GROUP))
    assert "1 of 16 rollouts right, 2 of them shown" in page.text
    assert "correct" in page.text and "no answer" in page.text and "advantage -0.50" in page.text
    assert "<b>" in page.text  # a token of the model, not a tag
    inks = [attrs["class"].split() for tag, attrs in page.tags if tag == "span"]
    assert [ink[1] for ink in inks] == ["up"] * 4 + ["down"] * 2
    odd = [attrs["title"] for tag, attrs in parsed(group_html(GROUP, "surprise")).tags
           if tag == "span" and "odd" in attrs["class"]]  # fmt: skip
    assert odd == ["log-probability -2.50"]
    assert "`10 + 5 <eos>`" in group_text(GROUP)


def test_a_dead_group_has_no_colour():
    rollouts = [one | {"advantage": 0.0} for one in GROUP["rollouts"]]
    page = parsed(group_html(GROUP | {"rollouts": rollouts}))
    assert {attrs["style"] for tag, attrs in page.tags if tag == "span"} == {"--a:0"}


def test_the_experts_count_from_one_and_a_dead_one_is_red():
    page = parsed(load_html(GROUP))
    bars = [attrs for tag, attrs in page.tags if tag == "rect"]
    assert [one["fill"] for one in bars] == [f"var(--{i})" for i in
            ("after", "after", "bad", "after", "after", "after", "after", "after")]  # fmt: skip
    tall = [float(one["height"]) for one in bars[:2]]
    assert tall[0] == pytest.approx(3 * tall[1], rel=0.01)
    routes = parsed(routes_html(GROUP, 1))
    numbers = re.findall(r"<i [^>]*>(\d+)</i>", routes_html(GROUP, 1))
    assert numbers == ["1", "2", "3", "4", "2", "4", "1", "3", "1", "4", "2", "3"]
    assert "<eos>" not in routes.text  # it was never fed
    assert routes_html(GROUP, 2) == ""  # nothing was recorded
    assert "no experts" in load_html(GROUP | {"load": []})


def test_the_doctor_says_what_it_needs_and_what_it_found(seen):
    page = parsed(doctor_html(seen)).text
    (one,) = seen.findings["zero"]
    for word in (one.sentence, "dead_groups", one.evidence, *one.causes, *one.cures):
        assert word in page
    healthy = replace(seen, findings={"zero": []})
    assert "Nothing found in 12 steps" in parsed(doctor_html(healthy)).text
    short = replace(
        seen, run=replace(seen.run, metrics=seen.run.metrics[:8]), findings={"zero": []}
    )
    assert "needs 8 steps of RL to say anything: 3 yet" in parsed(doctor_html(short)).text


def test_the_head_and_the_style(seen):
    page = parsed(head_html("a <run>", seen.standing))
    assert "a <run>" in page.text and "Stopped: zero, step 12 of 40" in page.text
    bar = next(attrs for _, attrs in page.tags if attrs.get("role") == "progressbar")
    assert (bar["aria-valuenow"], bar["aria-valuemax"]) == ("12", "40")
    css = style()
    assert all(color in css for color in [*LIGHT.values(), *DARK.values()])
    used = set(re.findall(r"var\(--([a-z]+)\)", css + curves_html(seen.run) + load_html(GROUP)))
    assert used <= {*LIGHT, "a"}


def test_what_stays_in_the_file(seen, tmp_path, config):
    picture = still(seen)
    assert picture.words.startswith("mine. Over 12 RL steps: accuracy from")
    assert picture.png().startswith(b"\x89PNG")
    text = told(seen).text
    doctor = f"Doctor, zero: **{seen.findings['zero'][0].sentence}**"
    for word in ("Stopped: zero", doctor, "0.05 to 1.95", "make 15"):
        assert word in text
    healthy = replace(seen, findings={"zero": []})
    assert "Doctor, zero: nothing found in 12 steps." in told(healthy).text
    begun = replace(healthy, run=replace(seen.run, metrics=seen.run.metrics[:8]))
    assert "Doctor" not in told(begun).text
    base = replace(seen, run=replace(seen.run, metrics=seen.run.metrics[:5]))
    assert "loss goes from 4.5 to 2.5" in still(base).words
    nothing = view_of(Process(tmp_path / "no", config))
    assert "no curve yet" in still(nothing).text and "Not started" in told(nothing).text


def test_a_run_without_groups_shows_its_evaluations():
    page = parsed(transcripts_html(read_run(published("laptop"))))
    assert "left no groups" in page.text and "after RL" in page.text
    assert inside("x") == '<div class="minir1">x</div>'
