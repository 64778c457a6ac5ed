"""Pictures and words of the phases say what the answers say."""

from pathlib import Path

import numpy as np
import pytest

from minir1.bench.smollm_kinds import ASKED
from minir1.bench.smollm_order import runs_by_name
from minir1.lab import real_phases
from minir1.lab.real_phases import (
    LIKE,
    choice_chart,
    phases_chart,
    responses,
    speaking_words,
    tries_words,
)
from minir1.run.jsonl import append_row


def asked(what: str, said: int | np.integer) -> dict[str, str]:
    first, operation, second = what.split(" ")
    gold = int(first) + (1 if operation == "+" else -1) * int(second)
    completion = f"<answer>{said}</answer>"
    return {"question": ASKED.format(what), "gold": str(gold), "completion": completion}


ONE = [asked("2 + 3", 5), asked("-2 + -3", 0), asked("2 + -3", 0), asked("-2 + 3", 0)]
OTHER = [asked("2 + 3", 5), asked("-2 + -3", -5), asked("2 + -3", 5), asked("-2 + 3", 1)]


def test_the_picture_of_phases_has_a_line_for_each_and_a_mark_for_each_seed() -> None:
    picture = phases_chart({"base": {0: ONE}, "opposite 14 all 14": {0: ONE, 1: OTHER}})
    left, right = picture.figure.axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["14 opposite, 14 all", "base"]
    points = [[np.asarray(c.get_offsets()) for c in axes.collections] for axes in (left, right)]
    assert [[dot.tolist() for dot in side[1::3]] for side in points] == [
        [[[0.5, 1]], [[0.75, 0]]],
        [[[0, 1]], [[0.25, 0]]],
    ]
    assert [[marks[:, 0].tolist() for marks in side[2::3]] for side in points] == [
        [[0.5], [0.5, 1]],
        [[0], [0, 0.5]],
    ]
    assert "base: 50% right, both one way and 0% right, opposite ways" in picture.words
    assert (
        "14 opposite, 14 all: 75% right, both one way and 25% right, opposite ways" in picture.words
    )


FORMS = ("2 + 3", "2 - 3", "2 - -3", "2 + -3", "-2 - 3", "-2 + -3", "-2 + 3", "-2 - -3")


def test_the_picture_of_the_choice_has_a_panel_for_each_sign_more() -> None:
    """Who adds wherever the operation is plus: right, then wrong way round, then in no relation."""
    rows = [
        asked(what, (1 if what[0] != "-" else -1) * (5 if " + " in what else 1)) for what in FORMS
    ]
    picture = choice_chart({"base": {0: rows}, "plain 7": {0: rows}})
    dots = [np.asarray(axes.collections[1].get_offsets())[0, 0] for axes in picture.figure.axes]
    assert dots == pytest.approx([1, -1, 0])
    assert "7 plain: 100% plain and -100% second negative and 0% first negative" in picture.words


def test_responses_have_a_line_for_each_policy() -> None:
    rows = [asked(what, 7) for what in LIKE]
    table = responses({"base": {0: rows}, "opposite 14": {0: rows}})
    said = "`<answer>7</answer>`"
    assert list(table.rows) == [("base", *[said] * 4), ("14 opposite", *[said] * 4)]


def test_words_of_phases_and_of_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    for dead in (0.5, 1.0):
        curve = {"frac_reward_zero_std": [dead, dead], "entropy": [0.25]}
        append_row(path, {"course": [["plain", 2]], "seed": 0, "curve": curve})
    assert speaking_words(path).endswith("2 plain: 75% dead, entropy 0.25.")
    append_row(tmp_path / "tries.jsonl", {"course": [["plain", 2]], "seed": 0, "right": [["q", 0]]})
    monkeypatch.setattr(real_phases.smollm_tries, "ROWS", tmp_path / "tries.jsonl")
    assert tries_words().startswith("plain 2, seed 0: one way, 0 of 64 tries are right")


# What was committed.


def test_what_the_lesson_says_of_the_phases() -> None:
    """The other half is learned alone, in the place of the first; no policy has the whole rule."""
    from minir1.bench.smollm_choice import ONE as ONE_SIGN
    from minir1.bench.smollm_choice import THREE as THREE_SIGNS
    from minir1.bench.smollm_choice import TWO as TWO_SIGNS
    from minir1.bench.smollm_order import ALONE, CONTROL, FIRST, LONGER
    from minir1.bench.smollm_order import verdicts as of_phases
    from minir1.bench.smollm_signs import sides

    found = runs_by_name()
    base = sides(found["base"][0])
    for rows in found[ALONE].values():
        one, other, _ = sides(rows)
        assert other > base[1] + 0.2 and one < base[0] - 0.1
    three = [np.mean([sides(rows)[1] for rows in found[name].values()]) for name in (ALONE, LONGER)]
    assert min(three) > 3 * base[1]
    failed = {name for name, held, _ in of_phases(found) if not held}
    assert failed == {"both, first half", "whole"}
    assert set(found) == {"base", CONTROL, ALONE, FIRST, LONGER, ONE_SIGN, TWO_SIGNS, THREE_SIGNS}
    assert "14 opposite, 14 all: 79% dead" in speaking_words()
