"""Lesson 10: what is kept to learn from, what counts as one language, what readers prefer."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.rl.reward_model import bradley_terry
from minir1.stages.rejection import readable
from minir1.tasks.scenarios.tongues import ENGLISH, INDONESIAN, purity

NOTEBOOK = "10_the_r1_pipeline"
FOREIGN = ("hm", "done", "so-so", "kalimat", "thisis", "yah", "Plus", "?", "+")
"""Words of neither language, some of which hold one that is."""


def mixed_thinking(draw: Draw, share: float) -> str:
    """Numbers, words of both languages by share, and words of none."""
    words = []
    for _ in range(draw.randint(6, 30)):
        tongue = INDONESIAN if draw.random() < share else ENGLISH
        pick = draw.random()
        if pick < 0.35:
            words.append(str(draw.randint(0, 99)))
        else:
            words.append(draw.choice(FOREIGN if pick < 0.5 else sorted(tongue.vocabulary)))
    return " ".join(words)


def purity_cases(draw: Draw) -> Iterator[Case]:
    """Thinkings in one language, in both, and asked in either."""
    for share in (0.0, 0.2, 0.5, 0.5, 0.9, 1.0):
        thinking = mixed_thinking(draw, share)
        yield from (Case((thinking, ENGLISH)), Case((thinking, INDONESIAN)))


def wordless_cases(draw: Draw) -> Iterator[Case]:
    """Nothing, and numbers and signs alone: no word of any language."""
    for thinking in ("", "12 + 3 = 15", "hm hm", str(draw.randint(0, 99))):
        yield Case((thinking, draw.choice((ENGLISH, INDONESIAN))))


PURITY = Exercise(
    of=purity,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=4,
    minutes=10,
    parts=(Part("shares", 2, purity_cases), Part("wordless", 1, wordless_cases)),
    mistakes={
        "all_words": Edit("return mine / spoken", "return mine / len(thinking.split())"),
        "silence_is_pure": Edit("return 0.0", "return 1.0"),
        "kinds_of_words": Edit("in thinking.split():", "in set(thinking.split()):"),
        "the_other_one": Edit("return mine / spoken", "return 1 - mine / spoken"),
        "majority": Edit("return mine / spoken", "return float(2 * mine > spoken)"),
        "parts_of_words": Edit(
            "if word in tongue.vocabulary:", "if any(one in word for one in tongue.vocabulary):"
        ),
        "lower_case": Edit("in thinking.split():", "in thinking.lower().split():"),
    },
)


def step(draw: Draw, tongue_signs: bool) -> tuple[str, str]:
    """One step of a try, and the same with its terms exchanged."""
    a, b = draw.sample(range(1, 30), 2)
    plus, equals = draw.choice((("plus", "is"), ("tambah", "jadi"))) if tongue_signs else ("+", "=")
    return f"{a} {plus} {b} {equals} {a + b}", f"{b} {plus} {a} {equals} {a + b}"


def completion(tries: list[str], spoken: bool) -> str:
    """A well formed completion of these tries."""
    think = (" then " if spoken else " ; ").join(tries)
    return f"<think> {think} </think> <answer> 1 + 2 </answer>"


def tries_cases(draw: Draw) -> Iterator[Case]:
    """Tries that differ, one made twice: next to itself, far from itself, the other way round."""
    for spoken in (True, False):
        (first, turned), *others = [step(draw, spoken) for _ in range(4)]
        rest = [one for one, _ in others]
        a = draw.randint(3, 20)
        twins = ["1 + 5 = 6", "2 + 4 = 6"] if not spoken else ["1 plus 5 is 6", "2 plus 4 is 6"]
        chain = [f"{a} - 1 = {a - 1} , {a - 1} * 2 = {2 * a - 2}"] * 2
        for tries in ([first, *rest], [first, first, *rest], [first, *rest, first], [first],
                      [first, rest[0], turned], twins, [first, *rest, *rest[:2]]):  # fmt: skip
            yield Case((completion(tries, spoken),))
        yield Case((completion(chain, spoken=False),))


def form_cases(draw: Draw) -> Iterator[Case]:
    """A part is missing, or something stands behind the answer; a thinking without a try."""
    one = step(draw, True)[0]
    for text in (
        f"<answer> {one} </answer>",
        f"<think> {one} </think>",
        f"<think> {one} </think> <answer> 1 </answer> more",
        f"<think> {one} <answer> 1 </answer>",
        "<think> let me see </think> <answer> 1 </answer>",
        "",
    ):
        yield Case((text,))


READABLE = Exercise(
    of=readable,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=4,
    minutes=15,
    parts=(Part("tries", 2, tries_cases), Part("form", 1, form_cases)),
    mistakes={
        "form_ignored": Edit("if not parsed.well_formed:", "if False:"),
        "spelled_alike": Edit("one.steps.key", "one.steps"),
        "signs_only": Edit("to_signs(parsed.think)", "parsed.think"),
        "neighbours_only": Edit(
            "len(set(tries)) == len(tries)", "all(a != b for a, b in zip(tries, tries[1:]))"
        ),
        "same_value": Edit("one.steps.key", "one.steps.value"),
        "one_is_forgiven": Edit("== len(tries)", ">= len(tries) - 1"),
        "must_try": Edit("return len(set(tries))", "return 0 < len(set(tries))"),
    },
)


def pair_cases(draw: Draw) -> Iterator[Case]:
    """Scores of both sides; the same shift of both changes nothing."""
    for size in (1, 5, 12):
        chosen, rejected = draw.normal(size, scale=2.0), draw.normal(size, scale=2.0)
        yield Case((chosen, rejected))
        yield Case((chosen + 7.0, rejected + 7.0))


def hard_cases(draw: Draw) -> Iterator[Case]:
    """Equal scores, and scores far apart, where a sigmoid is exactly 0."""
    chosen = draw.normal(6)
    far = torch.tensor([-300.0, 300.0, 0.0, -120.0, 1.0, 0.0])
    yield from (Case((chosen, chosen.clone())), Case((chosen, chosen - far)))


BRADLEY_TERRY = Exercise(
    of=bradley_terry,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=5,
    minutes=15,
    parts=(Part("pairs", 2, pair_cases), Part("far_apart", 2, hard_cases)),
    mistakes={
        "exchanged": Edit("chosen - rejected", "rejected - chosen"),
        "summed": Edit("softplus(-gap).mean()", "softplus(-gap).sum()"),
        "ties_are_right": Edit("(gap > 0)", "(gap >= 0)"),
        "hinge": Edit("torch.nn.functional.softplus(-gap)", "torch.relu(1 - gap)"),
        "chance_of_error": Edit("torch.nn.functional.softplus(-gap)", "(1 - torch.sigmoid(gap))"),
        "log_of_zero": Edit(
            "torch.nn.functional.softplus(-gap)", "(-torch.log(torch.sigmoid(gap)))"
        ),
        "each_alone": Edit(
            "torch.nn.functional.softplus(-gap)",
            "(torch.nn.functional.softplus(-chosen) + torch.nn.functional.softplus(rejected))",
        ),
    },
)

EXERCISES = (PURITY, READABLE, BRADLEY_TERRY)
