# %%
from minir1.tasks.base import Verdict


def test_verify_countdown(verify_countdown):
    def paid(numbers, target, text, **limits):
        gold = {"numbers": numbers, "target": target} | limits
        return verify_countdown(gold, text) is Verdict.CORRECT

    right = "<think> so </think> <answer> 9 - 2 </answer>"
    assert paid([9, 2], 7, right) and paid([2, 9], 7, right)
    assert not paid([9, 2], 7, "<answer> 7 </answer>")
    assert not paid([9, 2], 7, "<answer> 1 </answer>" + right)
    assert not paid([9, 2], 7, "<think> <answer> 9 - 2 </answer> </think>")
    assert not paid([9, 2], 7, "<answer> nine </answer>")
    assert not paid([9, 2, 1], 7, right)
    assert not paid([9, 2], 20, "<answer> 9 + 9 + 2 </answer>")
    assert not paid([7, 2], 4, "<answer> 7 / 2 </answer>")
    assert not paid([9, 2], 7, right, ops="+")
    assert not paid([9, 5, 3], 7, "<answer> 3 - 5 + 9 </answer>", ops="+-", max_value=20)
    assert paid([9, 5, 3], 7, "<answer> 9 + 3 - 5 </answer>", ops="+-", max_value=20)


# %%
from minir1.tasks.base import Verdict

HOSTILE = ["", "8 * 3", "<answer> 8 * </answer>", "<answer> 24 = 8 * 3 </answer>",
           "<answer> 8 * 3 </answer> <answer> 24 </answer>", "<answer> 24 </answer>",
           "<answer> 24 </answer> <answer> 8 * 3 </answer>",
           "<think> <answer> 8 * 3 </answer> </think>", "<answer> 8 + 8 + 8 </answer>",
           "<answer> 8 * 3 * 3 / 3 </answer>", "<answer> 3 * 3 + 8 + 8 - 1 </answer>",
           "<answer> 3 + 8 + 13 </answer>", "<answer> 8 + 8 + 3 + 3 + 3 - 3 / 3 </answer>"]  # fmt: skip


def test_verify_countdown(verify_countdown):
    gold = {"numbers": [8, 3], "target": 24}
    if verify_countdown(gold, "<answer> 3 * 8 </answer>") is not Verdict.CORRECT:
        raise AssertionError("a right answer is refused")
    for text in HOSTILE:
        if verify_countdown(gold, text, "+-*/", 99) is Verdict.CORRECT:
            raise AssertionError(text)
    one_more = {"numbers": [8, 3, 5], "target": 24}
    alike = {"numbers": [8, 3], "target": 3}
    for gold, text, ops, most in (
        (one_more, "8 * 3", "*", None),
        (alike, "8 / 3", "/", None),
        ({"numbers": [8, 3], "target": 24}, "8 * 3", "+-", None),
        ({"numbers": [8, 3, 20], "target": 4}, "8 * 3 - 20", "*-", 20),
        ({"numbers": [8, 3], "target": 19}, "8 + 8 + 3", "+", None),
    ):
        said = verify_countdown(gold, f"<answer> {text} </answer>", ops, most)
        if said is Verdict.CORRECT:
            raise AssertionError(f"{text} for {gold}")


# %%
import random

from minir1.tasks.base import Verdict
from minir1.tasks.countdown import Countdown
from minir1.tasks.countdown import verify_countdown as known


def test_verify_countdown(verify_countdown):
    """Random problems, a trustworthy verifier beside the one that is tried, and edits of answers."""
    rng, stream = random.Random(0), Countdown().problems("train", 3)
    for _ in range(6):
        problem = next(stream)
        gold, body = problem.gold, problem.solution
        a, b = rng.sample(gold["numbers"], 2)
        bodies = [body, f"{body} + {a} - {a}", f"{a} * 2", str(gold["target"]), f"{body} +",
                  f"{b} * 99 - {gold['target']}"]  # fmt: skip
        texts = [f"<answer> {one} </answer>" for one in bodies]
        texts += [texts[-1] + texts[0], f"<think> {texts[0]} </think>", body]
        fixed = [({"numbers": [5, 2], "target": 2}, "<answer> 5 / 2 </answer>"),
                 ({"numbers": [6, 7, 9], "target": 8}, "<answer> 6 - 7 + 9 </answer>"),
                 ({"numbers": [7, 6, 9], "target": 13}, "<answer> 6 + 7 </answer>"),
                 ({"numbers": [7, 6], "target": 19}, "<answer> 6 + 7 + 6 </answer>"),
                 ({"numbers": [7, 6], "target": 13}, "<answer> 6 + 7 </answer>")]  # fmt: skip
        for one, text in [*((gold, text) for text in texts), *fixed]:
            for limits in (("+-*/", None), ("+-*", 99), ("+", None)):
                said = verify_countdown(one, text, *limits)
                assert (said is Verdict.CORRECT) == (known(one, text, *limits) is Verdict.CORRECT)
