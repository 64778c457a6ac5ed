# %% [markdown]
# # 04 Mixture of experts and its balance
#
# DeepSeek-V3 has 671 billion weights and uses 37 billion of them for a token. A **router** chooses which. In this lesson
# you watch the router of a model you know, find out what its experts are for, take some away, and keep them equally
# busy with a rule that never touches the loss.
#
# | | |
# |---|---|
# | **You need** | lessons 00, 02 and 03. No GPU, no network |
# | **Time** | 50 minutes to read and answer; the cells take seconds |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. say what a mixture saves, and what it does not;
# 2. follow one token through a router: affinity, bias, choice, weight;
# 3. explain what dispatch does, and why a sort is in the middle of a neural network;
# 4. show whether experts specialise, against a control;
# 5. keep experts busy without a loss, and name two ways to get it wrong.

# %%
import torch

from minir1.lab.corpus import read_documents
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show

published = load("laptop")
config, tokenizer, base = published.config, published.tokenizer, published.base
pieces = [p for p in read_documents(config, at_scale(smoke=24, laptop=120, full=500)) if p.prompt]
piece = next(p for p in pieces if p.text.count("?") >= 2 and len(p.text.split()) < 45)

# %% [markdown]
# ## Know much, pay little
#
# An expert is a small MLP. All experts are stored, each token uses a few. So two numbers describe a mixture: how much it
# *knows* (all weights) and how much it *pays* for a token (active weights). The first layers stay plain MLPs: 3 of V3's 61, 1 of the
# 4 of our model, so MoE layer 1 is its second layer.
#
# **Predict.** V3 has 256 routed experts a layer and uses 8, and 1 that all tokens share. Which part of its weights is active?

# %%
from dataclasses import replace

from minir1.lab.charts import bars
from minir1.lab.numbers import deepseek_v3
from minir1.model.count import active_parameters, parameters

giant = deepseek_v3()
dense = replace(giant, n_dense_layers=giant.n_layers, inter_dim=9 * giant.moe_inter_dim)
found = {"all weights": parameters(giant), "active for a token": active_parameters(giant)}
found |= {"a dense model that pays the same": parameters(dense)}
billions = {name: number / 1e9 for name, number in found.items()}
bars("DeepSeek-V3: stored and paid", "billions of weights", billions, marked=list(found)[1:2])

# %% [markdown]
# What is **not** saved is memory: all experts must lie somewhere. A mixture trades memory for computation. That is why it
# comes with many GPUs, each holding some of the experts, and with a new problem: tokens have to travel.
#
# ## One token at the router
#
# The router is one small matrix W. It gives each expert an **affinity** to the token x (`scores` in the code): the sigmoid of a dot
# product, between 0 and 1. It adds a **bias** to decide who wins, and takes the weights of the winners from the affinities **without**
# the bias. (`choose` below can also close groups of experts; our model has one group, so skip those lines.)
#
# **Predict.** Below, one token of a trace meets a router. If the bias of one expert were 1 higher, would its
# *weight* be higher?

# %%
from minir1.lab.experts import router_steps, routes
from minir1.model.router import Router

words = ["<bos>", *piece.prompt.split(), *piece.text.split()]
routing = routes(base, tokenizer.encode(" ".join(words)))
display(show(Router.choose), show(Router.weights))
place, layer, k = words.index("?"), 2, config.model.n_activated_experts
scores = routing.scores[layer - 1][0, place].numpy()
bias = base.routers()[layer - 1].e_score_correction_bias.numpy()
router_steps(scores, bias, k)

# %% [markdown]
# No: it would be chosen more often, and then weigh just what its affinity says, as a part of the chosen ones' sum. Turn the bias of
# one expert yourself:

# %%
from minir1.lab.explore import explore


def turn(expert, extra):
    changed = bias.copy()
    changed[expert - 1] += extra
    return router_steps(scores, changed, k)


