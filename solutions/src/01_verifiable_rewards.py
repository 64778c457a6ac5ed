# %% [markdown]
# # Exercises 01: verifiable rewards
#
# A policy that is rewarded finds every gap in its verifier. First you read completions strictly, then you judge them
# exactly, then you change sides and break five verifiers that were less careful. Last come two free ones: a test that finds broken
# verifiers, and a reward that holds. The functions are those of
# [minir1/tasks/completion.py](../minir1/tasks/completion.py), [minir1/tasks/expression.py](../minir1/tasks/expression.py)
# and [minir1/tasks/countdown.py](../minir1/tasks/countdown.py).
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
from minir1.lab.desk import check, hint, peek, progress, solution
from minir1.lab.show import show

progress("01_verifiable_rewards")

# %% [markdown]
# ## 1. `parse`
#
# Take a completion apart. Any text at all gives a `Parsed`; nothing raises.
#
# - One `<eos>` at the very end is dropped. Anywhere else, or twice, it is a fault.
# - There must be exactly one `<answer>` with its `</answer>`, nothing but white space after it, and no tag inside. Before
#   it there may be one thinking part, `<think>` ... `</think>`, closed. Otherwise the answer is None.
# - No answer tag at all is `NO_ANSWER`; an empty one `EMPTY_ANSWER`; one of more than `max_answer` characters
#   `LONG_ANSWER`; a completion of more than `MAX_COMPLETION` characters `LONG_COMPLETION`. For any other fault the words
#   are yours.
# - Well formed is: the thinking, the answer, and nothing but white space around them. Then the fault is "".
#   An answer without thinking, or with text before it, still counts; it is just not well formed.
#
# White space around the answer and the thinking is stripped.

# %%
from minir1.tasks.completion import (
    EMPTY_ANSWER,
    LONG_ANSWER,
    LONG_COMPLETION,
    MAX_ANSWER,
    MAX_COMPLETION,
    NO_ANSWER,
    Parsed,
)

BROKEN = "the tags are broken"


def refused(fault: str) -> Parsed:
    """A completion without an answer to judge."""
    return Parsed(think="", answer=None, well_formed=False, fault=fault)


def parse(completion: str, max_answer: int = MAX_ANSWER) -> Parsed:
    """Take a completion apart. Any text at all gives a `Parsed`.

    >>> parse("<think> 2 + 3 </think> <answer> 5 </answer> <eos>")
    Parsed(think='2 + 3', answer='5', well_formed=True, fault='')
    >>> parse("<answer> 5 </answer>")
    Parsed(think='', answer='5', well_formed=False, fault='no think part')
    >>> parse("<answer> 5 </answer> <answer> 6 </answer>").fault
    'more than one answer'
    """
    # BEGIN SOLUTION
    if len(completion) > MAX_COMPLETION:
        return refused(LONG_COMPLETION)
    text = completion.strip()
    if text.endswith("<eos>"):
        text = text[: -len("<eos>")]
    if "<answer>" not in text and "</answer>" not in text:
        return refused(NO_ANSWER)
    if text.count("<answer>") != 1 or text.count("</answer>") != 1 or "<eos>" in text:
        return refused(BROKEN)
    before, _, rest = text.partition("<answer>")
    answer, closed, after = rest.partition("</answer>")
    if closed == '' or after.strip():
        return refused(BROKEN)
    think, outside, thought = "", before, False
    thoughts = before.count("<think>"), before.count("</think>")
    if thoughts == (1, 1) and before.index("<think>") < before.index("</think>"):
        start, _, rest = before.partition("<think>")
        think, _, end = rest.partition("</think>")
        outside, thought = start + end, True
    elif thoughts != (0, 0):
        return refused(BROKEN)  # the thinking is broken
    if "think>" in answer:
        return refused(BROKEN)
    answer = answer.strip()
    if answer == "":
        return refused(EMPTY_ANSWER)
    if len(answer) > max_answer:
        return refused(LONG_ANSWER)
    outside = outside.strip()
    well_formed = thought and not outside
    return Parsed(think.strip(), answer, well_formed, "" if well_formed else "badly formed")
    # END SOLUTION


# %%
peek(parse, "<answer> 5 </answer>")

