# %%
from collections import Counter

from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.expression import Value, evaluate, stays_in_range


def verify_countdown(gold, completion, ops="+-*/", max_value=None):
    parsed = parse(completion)
    if parsed.verdict is not None:
        return parsed.verdict
    result = evaluate(parsed.answer)
    if not isinstance(result, Value):
        return result.verdict
    limit = ({"max_value": max_value} | gold)["max_value"]
    conditions = [
        result.value == gold["target"],
        Counter(result.numbers) == Counter(gold["numbers"]),
        all(op in gold.get("ops", ops) for op in result.ops),
        limit is None or stays_in_range(result, limit),
    ]
    return (Verdict.WRONG, Verdict.CORRECT)[all(conditions)]


# %%
from minir1.tasks.base import Verdict
from minir1.tasks.completion import parse
from minir1.tasks.expression import Fault, evaluate


def verify_countdown(gold, completion, ops="+-*/", max_value=None):
    ops, max_value = gold.get("ops", ops), gold.get("max_value", max_value)
    parsed = parse(completion)
    if parsed.answer is None:
        return parsed.verdict
    result = evaluate(parsed.answer)
    if isinstance(result, Fault):
        return result.verdict
    left = list(gold["numbers"])
    for number in result.numbers:
        if number not in left:
            return Verdict.WRONG
        left.remove(number)
    if left or result.value != gold["target"] or result.ops - set(ops):
        return Verdict.WRONG
    if max_value is not None:
        for number in result.intermediates:
            if int(number) != number or not 0 <= number <= max_value:
                return Verdict.WRONG
    return Verdict.CORRECT
