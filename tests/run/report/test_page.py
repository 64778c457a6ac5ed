"""The page: complete, self-contained, safe, and graceful about what isn't there yet."""

import json
import re
import shlex
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from minir1 import recipes
from minir1.cli.options import Recipe, call
from minir1.run import stats
from minir1.run.report import write_report
from minir1.run.report.ink import DARK, LIGHT
from minir1.run.report.sections import command
from minir1.run.report.stages import MEASURES

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Outline(HTMLParser):
    """Checks that tags are closed in order, and collects text, tags and attributes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.seen, self.text, self.attributes = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def read(run):
    outline = Outline(write_report(run).read_text(encoding="utf-8"))
    assert not outline.open
    return outline


@pytest.fixture
def drawn(whole_run, tmp_path):
    """A finished run that may be changed."""
    return shutil.copytree(whole_run, tmp_path / "run")


@pytest.fixture
def run(drawn, monkeypatch):
    """The same; its charts are built but not drawn, which takes most of the time."""

    def draw(self, file, **options):
        if options.get("format") == "svg":
            file.write('<svg viewBox="0 0 9 9"></svg>')

    monkeypatch.setattr(Figure, "savefig", draw)
    return drawn


def change(run, name, edit):
    path = run / "eval" / f"{name}.json"
    evaluation = json.loads(path.read_text())
    edit(evaluation)
    path.write_text(json.dumps(evaluation))


def test_the_headline_holds_the_numbers_of_the_evaluations(run):
    page = read(run)
    base, final = (
        json.loads((run / f"eval/{name}.json").read_text()) for name in ("base", "final")
    )
    for one in (base, final):
        value = one["pass@1"]
        assert f"{100 * value['value']:.1f}%" in page.words
        assert f"{100 * value['low']:.1f} to {100 * value['high']:.1f}" in page.words
    shares = [f"{100 * one['pass@1']['value']:.1f}%" for one in (base, final)]
    assert f"From {shares[0]} to {shares[1]} right" in page.words
    right = [[[float(row["verdict"] == "CORRECT")] for row in one["rows"]] for one in (base, final)]
    gain = stats.paired_difference(*right)
    assert f"a gain of {100 * gain.value:.1f} points" in page.words
    assert f"({100 * gain.low:.1f} to {100 * gain.high:.1f})" in page.words
    # By the split, base, patience and insight add up to the accuracy after RL.
    parts = re.search(
        r"solves ([\d.]+)%\. Patience, ([+-][\d.]+) points: .*? Insight, ([+-][\d.]+) points",
        page.words,
    )
    total = sum(float(part) for part in parts.groups())
    assert total == pytest.approx(100 * final["pass@1"]["value"], abs=0.16)


def test_the_page_needs_nothing_but_itself(drawn):
    page = read(drawn)
    assert "script" not in page.seen and "link" not in page.seen and "img" not in page.seen
    for name, value in page.attributes:
        if name in ("href", "src"):
            assert value.startswith("#")
    html = (drawn / "report/index.html").read_text()
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    urls = set(re.findall(r"https?://[^\s\"'<]+", html))
    assert urls == {"http://www.w3.org/2000/svg"}


def test_charts_take_every_color_from_the_theme(drawn):
    html = write_report(drawn).read_text()
    charts = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(charts) == len(list((drawn / "report").glob("*.png"))) == 15
    for chart in charts:
        assert not re.search(r"#[0-9a-fA-F]{6}\b", chart)
        assert re.search(r'role="img" aria-label="[^"]{10,}"', chart)
        assert set(re.findall(r"var\(--(\w+)\)", chart)) <= {*LIGHT, "sans"}
    found = re.findall(r'\bid="([^"]+)"', "".join(charts))
    assert found and len(found) == len(set(found))
    style = html[html.index("<style>") : html.index("</style>")]
    for name in LIGHT:
        assert f"--{name}: {LIGHT[name]};" in style and f"--{name}: {DARK[name]};" in style


def contrast(one, other):
    """WCAG's contrast ratio of two colours."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_in_both_themes(theme):
    for name in ("ink", "muted", "after", "blind", "good", "bad"):
        assert contrast(theme[name], theme["paper"]) >= 4.5, name
    assert contrast(theme["before"], theme["paper"]) >= 3.0
    assert LIGHT.keys() == DARK.keys() and len(set(LIGHT.values())) == len(LIGHT)