# %%
check(parse)

# %% [markdown]
# ## 2. `stays_in_range`
#
# A text like `4 * 30 - 99` ends at 21, but on its way it was at 120. `value.intermediates` holds the result of every
# operation: each must be a whole number from 0 to `max_value`.

# %%
from minir1.tasks.expression import Value


def stays_in_range(value: Value, max_value: int) -> bool:
    """Whether every operation gave an integer in 0..max_value.

    >>> stays_in_range(evaluate("7 - 9 + 5"), 99)
    False
    """
    # BEGIN SOLUTION
    for number in value.intermediates:
        if number < 0 or number > max_value:
            return False
        if number != int(number):
            return False
    return True
    # END SOLUTION


# %%
check(stays_in_range)

# %% [markdown]
# ## 3. `verify_countdown`
#
# The whole judge. Correct is: one answer, readable; its value is the target; it uses each given number exactly once, and
# only the operators allowed; and with a `max_value`, every intermediate value stays in range. A gold may carry `ops` and
# `max_value` of its own, which then count instead. Use the package's `parse`, `evaluate` and `stays_in_range`.
#
# What has no answer gets the verdict of its structure (`parsed.verdict`), what can't be read the verdict of the
# `Fault`. Everything else is WRONG.

# %%
from typing import Any

from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse as read
from minir1.tasks.expression import Fault, evaluate, stays_in_range


def verify_countdown(
    gold: Any, completion: str, ops: str = "+-*/", max_value: int | None = None
) -> Verdict:
    """Judge a whole completion against `gold`, {"numbers": [...], "target": n}.

    With a `max_value`, every intermediate value must be an integer in 0..max_value; without
    one, fractions and negative values are allowed. A gold may carry "ops" and "max_value" of
    its own, which then count instead.

    >>> gold = {"numbers": [10, 5, 1], "target": 15}
    >>> verify_countdown(gold, "<answer> (10 + 5) * 1 </answer>")
    <Verdict.CORRECT: 'CORRECT'>
    >>> verify_countdown(gold, "<answer> 10 + 5 </answer>")
    <Verdict.WRONG: 'WRONG'>
    """
    # BEGIN SOLUTION
    ops = gold.get('ops', ops)
    max_value = gold.get('max_value', max_value)
    parsed = read(completion)
    if parsed.answer is None:
        return parsed.verdict
    result = evaluate(parsed.answer)
    if isinstance(result, Fault):
        return result.verdict
    if result.value != gold['target']:
        return Verdict.WRONG
    if sorted(result.numbers) != sorted(gold['numbers']):
        return Verdict.WRONG
    if not result.ops <= set(ops):
        return Verdict.WRONG
    if max_value is not None and not stays_in_range(result, max_value):
        return Verdict.WRONG
    return Verdict.CORRECT
    # END SOLUTION


# %%
check(verify_countdown)

# %% [markdown]
# ## 4. `cheat`
#
# Now change sides. Here are five sloppy verifiers. Each has one hole. Write a function that, for the name of a verifier
# and the gold of a problem, returns a completion that the sloppy verifier takes for right **and the real one does not**.
# The problems are not known before, but each has a solution among `ordered_tries(numbers, "+-*", 99)`: a try has a `value`
# and an `expression`. No verifier reads an expression of more than 200 characters.

# %%
from minir1.lab import sloppy

show(sloppy)

# %%
from typing import Any

from minir1.tasks.search import ordered_tries


