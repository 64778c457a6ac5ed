"""Shaping parts against their formulas, and against what a policy would try."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import RewardConfig
from minir1.tasks import Verdict, parse, score
from minir1.tasks.reward import SHAPING, Reward, Written, shape
from minir1.tasks.shaping.cosine import cosine
from minir1.tasks.shaping.language import SCRIPTS, consistency
from minir1.tasks.shaping.overlong import overlong
from minir1.tasks.shaping.repetition import repetition

TOKENS = st.integers(0, 1000)
LIMIT = st.integers(1, 1000)
ANY = st.text(st.characters())


@given(TOKENS, LIMIT, st.floats(0.01, 1))
def test_overlong_is_dapos_equation_13(tokens, limit, share):
    buffer = share * limit
    if tokens <= limit - buffer:
        expected = 0.0
    elif tokens <= limit:
        expected = ((limit - buffer) - tokens) / buffer
    else:
        expected = -1.0
    assert math.isclose(overlong(tokens, limit, False, share), expected, abs_tol=1e-9)
    assert overlong(tokens, limit, True, share) == -1.0


def test_overlong_never_rises_with_length():
    values = [overlong(n, 240, False, 0.2) for n in range(300)]
    assert values == sorted(values, reverse=True) and values[192] == 0.0 > values[193]


@given(TOKENS, TOKENS, LIMIT)
def test_any_right_answer_beats_any_wrong_one_and_shape_follows_length(a, b, limit):
    a, b = sorted((a % (limit + 1), b % (limit + 1)))
    right = [cosine(True, n, limit, False) for n in (a, b)]
    wrong = [cosine(False, n, limit, False) for n in (a, b)]
    assert min(right) > max(wrong)
    assert right[0] >= right[1] and wrong[0] <= wrong[1]
    assert cosine(True, a, limit, True) == cosine(False, a, limit, True) == -1.0


def test_cosine_is_the_papers_curve():
    for n in range(101):
        curve = (1 + math.cos(n * math.pi / 100)) / 2
        assert math.isclose(cosine(True, n, 100, False), 0.5 + 0.5 * curve, abs_tol=1e-11)
        assert math.isclose(cosine(False, n, 100, False), -curve, abs_tol=1e-11)
    assert cosine(True, 101, 100, False) == cosine(False, 101, 100, False) == -1.0  # past its end


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 5))
def test_repetition_by_brute_force(words, n):
    places = range(len(words) - n + 1)
    again = sum(any(words[i : i + n] == words[j : j + n] for j in range(i)) for i in places)
    expected = -again / len(places) if len(places) else 0.0
    assert math.isclose(repetition(" ".join(words), n), expected, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("text", "target", "share"),
    [
        ("we go on", "latin", 1.0),
        ("\u6211\u4eec go", "han", 2 / 3),
        ("\u6211\u4eec go", "latin", 1 / 3),
        ("caf\u00e9 na\u0308ive", "latin", 1.0),
        ("\u043c\u044b go", "cyrillic", 0.5),
        ("12 + 5 = 17 , \\frac{1}{2} \u0663", "latin", 0.0),
        ("", "latin", 0.0),
        ("\u0e01\u0e33", "thai", 1.0),
        ("\u0939\u093f\u0928\u094d\u0926\u0940 go", "devanagari", 1 / 2),  # its vowels are marks
        ("\u0968 go \u00b2", "latin", 1.0),  # digits are of no language, in any script
    ],
)
def test_words_by_their_script(text, target, share):
    assert math.isclose(consistency(text, target), share)


@given(ANY, st.sampled_from(sorted(SCRIPTS)))
def test_consistency_is_a_share_and_shares_of_disjoint_scripts_fit_in_one(text, target):
    assert 0.0 <= consistency(text, target) <= 1.0
    disjoint = ("latin", "japanese", "hangul", "cyrillic", "greek", "arabic", "hebrew", "thai")
    assert sum(consistency(text, one) for one in disjoint) <= 1.0 + 1e-9


def test_two_languages_of_one_script_are_told_apart_by_words():
    text = "so kita try lagi"
    english, indonesian = {"so", "try"}, {"kita", "lagi"}
    assert consistency(text, "latin", english) == consistency(text, "latin", indonesian) == 0.5
    assert consistency("So TRY", "latin", english) == 1.0


WRONG = Written(
    Verdict.WRONG, parse("<think> a b a b </think> <answer> 5 </answer>"), 95, 100, False
)


def test_no_weight_leaves_the_reward_as_it_is():
    reward = score(Verdict.WRONG, WRONG.parsed, RewardConfig())
    assert shape(reward, WRONG, RewardConfig()) is reward


@pytest.mark.parametrize("part", SHAPING)
def test_each_part_alone_is_logged_and_weighted(part):
    weights = RewardConfig(**{part: 0.5}, ngram=2)
    reward = score(Verdict.WRONG, WRONG.parsed, weights)
    shaped = shape(reward, WRONG, weights)
    assert set(shaped.parts) == {"accuracy", "format", part}
    assert shaped.parts[part] != 0 and shaped.total == 0.5 * shaped.parts[part]
    assert shaped.parts["accuracy"] == 0.0, "strict, whatever is paid"


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("verdict", [Verdict.CORRECT, Verdict.WRONG])
def test_each_part_is_told_how_the_response_was_written(verdict, cut):
    """Each part is tested above; here, that it is given its own facts and not another's."""
    written = Written(verdict, parse("<think> kita go go go go </think>"), 30, 80, cut)
    paid = dict.fromkeys(SHAPING, 1.0)
    weights = RewardConfig(**paid, ngram=2, overlong_buffer=1.0, target_words=("go",))
    assert shape(Reward({}, 0.0), written, weights).parts == {
        "language": 4 / 5,
        "cosine": cosine(verdict is Verdict.CORRECT, 30, 80, cut),
        "overlong": overlong(30, 80, cut, 1.0),
        "answered": 0.0,
        "repetition": -2 / 4,
    }


def test_weights_and_dials_out_of_range_are_errors():
    for wrong in ({"overlong": -1.0}, {"overlong_buffer": 0.0}, {"ngram": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            RewardConfig(**wrong)


def test_the_targets_of_the_config_are_those_of_the_part():
    assert all(RewardConfig(target_language=target) for target in SCRIPTS)
    hint = RewardConfig.__annotations__["target_language"]
    assert all(repr(name)[1:-1] in hint for name in SCRIPTS)