def test_what_a_model_writes_is_text_and_never_markup(run):
    evil = "</script><script>alert(1)</script> <img src=x onerror=y> {{ 7*7 }} <think> </answer>"

    def poison(evaluation):
        for row in evaluation["rows"]:
            row["completion"] = row["question"] = evil

    change(run, "base", poison)
    change(run, "final", poison)
    page = read(run)
    assert "script" not in page.seen and "img" not in page.seen
    assert "<script>alert(1)</script>" in page.words and "{{ 7*7 }}" in page.words


def test_the_same_run_gives_the_same_page(drawn):
    first = write_report(drawn).read_bytes()
    assert write_report(drawn).read_bytes() == first
    assert not list((drawn / "report").glob("*.tmp"))


SECTIONS = ("eval", "metrics.jsonl", "ledger.jsonl")


@pytest.mark.parametrize("absent", [*SECTIONS, SECTIONS], ids=[*SECTIONS, "all"])
def test_what_is_absent_is_left_out_with_a_line(run, absent):
    for name in [absent] if isinstance(absent, str) else absent:
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    words = read(run).words
    missing = {
        "eval": ["Nothing is measured yet", "No transcripts", "No evaluation has run yet."],
        "metrics.jsonl": ["RL has not run yet", "Nothing has been trained yet."],
        "ledger.jsonl": ["The ledger is empty."],
    }
    for name, sentences in missing.items():
        for sentence in sentences:
            assert (sentence in words) == (name == absent or name in absent), sentence


def test_a_run_before_rl_shows_its_base(run):
    for path in (run / "eval").iterdir():
        if not path.name.startswith("base"):
            path.unlink()
    rows = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(row for row in rows if '"pretrain"' in row))
    words = read(run).words
    assert "The base solves" in words and "RL has not been evaluated yet" in words
    assert "What the base writes" in words and "not solved by the base" in words
    assert "after RL" not in words


def test_a_gain_within_chance_is_not_called_one(run):
    base = json.loads((run / "eval/base.json").read_text())

    def as_before(evaluation):
        evaluation.update(base)

    change(run, "final", as_before)
    words = read(run).words
    assert "No sure change" in words and "points (" not in words


def test_a_run_that_solved_nothing_is_told_so_and_why(run):
    nothing = {"value": 0.0, "low": 0.0, "high": 0.09}

    def solve_nothing(evaluation):
        evaluation["pass@1"] = nothing
        evaluation["insight"]["accuracy"] = 0.0
        for row in evaluation["rows"]:
            row["verdict"] = "WRONG"

    assert "Not one rollout was right" not in read(run).words
    change(run, "base", solve_nothing)
    change(run, "final", solve_nothing)
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    never = [row | {"rewards/accuracy/mean": 0.0} for row in steps if row["stage"] == "zero"]
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in never))
    words = read(run).words
    assert "Nothing solved yet, before or after RL" in words
    assert "Not one rollout was right in the 80 steps of RL" in words
    assert "minir1 run laptop shows a run that learns" in words
    assert "The policy solves nothing yet" in words and "Insight, " not in words


