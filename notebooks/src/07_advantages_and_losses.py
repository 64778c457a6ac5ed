# %% [markdown]
# # 07 Advantages and losses: GRPO and its family
#
# GRPO, Dr. GRPO, DAPO, RLOO, GSPO: five names, five papers, heated threads. In code they differ in **four places**: what is
# subtracted from a reward, what a token weighs, where a ratio is clipped, and whether a reference holds the policy back. You
# take each place apart, and at the end compare the gradients of all five on the same rollouts.
#
# | | |
# |---|---|
# | **You need** | lessons 00 and 06; to know what a gradient is. No GPU, no network |
# | **Time** | 60 minutes to read and answer; the cells take about a minute |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. compute the advantages of a group by hand, in three ways, and say which is unbiased;
# 2. say what dividing by the deviation does to easy and hard problems;
# 3. say which tokens a clip silences, and what raising its upper side allows;
# 4. explain how a divisor makes wrong answers longer;
# 5. choose a KL term, and know why one of the three does nothing as a loss.

# %%
import torch

from minir1.lab.explore import explore
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show

published = load("laptop")
config, tokenizer, base = published.config, published.tokenizer, published.base

# %% [markdown]
# ## Place 1: the advantage
#
# A reward says how good an answer was. An advantage says how much better than expected it was. The cheapest expectation is
# the mean of the group: no second network is needed.
#
# **Predict.** One of G = 4 rollouts is right. What do its advantage and that of the others look like, if (a) the mean is
# subtracted, (b) the mean of the *other three*, (c) the mean, and then divided by the standard deviation (the one with G - 1)?

# %%
from minir1.lab.family import advantage_chart
from minir1.rl.advantage import group_advantages

display(show(group_advantages))
advantage_chart(right=1, size=4)

# %%
explore(advantage_chart, right=[2, 0, 1, 3, 4, 5, 6, 7, 8], size=[8, 16])

# %% [markdown]
# ## Is it the right gradient?
#
# Take the smallest policy there is: right with chance p, and one weight x with p = sigmoid(x). The true gradient of the expected
# reward is p (1 - p). The average push of each method can be summed exactly over all groups that can occur.
#
# **Predict.** Which of the curves below lie exactly on the true one? Where does GRPO push more than the truth asks for?

# %%
from minir1.lab.family import estimators, moments

display(show(moments))
expected = estimators(size=8)
display(expected)
Note(expected.words)

# %% [markdown]
# - **RLOO** is exact: the mean of the others knows nothing of the rollout itself.
# - **Dr. GRPO** is the truth times (G - 1) / G. A constant: the learning rate swallows it.
# - **GRPO** divides by the deviation, so it pushes more everywhere. A constant factor would not matter; the right
#   panel shows that it is none. Very easy and very hard problems, where the deviation is small, push **more than their
#   share**. Some call that a bias, some a curriculum. It is a choice, and now you know what you choose.
#
# And the reward itself, with no baseline (nothing subtracted)? It is exact too. So why subtract anything? Because of
# **noise**. Measure it on real models: split the groups of a batch into two halves and compare the gradients of the halves.
# Were there no noise, their cosine would be 1. (The next two cells sample and differentiate: some twenty seconds.)
#
# **Predict** the cosines with and without a baseline: for the base, which is mostly wrong, and for the policy after RL,
# which is mostly right.

# %%
from dataclasses import replace

from minir1.rl.groups import sample_groups

prompts, size, longest = at_scale(smoke=(6, 4, 60), laptop=(16, 16, 160), full=(32, 16, 240))
sizes = {"questions_per_step": prompts, "group_size": size, "max_new_tokens": longest}
zero, sampled = replace(config.zero, **sizes), {}
for name, model in (("base", base), ("after RL", published.policy)):
    fresh = published.task.problems("train", seed=5)
    sampled[name], _ = sample_groups(model, tokenizer, published.task, fresh, zero, seed=5, step=0)

# %%
from minir1.lab.family import agreement

alike = {
    "base": agreement(base, sampled["base"], longest),
    "after RL": agreement(published.policy, sampled["after RL"], longest),
}
groups = sampled["base"]
rows = [(name, *(f"{value:.2f}" for value in found.values())) for name, found in alike.items()]
Table(("cosine of two halves", *alike["base"]), rows)

# %% [markdown]
# Read the table twice. For the base, the baseline makes the halves agree more. Not by much: where most rewards are 0, they
# already say "nothing here". And after RL the halves do not agree at all, with or without: what is left to learn is small
# beside the noise of so few groups. That is one reason why curves flatten, and why people make batches larger late in a run.
#
# ## Dead groups
#
# If all rewards of a group are equal, every advantage is 0. That costs rollouts and teaches nothing.
#
# **Predict.** A base is right in 2% of its answers. How many of the groups of 8 are dead? Of 64?

# %%
from minir1.lab.family import dead_chart

display(dead_chart())
dead = [(p, *(f"{p**g + (1 - p) ** g:.2f}" for g in (4, 8, 16, 64))) for p in (0.02, 0.1, 0.5, 0.9)]
Table(("chance of success", "G = 4", "8", "16", "64"), dead)

