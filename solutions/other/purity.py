# %%
from minir1.tasks.scenarios.tongues import TONGUES


def purity(thinking, tongue):
    counts = {
        name: sum(word in one.vocabulary for word in thinking.split())
        for name, one in TONGUES.items()
    }
    return counts[tongue.name] / max(1, sum(counts.values()))


# %%
from minir1.tasks.scenarios.tongues import TONGUES


def purity(thinking, tongue):
    every = frozenset().union(*(one.vocabulary for one in TONGUES.values()))
    words = [word for word in thinking.split() if word in every]
    return 0.0 if not words else 1 - sum(w not in tongue.vocabulary for w in words) / len(words)
