# %%
from collections import Counter

from minir1.tasks.search import apply


def is_right(one, numbers, target, max_value=99):
    pool = Counter(numbers)
    last = None
    for a, op, b, c in one.steps:
        for used in (a, b):
            if pool[used] == 0:
                return False
            pool[used] -= 1
        if c is None or apply(a, op, b, max_value) != c:
            return False
        pool[c] += 1
        last = c
    return pool.total() == 1 and last == target


# %%
import operator


def is_right(one, numbers, target, max_value=99):
    compute = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    left = sorted(numbers)
    for a, op, b, c in one.steps:
        try:
            left.pop(left.index(a))
            left.pop(left.index(b))
        except ValueError:
            return False
        if op == "/":
            value = a // b if b and a % b == 0 else None
        else:
            value = compute[op](a, b)
        if value != c or not 0 <= c <= max_value:
            return False
        left = sorted([*left, c])
    return len(left) == 1 and left[0] == target
