# %%
import re

from minir1.text.trace import TraceStats, is_right, read_tries


def trace_stats(think, numbers, target, max_value=99):
    tries = read_tries(think)
    retries = truthful = 0
    first = False
    seen = set()
    for i, one in enumerate(tries):
        ok = is_right(one.steps, numbers, target, max_value)
        first = first or (i == 0 and ok)
        seen.add(frozenset([(i, step) for i, step in enumerate(one.steps.key)]))
        if one.said == "no" and i + 1 < len(tries):
            retries += 1
        if (one.said == "yes" and ok) or (one.said == "no" and not ok):
            truthful += 1
    checks = sum(1 for _ in re.finditer(r"\? \d{1,4} (?:yes|no)", think))
    return TraceStats(len(tries), checks, retries, len(seen), first, truthful)


# %%
from minir1.text.trace import CHECK, TraceStats, is_right, read_tries


def trace_stats(think, numbers, target, max_value=99):
    tries = read_tries(think)
    right = {i for i, one in enumerate(tries) if is_right(one.steps, numbers, target, max_value)}
    truth = {"yes": right, "no": set(range(len(tries))) - right}
    return TraceStats(
        tries=len(tries),
        checks=len(CHECK.findall(think)),
        retries=len([one for one in tries[: len(tries) - 1] if one.said == "no"]),
        distinct_tries=len(dict.fromkeys(one.steps.key for one in tries)),
        first_try_right=0 in right,
        truthful_checks=sum(i in truth[one.said] for i, one in enumerate(tries) if one.said),
    )