def test_a_pipeline_shows_what_each_stage_can_do(run):
    value = {"value": 0.4321, "low": 0.4, "high": 0.5}
    found = json.loads((run / "eval/base.json").read_text())
    for path in (run / "eval").iterdir():
        path.unlink()
    for name, refused in (("pretrain", None), ("dev1", value)):
        scenarios = dict.fromkeys(MEASURES, value) | {"refused": refused}
        evaluation = found | {"name": name, "problems": 321, "scenarios": scenarios}
        (run / f"eval/{name}.json").write_text(json.dumps(evaluation))
    with (run / "metrics.jsonl").open("a") as diary:
        diary.write(json.dumps({"stage": "dev1", "step": 1, "loss": 1.5}) + "\n")
    page = read(run)
    assert "the same 321 prompts" in page.words
    assert "dev1 43.2% 40.0 to 50.0 43.2%" in page.words and "evaluation has run" not in page.words
    html = write_report(run, recipes.RECIPES).read_text()
    assert "<pre>minir1 pipeline laptop</pre>" in html


def test_a_loss_is_called_a_loss(run):
    found = {
        name: json.loads((run / f"eval/{name}.json").read_text()) for name in ("base", "final")
    }
    change(run, "base", lambda evaluation: evaluation.update(found["final"]))
    change(run, "final", lambda evaluation: evaluation.update(found["base"]))
    words = read(run).words
    assert "a loss of" in words
    assert "Where the" not in words  # a split with a negative part has no bar


def test_other_tasks_have_no_blind_search_and_still_a_page(run):
    for path in (run / "eval").iterdir():
        evaluation = json.loads(path.read_text())
        for name in ("insight", "tries", "checks", "retries", "first_try", "repeats"):
            del evaluation[name]
        for row in evaluation["rows"]:
            row["gold"] = 7
            del row["tries"], row["checks"]
        path.write_text(json.dumps(evaluation))
    words = read(run).words
    assert "No evaluation with a blind search" in words and "held-out" in words


def test_several_samples_show_pass_at_k(run):
    value = {"value": 0.4321, "low": 0.4, "high": 0.5}

    def sampled(evaluation):
        evaluation |= {"samples": 2, "problems": 20, "maj@k": value}
        evaluation["pass@k"] = {"1": value, "2": value}

    for name in ("base", "final"):
        change(run, name, sampled)
    words = read(run).words
    assert "pass@2 43.2%" in words and "majority of 2 43.2%" in words


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        ("eval/base.json", "{broken", r"base\.json is not JSON"),
        ("eval/base.json", '{"step": 0}', r"base\.json is not an evaluation: it has no 'pass@1'"),
        ("eval/base.json", "[]", r"base\.json is not an evaluation"),
        ("metrics.jsonl", "broken\n", r"metrics\.jsonl, line 1"),
        ("ledger.jsonl", "{}\n", r"ledger\.jsonl, line 1"),
        ("config.json", "{broken", r"config\.json can't be read"),
    ],
)
def test_a_broken_file_is_named(run, file, text, error):
    (run / file).write_text(text)
    with pytest.raises(ValueError, match=error):
        write_report(run)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not a run"):
        write_report(tmp_path)


def test_the_command_makes_the_same_config_again():
    laptop = recipes.laptop()
    zero = replace(
        laptop.zero,
        steps=33,
        routing_replay=not laptop.zero.routing_replay,
        length_schedule=((5, 60), (9, 90)),
        optim=replace(laptop.zero.optim, lr=1e-5),
        reward=replace(laptop.zero.reward, target_words=("so", "don't")),
    )
    task = replace(laptop.task, ops="+-")
    examples = (("What is 2 + 2?", "4"), ("And $x?", "<answer> 5 </answer>"))
    changed = replace(laptop, name="my run", seed=7, zero=zero, task=task, examples=examples)
    made = []

    def collect(config: Recipe) -> int:
        made.append(config)
        return 0

    for config in (changed, laptop, recipes.smoke()):
        program, verb, *words = shlex.split(command(config, recipes.RECIPES))
        assert (program, verb) == ("minir1", "run")
        call(collect, "run", words)
    assert made == [changed, laptop, recipes.smoke()]


def test_the_page_shows_the_command(run):
    html = write_report(run, recipes.RECIPES).read_text()
    assert "<pre>minir1 run laptop</pre>" in html
