"""Sentences about controls say what the rows say, for one seed and for several."""

import pytest

from minir1.lab import real_controls
from minir1.lab.real_controls import favourite_words, gain_rows, threshold_words, verifier_words


def rows(right: int) -> list[dict[str, str]]:
    """Ten answers to 5 * 5, so many of them right; the wrong ones say 7."""
    texts = ["<answer>25</answer>"] * right + ["<answer>7</answer>"] * (10 - right)
    return [{"question": "5 * 5", "gold": "25", "completion": text} for text in texts]


def answers(paid: list[int], control: list[int], base: int = 4) -> dict:
    found = {}
    for recipe, ends in (("smollm", paid), ("smollm_format", control)):
        for seed, right in enumerate(ends):
            found[recipe, seed, "base"] = rows(base)
            found[recipe, seed, "final"] = rows(right)
    return found


@pytest.mark.parametrize(
    ("control", "verdict"),
    [
        ([4, 4, 5], "The whole interval is below it: it holds"),
        ([8, 8, 9], "The whole interval is above it: it is refuted"),
        ([1, 5, 9], "it is neither held nor refuted"),
        ([7], "One seed decides nothing"),
    ],
)
def test_the_threshold(control: list[int], verdict: str) -> None:
    """Right answers paid: 40% to 80%, so the control is to gain less than 20 points."""
    said = threshold_words(answers([8, 8, 8], control))
    assert "less than +20.0%, half of +40.0%" in said and verdict in said
    below = sum((right - 4) / 10 < 0.2 for right in control)
    assert f"{below} of {len(control)} are below" in said


def test_what_the_verifier_added() -> None:
    said = verifier_words(answers([8, 9, 8], [4, 5, 4]))
    assert "+40.0% [+40.0%, +40.0%]" in said and "better in 3 of 3 seeds, above 0" in said
    assert "not surely above 0" in verifier_words(answers([8, 9], [9, 4]))
    assert "in one seed" in verifier_words(answers([8, 9], [4]))


def test_a_line_a_seed() -> None:
    found = gain_rows(answers([8, 9], [2]))
    assert found == [
        ("0", "40.0% to 80.0% (+40.0%)", "40.0% to 20.0% (-20.0%)"),
        ("1", "40.0% to 90.0% (+50.0%)", ""),
    ]


def test_the_favourite_number() -> None:
    said = favourite_words(answers([8], [3]))
    assert (
        said
        == "Of 10 answers of the control, seed 0 gives 7 as its answer 7 times (right 0 times)."
    )


def test_the_committed_rows_have_words() -> None:
    for words in (threshold_words(), verifier_words(), favourite_words()):
        assert words.endswith(".") and "nan" not in words
    for words in (real_controls.greedy_words(), real_controls.heart_words()):
        assert words.count("%") >= 2 and "nan" not in words


def test_two_seeds_of_the_control_fell_and_one_rose() -> None:
    """The lesson says so in words."""
    signs = [row[2].split("(")[1][0] for row in gain_rows()]
    assert signs == ["+", "-", "-"]
