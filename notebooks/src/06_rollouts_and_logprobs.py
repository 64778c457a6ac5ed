# %% [markdown]
# # 06 Rollouts and log-probabilities
#
# RL with a language model has two programs that must agree on one number: the **sampler**, which writes a token with some
# log-probability, and the **trainer**, which computes the log-probability of the same token again. If they disagree, the run
# learns from a policy that never existed. This lesson makes rollouts, compares both sides, and then breaks
# them in five ways, so that you will know the fingerprints.
#
# | | |
# |---|---|
# | **You need** | lessons 00 and 02; 04 for the part on experts. No GPU, no network |
# | **Time** | 50 minutes to read and answer; the cells take about a minute |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. draw a token by hand from a random number, at any temperature;
# 2. say why a rollout must not depend on its neighbours in the batch;
# 3. say what generation costs and who pays for the longest answer;
# 4. use the difference of sampler and trainer as a bug detector, and know five fingerprints;
# 5. say what happens to ratios after an update, with and without routing replay.

# %%
import torch

from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1.text.template import prompt_ids

published = load("laptop")
config, tokenizer, base = published.config, published.tokenizer, published.base

# %%
fresh = published.task.problems("train", seed=3)
problem = next(one for one in fresh if len(set(one.gold["numbers"])) == 3)
ids = prompt_ids(tokenizer, problem.question)

# %% [markdown]
# ## One token
#
# The model gives a chance to each token. To draw one, put the tokens side by side, each as wide as its chance, and throw a
# random number u between 0 and 1: the token that it hits is written.
#
# **Predict.** The next token is the first number of a try. What will temperature 0.5 do to the widths? And 2?

# %%
from minir1.lab.drawing import draw_chart, next_logits
from minir1.lab.explore import explore
from minir1.rl.sampling import draw

display(show(draw))
logits = next_logits(base, [*ids, tokenizer.id("<think>")])


def throw(u, temperature):
    return draw_chart(logits, tokenizer, u, temperature)


# %%
print(problem.question)
explore(throw, u=[0.6, *(n / 20 for n in range(20))], temperature=[1.0, 0.25, 0.5, 1.5, 2.0, 4.0])

# %%
display(throw(0.6, 0.5), throw(0.6, 2.0))

# %% [markdown]
# Low temperature makes the widest token wider; high temperature gives the narrow ones a chance. The log-probability that is
# written down belongs to the distribution **it was drawn from**, temperature included.
#
# Is the drawing fair? Draw thousands of times and compare with the chances.

# %%
from minir1.lab.drawing import frequency_chart

fair = frequency_chart(logits, tokenizer, draws=at_scale(smoke=500, laptop=5000, full=50_000))
display(fair)
Note(fair.words)

# %% [markdown]
# (A standard error says how far a share is from its chance by luck alone. The largest of ten such gaps is often 2 and
# sometimes 3 of them.)
#
# ## A rollout is its own
#
# Random numbers usually come from one stream, so which numbers a rollout gets depends on who shares its batch. Then a run
# that is stopped and continued, or put on two GPUs, writes other texts. Here each rollout has a **key**, and its number at
# place t is a hash of (key, t).
#
# **Predict.** The same rollout is written alone, then among seven others. Will the tokens be equal? The log-probabilities, to the
# last bit?

# %%
from minir1.rl.rollout import sample
from minir1.rl.sampling import row_key, uniforms

limits = {"max_new_tokens": config.zero.max_new_tokens, "eos_id": tokenizer.eos_id}
keys = [row_key(seed=0, step=0, prompt=0, sample=n) for n in range(8)]
display(show(row_key), show(uniforms))
crowd = sample(base, [ids] * 8, keys, **limits)
(alone,) = sample(base, [ids], [keys[5]], **limits)
apart = (torch.tensor(alone.logprobs) - torch.tensor(crowd[5].logprobs)).abs().max()
print("tokens equal:", alone.completion_ids == crowd[5].completion_ids)
print(f"largest difference of log-probabilities: {apart:.0e}")

# %% [markdown]
# The tokens are equal. The log-probabilities may differ in the last digits: a matrix product of another size adds in
# another order, and each sum is rounded. Keep that number in mind: it is the floor below which no comparison can go.
#
# ## Who pays for the longest answer?
#
# All rollouts of a batch are written together, a token a step. Some end early, some think to the limit. Rows that are
# done leave the batch, but each leaving copies the cache. So they wait until a quarter of the rows is done, and leave
# together.
#
# **Predict.** How many rows are computed for each token that is written, if nobody ever leaves?

# %%
from dataclasses import replace

from minir1.lab.drawing import alive_chart
from minir1.rl.groups import sample_groups

prompts, size, longest = at_scale(smoke=(4, 4, 80), laptop=(12, 16, 240), full=(16, 16, 240))
sizes = {"questions_per_step": prompts, "group_size": size, "max_new_tokens": longest}
zero, fresh = replace(config.zero, **sizes), published.task.problems("train", seed=3)
groups, _ = sample_groups(base, tokenizer, published.task, fresh, zero, seed=3, step=0)
rollouts = [rollout for group in groups for rollout in group.rollouts]
alive = alive_chart(rollouts)
display(alive, Note(alive.words))

