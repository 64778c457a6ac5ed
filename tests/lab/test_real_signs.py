"""Words and picture of the sums with signs say what the answers say."""

import pytest
from matplotlib.patches import Rectangle

from minir1.bench.smollm_signs import RECIPE
from minir1.lab import real_signs
from minir1.lab.real_signs import (
    held_words,
    shortcut_words,
    sides_chart,
    sides_words,
    stall_words,
)


def asked(first: int, second: int, said: int) -> dict[str, str]:
    return {
        "question": f"What is {first} + {second} =",
        "gold": str(first + second),
        "completion": f"<answer>{said}</answer>",
    }


def answers() -> dict:
    """Two questions one way and two opposite; the base is right in one, the shortcut is learned."""
    base = [asked(2, 3, 5), asked(-2, -3, 0), asked(2, -3, 0), asked(-2, 3, 0)]
    short = [asked(2, 3, 5), asked(-2, -3, -5), asked(2, -3, 5), asked(-2, 3, -5)]
    found = {(RECIPE, seed, "final"): short for seed in (0, 1)}
    found[RECIPE, 1, "final"] = [*short[:3], asked(-2, 3, 1)]
    return {(RECIPE, 0, "base"): base, **found}


def test_the_words() -> None:
    said = shortcut_words(answers())
    assert "Both one way: 50% right before, 100% after" in said
    assert "Opposite ways: 0% before, 25% after; there 75% of the answers add the sizes" in said
    assert sides_words(answers()) == "2 of the 4 held-out questions go one way."


def test_the_picture_has_a_group_of_bars_for_the_base_and_each_seed() -> None:
    picture = sides_chart(answers())
    (axes,) = picture.figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["base", "seed 0", "seed 1"]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    heights = [round(bar.get_bbox().height, 2) for bar in bars]
    assert heights == [0.5, 1, 1, 0, 0, 0.5, 0, 1, 0.5]


def test_thresholds_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_signs, "verdicts", lambda *_: [("gain", False, "too little")])
    assert held_words() == "- **gain**: does not hold: too little"


def test_what_the_lesson_says_of_the_committed_rows() -> None:
    """Half of the rule, in all seeds; and training that stands still."""
    from minir1.bench.smollm import read_answers
    from minir1.bench.smollm_greedy import GREEDY, answers_of, base_of
    from minir1.bench.smollm_signs import gain, sides

    greedy = read_answers(GREEDY)
    before = sides(base_of(greedy, RECIPE, 0))
    for rows in answers_of(greedy, RECIPE, "final").values():
        after = sides(rows)
        assert after[0] > before[0] + 0.3 and after[1] < before[1] and after[2] > 0.5
    found = gain(greedy, RECIPE)
    assert found.value >= 0.05 and found.low > 0
    assert "51% in steps 11 to 15, 51% in the last five" in stall_words()