def cheat(verifier: str, gold: Any) -> str:
    """A completion that fools the sloppy verifier of this name, and not the real one."""
    # BEGIN SOLUTION
    numbers, target = gold["numbers"], gold["target"]
    right = [t.expression for t in ordered_tries(numbers, "+-*", 99) if t.value == target]

    def make_target(numbers, target):
        # The largest number as often as it fits, the rest in ones, and a nothing at the end.
        most = max(numbers)
        one = f"{most} / {most}"
        parts = [str(most)] * (target // most) + [one] * (target % most)
        return " + ".join([*parts, one]) + f" - {one}"

    solved = right[0] if right else str(target)
    two_answers = f"<answer>{solved}</answer>;<answer>0</answer>"
    texts = {
        "anywhere": f"surely {target} ",
        "value_only": f"<answer>{target}</answer>",
        "any_answer": two_answers,
        "no_counting": f"<answer>{make_target(numbers, target)}</answer>",
        "in_the_thinking": f"<think> = {target} </think>",
    }
    return texts[verifier]
    # END SOLUTION


# %%
check(cheat)

# %% [markdown]
# ## 5. `test_verify_countdown`, a free one
#
# Five holes were shown to you. Which others would you have seen? Write a **test**. It is handed a `verify_countdown`, with the
# arguments of yours above. It returns if the verifier is right, and raises an `AssertionError` if it is broken. The grader hands
# it two right ones and ten broken ones: eight have a hole, one refuses some right answers, one crashes on some texts (an error
# in your test is a failed test). You get a point for each broken one that fails. A test that a right one fails, too, kills
# nothing: it gets 0.
#
# Ask only for what a verifier has promised: `Verdict.CORRECT` for right answers, and never for others. What it calls the others
# is its own business, and the two right ones don't agree on that.
#
# One small case for each hole, with an answer that has **no other fault**, is worth more than a thousand random ones.

# %%
from minir1.tasks.base import Verdict


def test_verify_countdown(verify_countdown):
    """Fail for every broken `verify_countdown`, and pass for every right one."""
    # BEGIN SOLUTION
    cases = [
        ([10, 5, 1], 14, "10 + 5 - 1", True), ([10, 5, 1], 14, "5 + 10 - 1", True),
        ([7, 2, 2], 7, "7 / 2 * 2", True), ([10, 5, 1], 14, "14", False),
        ([4, 2], 10, "4 + 4 + 2", False), ([5, 3, 9], 8, "5 + 3", False),
        ([6, 3], 2, "6 / 3", False, "+-*"), ([4, 30, 99], 21, "4 * 30 - 99", False, "+-*", 99),
        ([15, 2], 8, "15 / 2", False),
    ]  # fmt: skip
    for numbers, target, answer, right, *limits in cases:
        gold = {"numbers": numbers, "target": target}
        said = verify_countdown(gold, f"<answer> {answer} </answer>", *limits)
        assert (said is Verdict.CORRECT) == right, answer
    gold, good = {"numbers": [10, 5, 1], "target": 14}, "<answer> 10 + 5 - 1 </answer>"
    for text in ("<answer> x = 14 </answer>", f"<answer> 3 </answer> {good}",
                 f"<think> {good} </think>"):  # fmt: skip
        told = verify_countdown(gold, text)
        assert told is not Verdict.CORRECT, text
    # END SOLUTION


# %%
check(test_verify_countdown)

# %% [markdown]
# ## 6. `pay`, a free one
#
# The verifier holds. Now design the **reward** on top of it, so that it survives these attacks. You get a list of responses, each a
# `Written` with `verdict`, `parsed`, `tokens`, `limit` and `cut` (it reached the limit without an end), and return what each
# earns, between -1 and 1. The rubric:
#
# | points | attack | the attack fails if |
# |---|---|---|
# | 2 | anything that a wrong answer can look like | every right answer earns at least 0.1 more than every wrong one |
# | 1 | empty form | a wrong answer earns nothing above 0, however well formed it is |
# | 2 | padding | of two responses with the same verdict and form, the longer one (as a share of its limit) never earns more |
# | 2 | never ending; hanging the verifier | a wrong one that was cut earns less than one that ended; a TIMEOUT, which was not judged, earns exactly 0 |

# %%
from collections.abc import Sequence

from minir1.tasks.base import Verdict
from minir1.tasks.reward import Written


def pay(responses: Sequence[Written]) -> list[float]:
    """What each response earns, from -1 to 1."""
    # BEGIN SOLUTION
    found = []
    for one in responses:
        if one.verdict is Verdict.CORRECT:
            reward = 1.0
        elif one.verdict is Verdict.TIMEOUT:
            reward = 0.0
        elif one.cut:
            reward = -1.0
        else:
            reward = -0.2
        found.append(reward)
    return found
    # END SOLUTION


# %%
check(pay)

# %%
progress("01_verifiable_rewards")
