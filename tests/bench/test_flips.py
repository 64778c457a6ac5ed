"""Flipped checks: where the word stands, equal noise on both sides, what follows, the verdicts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from minir1 import recipes
from minir1.bench import flips, flips_cuts
from minir1.bench.flips_cuts import OTHER, Cut, cuts_in, first_true, followed, go_on, try_before
from minir1.bench.flips_table import CLAIMS, table, verdicts
from minir1.bench.rows import current
from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.rl.sampling import row_key, uniforms
from minir1.run.evaluate import evaluate, heldout_problems
from minir1.run.home import open_run, published, read_config
from minir1.run.jsonl import rows_in
from minir1.run.models import finished_model
from minir1.tasks import Problem, make_task
from minir1.text.tokenizer import Tokenizer

PROBLEM = Problem("countdown", "make 15 from 10 5 1", {"numbers": [10, 5, 1], "target": 15}, "")
THINK = "<think> 10 - 5 = 5 , 5 * 1 = 5 ? 15 no ; 10 + 5 = 15 , 15 * 1 = 15 ? 15 yes </think>"
ANSWER = " <answer> ( 10 + 5 ) * 1 </answer> <eos>"
WORDS = (THINK + ANSWER).split()
TASK = make_task(recipes.get("laptop").task)


def cut_of(said: str, text: str = THINK + ANSWER) -> Cut:
    (cut,) = cuts_in([{"completion": text}], [PROBLEM], said, 99)
    return cut


# Where the word stands.


def test_the_cut_is_at_the_checks_own_word() -> None:
    no, yes = cut_of("no"), cut_of("yes")
    assert (no.at, yes.at) == (14, 29)  # counted by hand
    assert no.tried.expression == "( 10 - 5 ) * 1" and yes.tried.expression == "( 10 + 5 ) * 1"
    assert no.head(flip=False) == WORDS[:15]
    assert no.head(flip=True) == [*WORDS[:14], "yes"]
    assert yes.head(flip=True) == [*WORDS[:29], "no"]


@pytest.mark.parametrize(
    ("think", "said"),
    [
        ("10 - 5 = 5 , 5 * 1 = 5 ? 15 yes", "yes"),  # a lie
        ("10 + 5 = 15 , 15 * 1 = 15 ? 15 no", "no"),  # the other lie
        ("10 + 4 = 15 , 15 * 1 = 15 ? 15 yes", "yes"),  # a wrong sum that looks right
        ("no 10 - 5 = 5 , 5 * 1 = 5 no", "no"),  # a word, but no check
        ("? 15 no ; 10 - 5 = 5", "no"),  # a check of nothing
        ("10 - 5 = 5 </think> ? 15 no", "no"),  # behind the thinking
        ("10 - 5 = 5 , 5 * 1 = 5 ? 15 no", "no"),  # nothing was written after it
    ],
)
def test_no_cut_where_no_true_check_stands_inside(think: str, said: str) -> None:
    assert cuts_in([{"completion": f"<think> {think}"}], [PROBLEM], said, 99) == []


def test_a_false_check_is_passed_over_for_the_next_true_one() -> None:
    text = "<think> 10 + 5 = 15 , 15 * 1 = 15 ? 15 no ; 10 - 5 = 5 ? 15 no ;"
    words = text.split()
    assert first_true(words, "no", PROBLEM, 99) == words.index("no", 15) == 23
    assert try_before(words, 14) is not None


# What follows it.


def test_what_follows_is_read_behind_the_word() -> None:
    no, yes = cut_of("no"), cut_of("yes")
    assert followed(TASK, no, WORDS) == {"ends": 0, "answers": 0, "right": 1, "tries": 1}
    assert followed(TASK, yes, WORDS) == {"ends": 1, "answers": 1, "right": 1, "tries": 0}
    answer = "</think> <answer> ( 10 - 5 ) * 1 </answer> <eos>"
    believed = [*no.head(True), *answer.split()]
    assert followed(TASK, no, believed) == {"ends": 1, "answers": 1, "right": 0, "tries": 0}
    more = "; 10 + 1 = 11 , 11 - 5 = 6 ? 15 no ; 5 + 1 = 6"
    lost = [*yes.head(True), *more.split()]
    assert followed(TASK, yes, lost) == {"ends": 0, "answers": 0, "right": 0, "tries": 2}


# Equal noise.


@pytest.fixture(scope="module")
def material() -> tuple[Config, Transformer, Tokenizer, list[Problem]]:
    folder = published("laptop")
    config = read_config(folder)
    config = replace(config, eval=replace(config.eval, samples=1))
    model = finished_model(config, folder, "zero", torch.device("cpu"))
    tokenizer = Tokenizer(config.model.vocab_size)
    return config, model, tokenizer, heldout_problems(config.task, 12)


@pytest.fixture(scope="module")
def completions(material) -> list[dict]:
    config, model, tokenizer, problems = material
    return evaluate(model, tokenizer, config.task, config.eval, seed=3, problems=problems)["rows"]


@pytest.mark.parametrize("said", ["no", "yes"])
def test_left_as_it_is_it_becomes_the_evaluations_completion(
    material, completions, said: str
) -> None:
    config, model, tokenizer, problems = material
    cuts = cuts_in(completions, problems, said, config.task.max_value)
    assert len(cuts) > 3
    left = go_on(model, tokenizer, cuts, False, config.eval, 3)
    same = [list(cut.words) == words for cut, words in zip(cuts, left, strict=True)]
    assert sum(same) >= len(cuts) - 1  # on another machine a sum may round over a drawn number
    flipped = go_on(model, tokenizer, cuts, True, config.eval, 3)
    for cut, words in zip(cuts, flipped, strict=True):
        assert words[: cut.at] == list(cut.words[: cut.at]) and words[cut.at] == OTHER[said]
        assert len(words) <= config.eval.max_new_tokens
    assert flipped != left


def test_both_sides_draw_what_their_row_would_have_drawn(material, monkeypatch) -> None:
    config, model, tokenizer, _ = material
    given = []

    def sample(model, prompts, keys, **options):
        given.append((torch.tensor(keys), options["max_new_tokens"]))
        ids = tokenizer.encode("</think>")
        return [type("R", (), {"completion_ids": ids}) for _ in prompts]

    monkeypatch.setattr(flips_cuts, "sample", sample)
    cuts = [cut_of("no"), replace(cut_of("yes"), index=1)]
    for flip in (False, True):
        go_on(model, tokenizer, cuts, flip, config.eval, 7)
    for (key, room), at, index in zip(given, (14, 29, 14, 29), (0, 1, 0, 1), strict=True):
        own = torch.full((20,), row_key(7, -1, index, 0))
        later = uniforms(own, torch.arange(at + 1, at + 21))
        assert torch.equal(uniforms(key.expand(20), torch.arange(20)), later)
        assert room == config.eval.max_new_tokens - at - 1


# The verdicts.


def row(seed: int, arm: str, change: float, recipe: str = "laptop") -> dict:
    """Both flips change every share by `change`: up after a no, down after a yes."""
    names = ("ends", "answers", "right", "tries")
    low, high = dict.fromkeys(names, 0.0), dict.fromkeys(names, change)
    no = {"pairs": 9, "unchanged": 1.0, "left": low, "flipped": high}
    yes = {"pairs": 8, "unchanged": 1.0, "left": high, "flipped": low}
    return {"recipe": recipe, "seed": seed, "arm": arm, "measured": {"no": no, "yes": yes}}


def rows_of(finals: list[float], base: float = 0.3) -> list[dict]:
    made = [(row(i, "base", base), row(i, "final", x)) for i, x in enumerate(finals)]
    return [one for pair in made for one in pair]


def said_of(rows: list[dict]) -> list[str]:
    return [one.split("|")[-2].strip() for one in verdicts(rows).splitlines()[2:]]


def test_a_sentence_holds_only_if_its_whole_interval_is_beyond_the_threshold() -> None:
    near = [0.001 * i for i in range(6)]
    assert said_of(rows_of([0.9 + x for x in near])) == ["holds"] * 5
    middle = said_of(rows_of([0.7 + x for x in near]))
    assert middle == ["doesn't hold", "holds", "doesn't hold", "holds", "holds"]
    assert said_of(rows_of([0.1 + x for x in near])) == ["doesn't hold"] * 5
    torn = said_of(rows_of([0.6, 1.0, 0.5, 1.0, 0.9, 0.7]))
    assert torn[0] == torn[2] == "can't tell here"
    assert set(said_of(rows_of([0.9] * 3))) == {"can't tell here"}
    assert set(said_of([])) == {"not measured"}
    assert set(said_of([row(i, "base", 0.9) for i in range(6)])) == {"not measured"}


def test_the_table_pairs_the_sides_of_a_run_and_takes_its_last_measurement() -> None:
    rows = [*rows_of([0.1, 0.1]), *rows_of([0.5, 0.7])]
    lines = [one for one in table(rows).splitlines() if "| final | no, 18 pairs in 2 runs" in one]
    assert len(lines) == 4 and "| 0 | 0.6 | +0.6 [-0.671, +1.87] |" in lines[0]
    assert "| final | yes, 16 pairs in 2 runs" in table(rows)
    assert "one run: no interval" in table(rows_of([0.5]))


# As a command.


def test_a_run_that_is_not_finished_says_how_to_get_there(tmp_path: Path) -> None:
    folder = open_run(recipes.get("laptop"), tmp_path / "half")
    with pytest.raises(ValueError, match="has not finished its pretrain stage") as error:
        flips.flip_run(folder)
    assert "\n" not in str(error.value)


def test_a_run_without_checks_is_refused(tmp_path: Path) -> None:
    mute = recipes.get("laptop")
    mute = replace(mute, corpus=replace(mute.corpus, check_share=0.0))
    with pytest.raises(ValueError, match=r"never saw a check.*check_share above 0$"):
        flips.flip_run(open_run(mute, tmp_path / "mute"))
    sums = replace(mute, task=replace(mute.task, name="arithmetic"))
    with pytest.raises(ValueError, match="aren't those of the toy's Countdown"):
        flips.flip_run(open_run(sums, tmp_path / "sums"))
    with pytest.raises(ValueError, match="name finished runs"):
        flips.main()


def test_a_policy_that_checks_nothing_says_so(material) -> None:
    config, _, tokenizer, problems = material
    blank = Transformer(config.model)
    few = replace(config, eval=replace(config.eval, max_new_tokens=3))
    with pytest.raises(ValueError, match=r'problems = 2 .* no thinking .* "no"'):
        flips_cuts.measure(blank, tokenizer, few, problems[:2], 0)


def test_rows_are_kept_only_when_asked_for(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(flips, "ROWS", tmp_path / "flips.jsonl")
    pairs = {"pairs": 4, "unchanged": 1.0, "left": {}, "flipped": {}}
    names = ("ends", "answers", "right", "tries")
    pairs |= {side: dict.fromkeys(names, 0.5) for side in ("left", "flipped")}
    measured = {"no": pairs, "yes": pairs}
    monkeypatch.setattr(flips_cuts, "measure", lambda *given: measured)
    flips.main((published("laptop"),))
    assert not flips.ROWS.exists()
    flips.main((published("laptop"),), save=True)
    base, final = (json.loads(text) for text in flips.ROWS.read_text("utf-8").splitlines())
    assert (base["arm"], final["arm"]) == ("base", "final") and base["measured"] == measured
    assert final["recipe_hash"] == read_config(published("laptop")).hash()
    assert str(published("laptop")) not in json.dumps(final)
    assert "| final | no, 4 pairs in 1 runs |" in capsys.readouterr().out


def test_the_sentences_are_five_and_each_can_be_refuted() -> None:
    assert len({one.key for one in CLAIMS}) == len(CLAIMS) == 5
    assert all(0 <= one.low < 1 for one in CLAIMS)


# What was committed.


def test_the_committed_rows_are_pairs_that_differ_in_one_word() -> None:
    rows = current(rows_in(flips.ROWS))
    arms = {(row["seed"], row["arm"]) for row in rows}
    assert len(arms) == len(rows) >= 12 and {arm for _, arm in arms} == set(flips.STAGES)
    for row in rows:
        assert row["recipe"] == "laptop" and row["problems"] == 500
        for pairs in row["measured"].values():
            assert pairs["unchanged"] > 0.99  # a rounded sum may move a word in one of hundreds
            assert 50 < pairs["pairs"] <= row["problems"]