# %% [markdown]
# At full size this is most of the bill: people report that generation takes around 80% of an RL step. Each step reads all
# active weights from memory and writes one token a row, and the longest answer keeps the others waiting. Hence the large
# batches, the caches of lesson 03, and engines made for this alone.
#
# ## Look at them
#
# Before any number: read rollouts. Choose one, and a colour. *Surprise* is minus the log-probability of the token that was
# written: 0 where nothing else could come. It is counted in nats, the unit of natural logarithms.

# %%
from minir1.lab.browser import Browser
from minir1.rl.advantage import group_advantages

group = max(groups, key=lambda one: (not one.dead, -abs(sum(one.totals) - len(one.totals) / 3)))
advantages = group_advantages(torch.tensor([group.totals]))[0].tolist()
browser = Browser(group, advantages, tokenizer, base)
print(group.problem.question)
browser.browse()

# %% [markdown]
# Six rollouts of the group, coloured by advantage: blue is pushed up, orange down. **Predict** what is strange about giving
# all tokens of a rollout the same colour.

# %%
browser.all("advantage", most=6)

# %% [markdown]
# The arithmetic of a wrong answer may be right, and it is pushed down with the rest. Only over many rollouts does the average
# find out which tokens made the difference. That is the price for a teacher who says nothing but right or wrong.
#
# ## Where is anything decided?
#
# Most tokens were never in doubt. The **entropy** of the policy says where it was: it is the surprise that it expects, 0 if
# one token is certain, and ln 2 = 0.69 if two are equally likely. **Predict** which share of all entropy the most uncertain
# 20% of the tokens hold.

# %%
from minir1.lab.drawing import entropy_share
from minir1.rl.batch import collate

batch = collate(rollouts, [0.0] * len(rollouts))
uncertain = entropy_share(base, batch)
display(browser.one(1, "entropy"), uncertain)
Note(uncertain.words)

# %% [markdown]
# Some methods train on these tokens only (the "80/20 rule", arXiv 2506.01939). It also says where exploration can
# happen at all: where entropy is 0, every rollout does the same.
#
# ## The trainer's side
#
# The trainer does not write. It reads the whole completion at once and asks at every place: what chance had the token that
# came? One forward pass for all places, thanks to the causal mask.
#
# **Predict.** The sampler used a cache and wrote token by token. How far apart will the two be?

# %%
from minir1.lab.mismatch import gap
from minir1.rl.logprobs import token_logprobs

display(show(token_logprobs))
with torch.no_grad():
    judged, _ = token_logprobs(base, batch)
differences = (judged - batch.old_logprobs).abs()[batch.loss_mask]
worst = differences.max()
Note(
    f"{len(differences):,} tokens: mean difference **{gap(base, batch):.1e}** nats, largest **{worst:.1e}**."
)

# %% [markdown]
# Both are rounding. (A difference of 0.01 nats would be 1% of the token's chance.)
#
# ### What went wrong here?
#
# The **ratio** of a token is its chance under the trainer, divided by its chance under the sampler. Five runs log a ratio
# that is not 1 before the first update, and nothing raised an error:
#
# - the log-probabilities are shifted by one place;
# - the weights are rounded to bfloat16;
# - the trainer's prompt lacks its last tag;
# - the tokens were sampled at temperature 1.25, and are judged at 1;
# - the sampler has the weights of one update before.
#
# **Predict** the order of their sizes, then compare with the bar at the top: nothing wrong.

# %%
from minir1.lab.mismatch import fault_chart, faults, fingerprint_chart
from minir1.rl.step import grpo_step
from minir1.run.optim import build_optimizer

few = groups[: at_scale(smoke=2, laptop=6, full=12)]
short = [rollout for one in few for rollout in one.rollouts]
prompts = [one.prompt_ids for one in short]
hot_keys = [row_key(seed=1, step=0, prompt=0, sample=n) for n in range(len(short))]
hot = sample(base, prompts, hot_keys, temperature=1.25, **limits)

# %%
import copy

newer = copy.deepcopy(base)
optimizer = build_optimizer(newer, config.zero.optim)
metrics = grpo_step(newer, optimizer, groups, replace(zero, minibatches=1))
found = faults(base, newer, short, hot, 1.25)
display(show(faults), fault_chart(found))
fingerprint_chart(found)

# %% [markdown]
# These are orders of magnitude, and that is why the detector works. A healthy run sits near rounding. Low precision and old
# weights in the sampler come next: a run survives them, biased. Temperature, template and shift are bugs, and stand
# far to the right.
#
# The second picture is the second sign: **where** the difference is. A token that is sure can hardly change its chance, so
# most faults are seen where the policy is unsure, and their size tells them apart. Two are not like that. A wrong
# **template** is worst at the first token. A **shift** is large even at tokens that are sure: it compares different tokens.
#
# This is why every step of a run logs the difference ([minir1/rl/update.py](../minir1/rl/update.py)). The published run:
# **predict** what happened in the one step that stands out.