# %% [markdown]
# Large groups save hard problems; *dynamic sampling* (DAPO) asks new questions until enough groups are alive. Both cost
# rollouts. The cheapest cure is a task that is neither too hard nor too easy: p between .2 and .8.
#
# ## Place 2: the ratio and its clip
#
# After the first update the policy is not the one that sampled. The ratio (new probability / old probability, token by token)
# corrects for it, and the clip says how far this correction is trusted. The objective takes the *smaller* of the clipped and
# the free value, so the clip only ever takes gradient **away**. A *good* token has a positive advantage, a *bad* one a
# negative.
#
# **Predict** for each case whether the token still has a gradient: good and ratio 1.5; good and ratio 0.5; bad and 1.5; bad and 0.5.

# %%
from minir1.lab.clip import clip_chart
from minir1.rl.loss import log_ratios, policy_loss

display(show(policy_loss))
explore(clip_chart, clip_low=[0.2, 0.1, 0.4, 0.8], clip_high=[0.28, 0.1, 0.2, 0.5, 1.0])

# %% [markdown]
# Good and 1.5: none. Good and 0.5: whole. Bad and 1.5: whole. Bad and 0.5: none. So a bad token whose ratio has *risen* keeps
# its gradient: there things went wrong, and may be mended without limit. Each side of the clip silences only those tokens
# that already went where they should. And it only stops the push: other tokens, or the optimizer's momentum, can still carry
# the ratio further.
#
# Why raise the upper side only (DAPO's *clip-higher*)? **Predict** how much probability one batch can add to a token that had
# 1%, and to one that had 50%.

# %%
from minir1.lab.family import ceiling_chart

ceiling_chart([1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9], highs=(0.2, 0.28, 10.0))

# %% [markdown]
# A clip is relative. With 0.28, a token of 1% is pushed to 1.28% at most in one batch, and one of 50% to 64%. So rare tokens, however
# good, grow slowly; the policy narrows, and entropy falls. A higher upper side gives rare good tokens more room. R1's first RL stage used
# a clip (its paper's epsilon) of **10**: the paper says that a lower one cuts the gradient of many tokens. (The lower side is then 1 -
# 10, below every ratio: bad tokens are never silenced.)
#
# ## Place 3: what a token weighs
#
# A batch has answers of many lengths. Is every *answer* worth the same, or every *token*?
#
# **Predict.** Two answers are wrong: one with 20 tokens, one with 200. GRPO divides by the length of the answer: which one is punished
# more per token? What will a policy learn from that?

# %%
from minir1.lab.family import weight_chart
from minir1.rl.batch import token_weights

display(show(token_weights))
weight_chart([5, 10, 20, 40, 80, 160, 240], longest=240)

# %% [markdown]
# With `sequence`, a token of the short wrong answer is punished ten times as hard as one of the long answer. So a wrong
# answer is pushed down less per token the **longer** it is, and a right one is pushed up more the **shorter** it is: wrong
# answers grow. Part of the growth that people showed as "thinking" was this divisor (arXiv 2503.20783). Before you show a
# length curve, split it into right and wrong answers, and say which divisor you used.
#
# No divisor is neutral. With `token`, all tokens are alike, and so a long answer as a whole counts more (right panel).
#
# ## Place 4: the reference
#
# A **reference** is a copy of an earlier policy, and the KL divergence says how far the policy has moved away from it. A KL
# term in the loss pulls it back. It can't be computed over all texts, so it is **estimated** from the tokens that were drawn.
# Three estimates are known by their number. With r = ref / pi, the chance of the drawn token under the reference, divided by
# that under the policy pi:
#
#     k1 = -log r          k2 = (log r)^2 / 2          k3 = r - 1 - log r

# %%
from minir1.lab.kl import value_chart, value_table
from minir1.rl.loss import k3

display(show(k3), value_chart())
log_pi = torch.tensor([0.60, 0.20, 0.10, 0.06, 0.04]).log()
log_ref = torch.tensor([0.20, 0.20, 0.20, 0.20, 0.20]).log()
Table(("estimate", "mean, tokens drawn from pi", "deviation"), value_table(log_pi, log_ref))

# %% [markdown]
# As a *value*, k1 and k3 are exact on average; k3 is never negative and much less noisy than k1. But in a loss only the
# **gradient** counts, and a drawn token is a fact: the chance of drawing it has no gradient.
#
# **Predict.** One of the three has an expected gradient of exactly 0. Which? And one pulls towards *another* divergence
# than the one it estimates.

# %%
from minir1.lab.kl import expected_gradients, gradient_chart

display(show(expected_gradients))
gradient_chart(log_pi, log_ref)

# %% [markdown]
# - **k1 as a loss does nothing** (no green bar): its mean gradient is 0. It belongs into the *reward*.
# - **k2** and **ratio x k3** have the gradient of KL(pi || ref), the divergence that is meant.
# - **k3**, which GRPO and R1 put into the loss, has the gradient of KL(ref || pi), the *other* direction.
#
# Near the reference k2, k3 and ratio x k3 have the same gradient, so nobody notices until the policy has moved far.
#
# ### What went wrong here?
#
# A run is fine for 150 steps. Then the gradient is NaN, at a batch with one short row. The value of the loss is finite. The
# code masks padding, and every line looks right. **Predict** which of the two orders below is the wrong one.