explore(turn, expert=[3, 1, 2, 4, 5, 6, 7, 8], extra=[0.5, -1.0, -0.5, -0.1, 0.0, 0.1, 0.3, 1.0])

# %% [markdown]
# ## Dispatch: a sort in the middle of a network
#
# Every token names its experts. But a matrix product wants rows side by side. So: write each token once for each of its
# experts, **sort** the rows by expert, multiply block by block, put each row back, and add up by weight. An expert takes as many
# rows as come: older mixtures gave each a fixed capacity and dropped what was over it, V3 drops no token.

# %%
from minir1.lab.dispatch import permutation
from minir1.model.dispatch import experts_torch

display(show(experts_torch))
start = words.index("<think>") + 1
permutation(words[start : start + 11], routing.experts[layer - 1, 0, start : start + 11].tolist())

# %% [markdown]
# On many GPUs the sorted rows also change machines: that is the *all-to-all*. The function stays the same. Two things are
# easy to get wrong. The way back is the **inverse** permutation, not the permutation again. And a token's results
# are **added**, not overwritten. Both mistakes give plausible shapes. Here is the way to be sure: do it slowly, and
# compare.

# %%
block = base.layers[1].mlp
x = torch.randn(20, config.model.dim, generator=torch.Generator().manual_seed(1))


def one_by_one(x, weights, experts):
    y = torch.zeros_like(x)
    for n, (row, chosen) in enumerate(zip(weights, experts, strict=True)):
        for weight, e in zip(row, chosen, strict=True):
            gate, up = (block.experts.gate_up_proj[e] @ x[n]).chunk(2)
            y[n] += weight * (block.experts.down_proj[e] @ (gate.sigmoid() * gate * up))
    return y


# %%
with torch.no_grad():
    weights, experts, _ = block.gate(x)
    gap = block.experts(x, experts, weights) - one_by_one(x, weights, experts)
print(f"largest difference: {gap.abs().max():.1e}")

# %% [markdown]
# ## Who serves which token?
#
# **Predict.** Look at the numbers of the prompt: one is the target, the others are given. Will they go to the same experts?
# Use the handle to see the other layers.

# %%
from minir1.lab.experts import route_map


def view(layer):
    return route_map(words, routing, layer)


explore(view, layer=[2, 1, 3])

# %% [markdown]
# The same number can go to other experts when its **role** is another. Experts are often described as specialists for
# topics. Measure it: for each kind of token, which share of its visits does each expert get? The kinds are those of
# lesson 02. A dark field is an expert that serves many tokens of a kind; without any preference, all fields would be 1/8.

# %%
from minir1.lab.experts import expert_by_kind, kind_maps

some = pieces[: at_scale(smoke=12, laptop=100, full=400)]
counts, table = expert_by_kind(base, tokenizer, some)
kind_maps(counts)

# %% [markdown]
# A picture with dark fields looks like specialisation. What would it look like by accident? So compute how many **bits**, answers to
# yes-or-no questions, the experts of a token tell about its kind, and then again for two controls: with the kinds *shuffled*, and with
# routers whose matrix is drawn *at random*, in the same model.
#
# **Predict** both controls.

# %%
from minir1.lab.specialists import information, information_chart, random_routers, shuffled

n_layers = config.model.n_moe_layers
by_chance = [expert_by_kind(random_routers(base, s), tokenizer, some)[1] for s in range(3)]
bits = {
    "the trained router": information(table, n_layers),
    "random routers, mean of 3": sum(information(one, n_layers) for one in by_chance) / 3,
    "the kinds shuffled": information(shuffled(table), n_layers),
}
information_chart(bits, table[:, 0])

# %% [markdown]
# Shuffled kinds give next to nothing: with so many tokens, the dark fields are no accident. But **random routers** give half of
# the bits or more. Tokens of one kind resemble each other, so any router sends them the same way; nobody has to learn that. What the
# routers learned is the difference between the first two bars, and a map of "who serves what" alone never shows it.
#
# ## Is anyone missed?
#
# To specialise is not to be needed. Take one expert away (its tokens go to the next best) and see what the loss says.
#
# **Predict.** There are 3 x 8 experts. How many can be lost, one at a time, without anybody noticing?