# %%
from minir1.lab.charts import lines

steps, mean = published.run.series("zero", "sampling/sampling_logp_difference/mean")
_, most = published.run.series("zero", "sampling/sampling_logp_difference/max")
logged = {"largest in a step": most, "mean": mean}
lines(
    "Sampler against trainer, the published run", "nats", steps, logged, x_name="RL step", log="y"
)

# %% [markdown]
# A router chose differently. Where two experts have nearly equal affinities, one rounding decides between them, and that
# token goes through other weights. The *largest* difference jumps to nearly 0.01 nats, and the *mean* stays at a millionth:
# it was a few tokens of 30,000. So log both. A bug moves the mean.
#
# ## After an update
#
# The policy has moved one step; the rollouts have not. Now the ratio r = new / old is no longer 1, on purpose. **Predict** which
# of these is far from 1: the ratio of single tokens, or the ratio of whole sequences?

# %%
from minir1.lab.mismatch import ratio_chart, replay_numbers

batch = collate(rollouts, [0.0] * len(rollouts))
ratios = ratio_chart(newer, batch)
display(ratios)
Note(ratios.words)

# %% [markdown]
# The product over a sequence multiplies all its small changes. These sequences are short, and yet a clip (grey: 0.8 to 1.28)
# would already cut many products and hardly a token. The product gets wilder with length: with thousands of tokens a
# clip on it would cut nearly everything. So GRPO clips per token, and GSPO, a relative, takes the *mean* of the logs (lesson 07).
#
# ## The same experts again
#
# Part of the change is not the policy's opinion: some tokens now go to other experts. **Routing replay** lets the
# trainer use the experts that the sampler recorded. Then only what the weights say has changed.

# %%
from minir1.lab.mismatch import log_ratios_after

numbers = replay_numbers(newer, batch)
rows = [(name, f"{mean:.4f}", f"{most:.3f}") for name, (mean, most) in numbers.items()]
display(Table(("after one update", "mean |log r|", "largest |log r|"), rows))
on_policy = log_ratios_after(base, batch, replay=True).abs().max()
Note(
    f"Before any update, with replay: largest |log r| {on_policy:.1e}. Rounding alone sent "
    f"{metrics['router/drift']:.2%} of tokens and layers to other experts."
)

# %% [markdown]
# At this size replay changes little. On large mixtures it decides: after one update about 10% of the experts of a response
# change in a 48-layer model (arXiv 2507.18071, section 5.3), and GRPO did not converge there without replay. Here it is one dial:
# `minir1 zero laptop --zero.routing-replay`.
#
# # The same code at scale
#
# `sample` and `token_logprobs` have no size in them ([minir1/rl/rollout.py](../minir1/rl/rollout.py),
# [minir1/rl/logprobs.py](../minir1/rl/logprobs.py)). At scale the sampler is often another program on other machines with
# other kernels, so the floor rises by orders of magnitude, and corrections are put between: clip or mask the
# ratio of trainer to sampler. The number to log stays the same. A sampler that cuts off rare tokens (top-p, top-k) adds a
# sixth fault: it divides by the chance of what it kept, and the trainer does not.

# %%
tokens = sum(len(one.completion_ids) for one in rollouts)
r1_zero = 8192 * 9500
rows = [
    ("rollouts at a time", f"{len(rollouts):,}", "8,192"),
    ("mean length, tokens", f"{tokens / len(rollouts):.0f}", "about 9,500 at step 8,400"),
    ("tokens to write before an update", f"{tokens:,}", f"{r1_zero:,}"),
    ("longest allowed", f"{zero.max_new_tokens:,}", "32,768, then 65,536"),
]
Table(("", "this lesson", "R1-Zero (arXiv 2501.12948v2)"), rows)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Chances .5, .3, .2 and u = .6: which token? (objective 1)</summary>
#
# The second: the sums are .5, .8, 1, and .8 is the first above .6.
# </details>
# <details><summary>2. Why not one random stream for the batch? (objective 2)</summary>
#
# A rollout would depend on its neighbours: after a restart, or on two machines, the run would be another one.
# </details>
# <details><summary>3. Rewards are computed for all rollouts at once. Who is waited for? (objective 3)</summary>
#
# The longest rollout. Its length, not the mean, sets the time, unless rollouts are cut or updates begin without it.
# </details>
# <details><summary>4. The mean difference is 0.3 nats, and large even where the policy is sure. What is it? (objective 4)</summary>
#
# A shift: the log-probabilities of two different tokens are compared. Another temperature or old weights can't do much at
# a token that is sure.
# </details>
# <details><summary>5. Ratios are 1 on policy with replay, and not without. Is the trainer wrong? (objective 5)</summary>
#
# No: rounding sent some tokens to other experts. With the same experts both agree.
# </details>
# <details><summary>6. Why is the log-probability kept, and not computed when it is needed?</summary>
#
# By then the policy may have moved. The ratio needs the policy that sampled.
# </details>
#
# **Where next.** Lesson 07 turns rewards into advantages and ratios into a loss.
