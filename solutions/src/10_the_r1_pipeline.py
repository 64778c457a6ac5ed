# %% [markdown]
# # Exercises 10: what a stage learns from
#
# Between two stages of R1 stands a file of texts, and somebody decided what is in it. Three such decisions: which language
# counts ([minir1/tasks/scenarios/tongues.py](../minir1/tasks/scenarios/tongues.py)), which samples are good enough
# ([minir1/stages/rejection.py](../minir1/stages/rejection.py)), and what readers like
# ([minir1/rl/reward_model.py](../minir1/rl/reward_model.py)).

# %%
from minir1.lab.desk import check, hint, peek, progress, solution

progress("10_the_r1_pipeline")

# %% [markdown]
# ## 1. `purity`
#
# R1's language reward: of all words of the thinking that belong to **any** language, the share that is the target
# language's. Numbers, signs and unknown words are of no language. A thinking without any such word earns 0, or a policy that
# stops to think in words would be paid in full.
#
# `tongue.vocabulary` holds a language's words, `TONGUES` both languages by name.

# %%
from minir1.tasks.scenarios.tongues import TONGUES, Tongue


def purity(thinking: str, tongue: Tongue) -> float:
    """R1's language consistency: words of the target language / words of any language.

    Numbers and signs are of no language. A thinking without words earns 0.

    >>> purity("10 plus 5 jadi 15", ENGLISH), purity("10 + 5", ENGLISH)
    (0.5, 0.0)
    """
    # BEGIN SOLUTION
    mine = 0
    spoken = 0
    for word in thinking.split():
        if any(word in one.vocabulary for one in TONGUES.values()):
            spoken += 1
        if word in tongue.vocabulary:
            mine += 1
    if spoken == 0:
        return 0.0
    return mine / spoken
    # END SOLUTION


# %%
peek(purity, "10 plus 5 jadi 15", TONGUES["english"])

# %%
check(purity)

# %% [markdown]
# ## 2. `readable`
#
# Rejection sampling keeps what is right **and** fit to be learned from. One part of that: a completion is readable if it is
# well formed and makes no try of its thinking twice. `3 + 5` and `5 + 3` are the same try (`one.steps.key` is the same for
# both). The thinking may be in words: `to_signs(thinking)` says it in signs. A thinking without any try makes none twice.
#
# `parse(text)` has `well_formed` and `think`; `read_tries(signs)` gives the tries of a thinking in signs.

# %%
from minir1.tasks import parse
from minir1.tasks.scenarios.tongues import to_signs
from minir1.text.trace import read_tries


def readable(text: str) -> bool:
    """Well formed, and no try of the thinking is made twice.

    >>> readable("<think> 1 + 2 = 3 ; 1 + 2 = 3 </think> <answer> 1 + 2 </answer>")
    False
    """
    # BEGIN SOLUTION
    parsed = parse(text)
    if not parsed.well_formed:
        return False
    tries = [one.steps.key for one in read_tries(to_signs(parsed.think))]
    return len(set(tries)) == len(tries)
    # END SOLUTION


# %%
check(readable)

# %% [markdown]
# ## 3. `bradley_terry`
#
# A reader was shown two texts and took one. The model behind almost every reward model says:
#
#     P(chosen over rejected) = sigmoid(score(chosen) - score(rejected))
#
# Return the mean of minus the log of that over the pairs, and the share of pairs that the scores put in the readers'
# order. Equal scores put a pair in no order. Scores can lie far apart: the loss must stay finite.

# %%
import torch
from jaxtyping import Float
from torch import Tensor


def bradley_terry(
    chosen: Float[Tensor, "B"], rejected: Float[Tensor, "B"]
) -> tuple[Float[Tensor, ""], float]:
    """The loss of labelled pairs, and the share of them that the model puts in that order.

    >>> loss, right = bradley_terry(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    >>> round(float(loss), 4), right
    (0.8133, 0.5)
    """
    # BEGIN SOLUTION
    gap = chosen - rejected
    loss = torch.nn.functional.softplus(-gap).mean()
    right = (gap > 0).float().mean()
    return loss, float(right)
    # END SOLUTION


# %%
check(bradley_terry)

# %%
progress("10_the_r1_pipeline")