# %%
from minir1.lab.experts import damage_chart, missing_expert
from minir1.stages.pretrain import document_batch

batch = document_batch(pieces[: at_scale(smoke=6, laptop=60, full=200)], tokenizer)
rise = missing_expert(base, batch)
damage = damage_chart(rise)
display(damage)
Note(damage.words)

# %% [markdown]
# Most experts have a stand-in. A few have not: their knowledge is nowhere else. It is the picture of the heads in lesson 03
# again, and the reason why pruning by usage alone is risky.
#
# ## Keep them busy
#
# A router that likes an expert sends it more tokens, so it learns more, so the router likes it more. In the end a few experts do all
# the work. The usual cure adds a loss that asks for balance, and that loss disturbs learning. DeepSeek-V3's rule is
# outside the loss: after each step, **raise the bias of the idle and lower that of the busy** by a small gamma.

# %%
from minir1.lab.balance import load_chart
from minir1.model.balance import update_bias
from minir1.model.router import Routing

display(show(update_bias))
record = Routing(token_mask=batch.token_mask)
with torch.no_grad():
    base.hidden(batch.inputs, routing=record)
load_chart({f"MoE layer {n + 1}": load for n, load in enumerate(record.load)})

# %% [markdown]
# That is the trained base: near even. Now destroy the balance: a copy of a router loses its bias and is made to like expert 1
# whatever the token. Then the rule runs, at several speeds.
#
# **Predict.** What will a gamma that is too large do?

# %%
from minir1.lab.balance import balance_run, gamma_chart, router_inputs, tilted

tokens = router_inputs(base, batch, layer=1)
crowded = tilted(base.routers()[0], tokens)
steps = at_scale(smoke=40, laptop=300, full=1000)
_, before = balance_run(crowded, tokens, steps=1, gamma=0.0)
_, after = balance_run(crowded, tokens, steps=steps, gamma=0.003)
display(load_chart({"before": before, f"after {steps} steps of 0.003": after}))
gamma_chart(crowded, tokens, gammas=(0.0, 0.001, 0.003, 0.03), steps=steps)

# %% [markdown]
# With gamma 0 nothing changes. Slow rules take long; the fast one arrives first and then jumps about at a higher load, since
# its steps never get smaller. V3 used 0.001 for most of its training and 0 for the last part. Note that no gradient was used, and that the
# weights of the chosen experts still come from their affinities alone.
#
# ### What went wrong here?
#
# A training run is moved to bfloat16, bias and all. Balance is fine for a hundred steps; then the rule seems to stop working.
# No error. **Predict** what happens to a bias of 0.3 that should rise by 0.001 a step.

# %%
from minir1.lab.balance import rounding_chart

rounded = rounding_chart()
display(show(Router._apply), rounded)
Note(rounded.words)

# %% [markdown]
# bfloat16 has 8 bits of mantissa. Near 0.3 its neighbours are 0.002 apart, so a step of 0.001 is rounded up to twice
# its size. From 0.5 on they are 0.004 apart, and the same step is rounded to nothing. So the bias stays in
# float32 whatever the model is cast to, and the router refuses to let it be rounded.
#
# ## A small loss as well
#
# The bias rule looks at the whole batch. One *sequence* can still crowd on a few experts, which hurts when sequences live on different
# machines. So V3 keeps a loss for each sequence, the sum of `f P` over the experts, with a tiny weight (1e-4): `f` is how often an expert is
# chosen (1 if all are chosen alike), `P` its mean share of the affinities. Both are high where a sequence crowds.

# %%
from minir1.lab.balance import loss_by_skew
from minir1.model.balance import balance_loss

