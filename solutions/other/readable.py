# %%
from minir1.tasks import parse
from minir1.tasks.scenarios.tongues import to_signs
from minir1.text.trace import read_tries


def readable(text):
    seen = set()
    for one in read_tries(to_signs(parse(text).think)):
        if one.steps.key in seen:
            return False
        seen.add(one.steps.key)
    return parse(text).well_formed


# %%
from collections import Counter

from minir1.tasks import parse
from minir1.tasks.scenarios.tongues import to_signs
from minir1.text.trace import read_tries


def readable(text):
    parsed = parse(text)
    made = Counter(one.steps.key for one in read_tries(to_signs(parsed.think)))
    return parsed.well_formed and all(count == 1 for count in made.values())
