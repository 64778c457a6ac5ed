"""Pictures of stages, filters, wages and hacks: their words are computed from what they show."""

import json
import re

import pytest
import torch

from minir1.bench.hacking.table import current, read_results
from minir1.config.pipeline import PreferenceConfig, SftConfig
from minir1.lab.filters import kept_chart, language_chart, language_share, wage_chart
from minir1.lab.hacking import best_step, gap_chart, hack_chart, seed_chart, stop_chart
from minir1.lab.live import learn_taste, tune, tune_softly
from minir1.lab.stage_map import KINDS, PLACES, stage_map
from minir1.lab.stages import answers, of_kind, stage_chart
from minir1.lab.students import bill_chart, reported_chart
from minir1.run.home import published
from minir1.run.models import finished_model
from minir1.run.report.reading import read_run
from minir1.stages.examples import read_examples
from minir1.stages.stage_table import stage_costs
from minir1.text.tokenizer import Tokenizer

GOLD = {"language": "english", "task": "bilingual"}


def sample(think: str, verdict: str = "CORRECT") -> dict:
    text = f"<think> {think} </think> <answer> 1 + 2 </answer>"
    return {"gold": GOLD, "completion": text, "verdict": verdict}


def test_each_filter_takes_from_what_the_one_before_left():
    rows = [
        sample("1 plus 2 is 3"),
        sample("1 plus 2 is 3", "WRONG"),
        sample("1 plus 2 jadi 3"),
        sample("1 plus 2 is 3 then 2 plus 1 is 3"),
    ]
    expected = "sampled 4, right 3, and no try made twice 2, and in one language 1"
    assert kept_chart(rows).words == expected


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0, 4.0])
def test_a_heavy_weight_turns_wrong_and_pure_above_right_and_mixed(weight):
    found = dict(re.findall(r"(right, mixed|wrong, pure) ([+-][\d.]+)", wage_chart(weight).words))
    gap = float(found["right, mixed"]) - float(found["wrong, pure"])
    assert (gap > 0) == (weight < 2.0) and (abs(gap) < 1e-6) == (weight == 2.0)


def hacked(arm: str, seed: int, meant: list[float]) -> dict:
    curve = {"proxy": [0.2 + i / 100 for i in range(40)], "meant": meant, "hack": [0.5] * 40}
    return {"task": "code", "arm": arm, "seed": seed, "curve": curve}


def test_pictures_of_hacks_say_what_the_rows_say():
    peak = [i / 20 if i < 20 else 2 - i / 20 for i in range(40)]
    rows = [hacked("examples", seed, peak) for seed in range(2)]
    assert "Means over 2 seeds" in hack_chart(rows, "code").words
    assert 18 <= best_step(rows, "code", "examples") <= 24
    best, end = re.findall(r"best ([\d.]+), end ([\d.]+)", stop_chart(rows, "code").words)[0]
    assert float(best) > 0.85 > 0.2 > float(end)
    assert "seed 1: " in seed_chart(rows, "code", "examples").words
    assert gap_chart(rows, "code").figure.axes[0].lines


@pytest.fixture(scope="module")
def run():
    return read_run(published("pipeline"))


def test_a_stage_chart_reads_the_run(run):
    words = stage_chart(run, ["accuracy", "tokens"], ["pretrain", "zero"]).words
    value = run.evaluations["zero"]["scenarios"]["accuracy"]["value"]
    assert words.startswith("base, Zero.") and f"{value:.2f}" in words
    row = of_kind(run, "r1", "forbidden")[0]
    assert row["gold"]["forbidden"] and row["question"] in repr(answers(run, 0, "forbidden"))
    assert bill_chart(stage_costs(run.folder), dict.fromkeys(run.evaluations, "x") | {
        "student": "student", "r1": "R1"}).words  # fmt: skip
    assert "RL alone 47.0" in reported_chart().words


def test_the_map_has_an_arrow_for_each_link_of_the_manifest(run):
    stages = json.loads((run.folder / "pipeline.json").read_text())["stages"]
    picture = stage_map(stages)
    links = sum(one[link] is not None for one in stages for link in KINDS)
    said = picture.words.split("; ")
    assert len(said) == links and "Dev3: weights of base" in said and "Dev3: texts of Dev2" in said
    arrows = [text for text in picture.figure.axes[0].texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == links
    assert {one["stage"] for one in stages} == set(PLACES)


def test_every_thinking_is_of_one_kind_of_language(run):
    picture = language_chart(run, ("pretrain", "zero"))
    rows = of_kind(run, "zero", "bilingual")
    whole = sum(language_share(row) == 1 for row in rows)
    counts = [int(n) for n in picture.words.rpartition("Zero ")[2].split(", ")]
    assert sum(counts) == len(rows) and counts[0] == whole


def test_live_stages_learn(run):
    tokenizer = Tokenizer(run.config.model.vocab_size)
    examples = read_examples(run.folder / "data" / "student.jsonl")[:8]
    cpu = torch.device("cpu")
    teacher = finished_model(run.config, run.folder, "student", cpu)
    for learn in (
        lambda model: tune(model, tokenizer, examples, SftConfig(), steps=3, size=8),
        lambda model: tune_softly(
            model, teacher, tokenizer, examples, SftConfig(), steps=3, size=8
        ),
    ):
        losses = learn(finished_model(run.config, run.folder, "student_base", cpu))
        assert losses[2] < losses[0]
    pairs = [{"key": str(i % 6), "question": "tell about one", "chosen": "please one thanks",
              "rejected": "two two"} for i in range(24)]  # fmt: skip
    picture = learn_taste(teacher, tokenizer, pairs, PreferenceConfig(pairs_per_step=4), steps=3)
    assert "with 100% of" in picture.words


def test_the_rows_that_are_kept_can_be_drawn():
    rows = current(read_results())
    for task in ("code", "taste"):
        assert len(hack_chart(rows, task).figure.axes) >= 3