display(show(balance_loss))
loss_by_skew()

# %% [markdown]
# Note where its gradient can flow: `f` counts choices and has none; `P` is made of affinities and has one. So the loss says
# "like the crowded experts less". Only through that does it change who is chosen.
#
# ## Experts and RL
#
# In RL one more question appears: do sampler and trainer choose **the same** experts? A tiny change of the weights can send
# a token elsewhere, and then its log-probability jumps. The run writes that share down at every step.
#
# **Predict** how it changes during the run: each step makes two updates from the same rollouts.

# %%
from minir1.lab.charts import lines

steps, drift = published.run.series("zero", "router/drift")
_, busiest = published.run.series("zero", "router/load_max")
moved = lines(
    "Router drift within a step of RL", "share of tokens and layers with other experts", steps,
    {"drift": drift}, x_name="RL step", percent=True, floor=0,
)  # fmt: skip
load_of = {"busiest expert of any layer": busiest}
display(moved)
lines("Balance during RL, gamma = 0", "1 is even", steps, load_of, x_name="RL step", floor=1)

# %% [markdown]
# Fewer than 1 in 100 choices change within a step, and the share doesn't grow. It is the *second* update that meets them: its weights are no
# longer those that sampled. Balance gets a little worse from 1.3 to 1.4, since during RL the bias is frozen here
# (`bias_update_speed = 0`), as in the last part of V3's training; what R1 did is not published. Lesson 06 shows how drift enters the
# ratio, and what *routing replay* does about it.
#
# # The same code at scale
#
# `experts_torch` is the specification. The Triton kernels and the all-to-all of many GPUs compute the same function and are
# tested against it ([minir1/model/dispatch.py](../minir1/model/dispatch.py),
# [minir1/model/router.py](../minir1/model/router.py), [minir1/model/balance.py](../minir1/model/balance.py)). At V3's size one thing is added:
# a token may use the experts of 4 groups (machines) out of 8, so that it does not travel everywhere.

# %%
models = (config.model, giant)
rows = [
    ("MoE layers", *(m.n_moe_layers for m in models)),
    ("experts a layer", *(m.n_routed_experts for m in models)),
    (
        "used by a token, and shared",
        *(f"{m.n_activated_experts}, {m.n_shared_experts}" for m in models),
    ),
    ("groups, used", *(f"{m.n_expert_groups}, {m.n_limited_groups}" for m in models)),
    ("active weights", *(f"{active_parameters(m) / parameters(m):.0%}" for m in models)),
]
Table(("", "this model", "DeepSeek-V3"), rows)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. 671B weights, 37B active. What is saved, what not? (objective 1)</summary>
#
# Computation for a token is saved. Memory is not: all weights are stored, and tokens have to travel to them.
# </details>
# <details><summary>2. The bias of an expert is raised. What happens to its weight when it is chosen? (objective 2)</summary>
#
# Nothing: weights come from the affinities without the bias. (The weights of a token are divided by their sum, so they depend on who else is
# chosen.)
# </details>
# <details><summary>3. Results of tokens come out in a wrong order, but shapes fit. What do you suspect? (objective 3)</summary>
#
# The way back used the permutation and not its inverse.
# </details>
# <details><summary>4. "Expert 5 is our maths expert: it gets 50% of all digits." What is missing? (objective 4)</summary>
#
# A control: the same with shuffled labels or a random router. And whether anyone misses it when it is away.
# </details>
# <details><summary>5. Two ways to break balancing without an error? (objective 5)</summary>
#
# The bias in bfloat16; the sign of the rule; the bias used in the weights; load counted on one machine only or on padding.
# </details>
# <details><summary>6. Why does a rule outside the loss help?</summary>
#
# A balance loss pulls on the same weights that learn the task. The bias only moves the choice.
# </details>
#
# **Where next.** Lesson 05 writes the sort and the products as kernels; lesson 06 goes on with the journey: rollouts and
# log-probabilities.