# %%
difference = torch.tensor([[0.1, 200.0]], requires_grad=True)  # the second place is padding
mask = torch.tensor([[True, False]])


def mask_after(d):
    return torch.where(mask, d.exp(), 0.0).sum()


def mask_before(d):
    return torch.where(mask, d, 0.0).exp()[mask].sum()


# %%
rows = []
for form in (mask_after, mask_before):
    value = form(difference)
    (slope,) = torch.autograd.grad(value, difference)
    rows.append((form.__name__, f"{value:.3f}", slope[0].tolist()))
display(show(log_ratios))
Table(("order", "loss", "gradient"), rows)

# %% [markdown]
# At padding the two log-probabilities can be anything. `exp(200)` is infinite in float32; the mask hides it from the
# *value*, but backward multiplies 0 by infinity, and that is NaN. Mask **before** exp. It is among the most frequent causes of
# "NaN after some hundred steps".
#
# ## The family on one batch
#
# Five names, three of the four places (a reference can be added to each):

# %%
from minir1.lab.family import METHODS, family_map

rows = [(name, *settings) for name, settings in METHODS.items()]
Table(("method", "advantage", "weight of a token", "level of the ratio"), rows)

# %% [markdown]
# Now all five, on the same rollouts of the same base, first before any update, then two updates later.
#
# **Predict.** Which two are *identical* before the update? Which pair is least alike?

# %%
import copy

from minir1.rl.step import grpo_step
from minir1.run.optim import build_optimizer

later, dials = copy.deepcopy(base), config.zero.optim
optimizer = build_optimizer(later, dials)
for _ in range(2):
    grpo_step(later, optimizer, groups, replace(zero, minibatches=1))

# %%
family = family_map({"before an update": base, "after two updates": later}, groups, longest)
display(family)
Note(family.words)

# %% [markdown]
# Before an update every ratio is 1 and no clip is active. GSPO's one ratio a sequence then has the same gradient as GRPO's
# ratios with the divisor `sequence`. And all five names point nearly the same way: on one batch they are almost one
# method. When the policy has moved, the level of the ratio matters most. What the papers argue about is not one step, but what
# small differences add up to over thousands: which problems are pushed, which lengths, which rare tokens.
#
# (All five use one clip here, .2 and .28, so that the pictures show the other places alone. GSPO's paper has a clip a thousand
# times narrower, 3e-4 and 4e-4: a mean of logs hardly moves.)
#
# # The same code at scale
#
# Each column of the family's table is a field of the recipe: `--zero.advantage`, `--zero.loss-norm`, `--zero.ratio-level`,
# `--zero.clip-high`, `--zero.kl-coef`. The loss is one function for all of them and all sizes
# ([minir1/rl/loss.py](../minir1/rl/loss.py), [minir1/rl/advantage.py](../minir1/rl/advantage.py),
# [minir1/rl/batch.py](../minir1/rl/batch.py)), and a [table](equations.md) leads from each equation of the papers to its function.

# %%
mine = config.zero
clip = f"{mine.clip_low:g} below, {mine.clip_high:g} above"
rows = [
    ("advantage", mine.advantage, "mean and deviation of the group"),
    ("clip", clip, "10 in R1's first RL stage; R1-Zero's is not stated"),
    ("weight of the KL term", f"{mine.kl_coef:g}", "0.001, k3 in the loss"),
    ("updates from one batch of rollouts", mine.minibatches, 16),
]
Table(("", "this run", "R1-Zero and R1 (arXiv 2501.12948v2)"), rows)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Rewards 1, 0, 0, 0: the three advantages of the first? (objective 1)</summary>
#
# .75 (mean), 1 (mean of the others), 1.5 (mean, then sample deviation). Only the second is exactly unbiased; the first up to the
# constant 3/4.
# </details>
# <details><summary>2. What does the division by the deviation favour? (objective 2)</summary>
#
# Very easy and very hard problems: in them a rare event gets a large advantage.
# </details>
# <details><summary>3. A bad token, ratio 1.5, clip .2: gradient? (objective 3)</summary>
#
# Whole. The clip silences bad tokens only below 1 - clip_low.
# </details>
# <details><summary>4. Responses grow, but only the wrong ones. Which place do you look at? (objective 4)</summary>
#
# The divisor: with 1 / length a long wrong answer is punished less per token.
# </details>
# <details><summary>5. KL is logged and nicely positive, but has no effect at all. What may have been chosen? (objective 5)</summary>
#
# k1 as a loss term: its expected gradient is 0.
# </details>
# <details><summary>6. The loss value is exactly 0 in the first update. Alarm?</summary>
#
# No: with mean-free advantages, equal weights a sequence and ratio 1, the value is 0 while the gradient is not.
# </details>
#
# **Where next.** Lesson 08 puts it together: a whole R1-Zero run, with controls.
