# %%
from collections import Counter


def majority(answers):
    votes = Counter(a for a in answers if a is not None)
    return votes.most_common(1)[0][0] if votes else None


# %%
def majority(answers):
    given = [a for a in answers if a is not None]
    return max(given, key=given.count, default=None)
