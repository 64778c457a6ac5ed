# %% [markdown]
# # 03 Attention: GQA, MLA and the cache
#
# A model that thinks for 30,000 tokens has to remember 30,000 tokens. What it remembers of each is the **KV cache**, and its
# size decides how many answers fit on a GPU. DeepSeek's answer is multi-head **latent** attention. In this lesson you
# look into the heads of a model that you know, find the one that copies the target, and then make its
# memory smaller, until it breaks.
#
# | | |
# |---|---|
# | **You need** | lessons 00 and 02; to have met attention once. No GPU, no network |
# | **Time** | 50 minutes to read and answer; the cells take seconds |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. say what a head reads, and prove that it is needed (these are two questions);
# 2. explain how a position becomes an angle, and find the classic conversion error;
# 3. say what a cache saves and why it may never change a result;
# 4. compute the cache of MHA, GQA, MQA and MLA, and say what it means for rollouts;
# 5. say when the naive and when the absorbed form of MLA is cheaper, though both give the same numbers.

# %%
import torch

from minir1.lab.corpus import read_documents
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show

published = load("laptop")
config, tokenizer, base = published.config, published.tokenizer, published.base

# %% [markdown]
# ## What does a head read?
#
# Attention lets each token read the tokens before it. A head gives each of them a weight; the weights add up to 1. Below is one
# trace. The `?` has to be followed by the target, which stands far back in the prompt.
#
# **Predict.** Our base has 4 layers with 4 heads each. How many of the 16 heads will look at the target from a `?`?

# %%
from minir1.lab.attention import attention_weights, look_back, weight_on

pieces = [p for p in read_documents(config, at_scale(smoke=30, laptop=120, full=500)) if p.prompt]
piece = next(p for p in pieces if p.text.count("?") >= 2 and len(p.text.split()) < 45)
words = ["<bos>", *piece.prompt.split(), *piece.text.split()]
weights = attention_weights(base, tokenizer.encode(" ".join(words)))
marks = [place for place, word in enumerate(words) if word == "?"]
on_target = weight_on(weights, marks, words.index("make") + 1)
layer, head = (int(n) + 1 for n in divmod(int(on_target.argmax()), on_target.shape[1]))
look_back(words, weights, layer, head, marks[-1])

# %% [markdown]
# Now look from a `=`. The next token is the result of a step, so something must have read both operands. **Predict**
# how many heads that takes, then turn the handles: a layer, a head, and the token that reads.

# %%
from minir1.lab.explore import explore


def view(layer, head, at):
    return look_back(words, weights, layer, head, at)


explore(view, layer=[2, 1, 3, 4], head=[1, 2, 3, 4], at=[13, *range(1, len(words))])

# %% [markdown]
# All heads of that layer at once. Each row is a token that reads, each column a token that is read. **Predict** why the
# upper right half is white.

# %%
from minir1.lab.attention import all_heads

display(all_heads(words, weights, layer))
rows = [(f"layer {n + 1}", *(f"{w:.0%}" for w in row)) for n, row in enumerate(on_target)]
Table(("weight on the target, from ?", *(f"head {h}" for h in range(1, 5))), rows)

# %% [markdown]
# The white half is the **causal mask**: no token sees a later one. That is what makes one forward pass give the
# prediction at *every* place, and what makes a cache possible. It must hold to the last bit, so test it: change the last
# token, and nothing before it may move.

# %%
ids = torch.tensor([tokenizer.encode(" ".join(words))])
other = ids.clone()
other[0, -1] = tokenizer.id("no")
with torch.no_grad():
    moved = (base(ids) - base(other)).abs().amax(-1)[0]
Note(
    f"Largest change of the logits before the last token: **{moved[:-1].max():.1e}**; "
    f"at the last token: **{moved[-1]:.1f}**."
)

# %% [markdown]
# ## To look is not to need
#
# A weight says where a head looks. It does not say that the model would fail without it. So take each head away and see
# which kind of token gets harder; then take away those that look at the target, one, two and three at a time.
#
# **Predict.** Which heads does copying the target need: the ones that look at it? And what do the heads that `result` needs
# read from a `=`?

# %%
from minir1.lab.attention import head_damage, without_heads

few = pieces[: at_scale(smoke=8, laptop=60, full=200)]
display(show(without_heads))
display(head_damage(base, tokenizer, few, ("target", "verdict", "result", "number")))
equals, rows = [place for place, word in enumerate(words) if word == "="], []
for name, back in (("first operand", 3), ("operator", 2), ("second operand", 1)):
    reads = weights[:, :, equals, [place - back for place in equals]].mean(-1)
    at_layer, at_head = divmod(int(reads.argmax()), reads.shape[1])
    rows.append((name, f"layer {at_layer + 1}, head {at_head + 1}", f"{reads.max():.0%}"))
Table(("before the =", "read most by", "weight, mean of all ="), rows)

# %%
looking = [(int(n) // 4 + 1, int(n) % 4 + 1) for n in on_target.flatten().argsort()[:-4:-1]]
cases = [[], looking[:1], looking[1:2], looking[:2], looking]
lost = [without_heads(base, case, tokenizer, few)["target"] for case in cases]
names = ["; ".join(f"layer {a}, head {b}" for a, b in case) or "none" for case in cases]
Table(
    ("heads taken away", "loss at the target, nats"),
    [*zip(names, (f"{x:.3f}" for x in lost), strict=True)],
)

# %% [markdown]
# `result` has an operator and two operands to read, and a head for each: the work was divided, and nobody asked for it. There the
# heads that look are the heads that are needed. The target is another case: one head alone costs little, since others can do its
# work, a model keeps **spares**. Only without all three is copying gone.
#
# And the picture shows a head of the *first* layer that copying can't do without, though it never looks at the target. What does it do?
# **Predict**, then see what the numbers of the prompt and of the first try read through it.

# %%
first = max(range(1, 5), key=lambda h: without_heads(base, [(1, h)], tokenizer, few)["target"])
numbers = [place for place, word in enumerate(words) if word.isdigit()][:10]
reads = [int(weights[0, first - 1, place].argmax()) for place in numbers]
rows = [(place, words[place], f"`{words[n]}`") for place, n in zip(numbers, reads, strict=True)]
Table(("place", "number", f"reads, with layer 1, head {first}"), rows)

# %% [markdown]
# Numbers with different **roles** read different signs: the target one, the given numbers another, a second operand
# its operator. If the head writes the role beside the number, and the heads of layer 2 search for a role, then without it they
# should be lost. **Predict** where the best of them looks then.

# %%
from minir1.lab.attention import silenced

with silenced(base, [(1, first)]):
    lost_role = attention_weights(base, tokenizer.encode(" ".join(words)))
rows = []
for name, found in (("whole model", weights), (f"without layer 1, head {first}", lost_role)):
    row = found[layer - 1, head - 1, marks[-1]]
    most = [f"`{words[n]}` at {n}: {row[n]:.0%}" for n in row.argsort()[:-3:-1]]
    rows.append((name, f"{row[words.index('make') + 1]:.0%}", ", ".join(most)))
Table((f"layer {layer}, head {head}, from the last ?", "on the target", "reads most"), rows)

# %% [markdown]
# It is lost. Two layers together do what one can't: one writes a role beside each number, the next searches for the role, and so
# finds "the number that is the target" wherever it stands. Pairs of heads like this are how transformers copy; the best known
# are *induction heads* (Olsson et al., arXiv 2209.11895).
#
# ## Position is an angle
#
# Attention by itself has no order: a set of tokens goes in. RoPE writes the position into queries and keys by **turning** pairs
# of numbers, each pair at its own speed. The product of a turned query and a turned key then depends on their distance
# only.

# %%
from minir1.lab.charts import lines
from minir1.model.rope import rope_frequencies, rotate_pairs, rotation

display(show(rotate_pairs))
frequencies = rope_frequencies(config.model.qk_rope_head_dim, config.model.rope_theta)
places = torch.arange(0, 121)
turns = rotation(places[None], frequencies)[0].real
speeds = {f"pair {j + 1}": turns[:, j].numpy() for j in range(len(frequencies))}
lines("How far each pair has turned", "cosine of its angle", places, speeds, x_name="position")

# %% [markdown]
# Fast pairs tell neighbours apart; slow ones tell *far* from *near*; the slowest hardly turns within our texts, and is free for
# content. **Predict.** The same query and the same key are moved 100 places to the right, together. What happens to their product?
# And is it smaller when they are far apart?

# %%
size = config.model.qk_rope_head_dim
q, k = torch.randn(2, 1, 1, 1, size, generator=torch.Generator().manual_seed(0))


def product(at_q, at_k):
    one, two = (rotation(torch.tensor([[place]]), frequencies) for place in (at_q, at_k))
    return float((rotate_pairs(q, one) * rotate_pairs(k, two)).sum())


rows = [(d, *(f"{product(start + d, start):.4f}" for start in (0, 7, 100))) for d in (0, 1, 5, 40)]
Table(("distance", "key at 0", "key at 7", "key at 100"), rows)

# %% [markdown]
# Only the distance counts. And far is not weaker: at distance 40 this product is larger than at 0. RoPE says *where* a key
# is; how much that counts is learned.
#
# ### What went wrong here?
#
# Two ways to choose the pairs exist. DeepSeek turns neighbours, (x0, x1), (x2, x3). Llama and Qwen turn the two halves,
# (x0, x4), (x1, x5). Somebody loads weights that were trained one way into code that does the other. Shapes fit, nothing
# complains.
#
# **Predict** the loss: the same, a little worse, or useless? What will the texts look like?

# %%
from minir1.lab.prompts import ask
from minir1.lab.surgery import loss_of, other_pairs
from minir1.run.evaluate import heldout_problems
from minir1.stages.pretrain import document_batch
from minir1.text.template import render_prompt

batch, (one,) = document_batch(few, tokenizer), heldout_problems(config.task, 1)
print(one.question)
print(f"as trained:  {loss_of(base, batch):.2f} nats", *ask(base, tokenizer, [one], render_prompt))
with other_pairs():
    texts = ask(base, tokenizer, [one], render_prompt, max_new_tokens=30)
    print(f"other pairs: {loss_of(base, batch):.2f} nats", *texts)

# %% [markdown]
# It still writes signs and numbers: content is read as before, positions are not. A model converted like this looks *badly
# trained*, and more training would even help, so the mistake can stay for ever. The cure is a test that compares logits with the
# original code on one sentence.
#
# ## The cache
#
# To write token 1,000, the model needs the keys and values of 999 tokens. They have not changed since they were
# computed, thanks to the causal mask. So keep them.
#
# **Predict.** How much work does a cache save in writing 1,000 tokens: a factor of 2, 30, 500?

# %%
from minir1.lab.latent import generation_chart
from minir1.lab.numbers import deepseek_v3

giant = deepseek_v3()
saved = generation_chart(giant)
display(saved)
Note(saved.words)

# %% [markdown]
# A cache is only memory: it may never change a result. So the test is equality: feed the trace token by token,
# through the cache, and compare with one forward pass over all of it.

# %%
from minir1.model.cache import KVCache

display(show(KVCache.open))
cache = KVCache(config.model, batch=1, max_len=len(words))
with torch.no_grad():
    step_by_step = torch.cat(
        [base(ids[:, t : t + 1], cache=cache) for t in range(len(words))], dim=1
    )
    gap = (step_by_step - base(ids)).abs().max()
Note(
    f"Largest difference of the logits: **{gap:.1e}**, rounding only. A cache of {len(words)} tokens."
)

# %% [markdown]
# ## Who shares what
#
# In the attention of 2017, multi-head (**MHA**), every head keeps a key and a value of its own. Grouped-query attention (**GQA**)
# lets several query heads share them; multi-query attention (**MQA**) lets all. Latent attention (**MLA**) keeps **one short
# vector** a token, and every head makes its own keys and values out of it. Only the position stands apart, in one small key
# for all heads, the *rope key* (question 6 at the end says why).

# %%
from minir1.lab.latent import sharing
from minir1.model.cache import cache_width

display(show(cache_width))
sharing()

# %% [markdown]
# **Predict.** DeepSeek-V3 has 128 heads and 61 layers. How much memory does the cache of one thought of 32,768 tokens take
# with plain multi-head attention? With MLA?

# %%
from minir1.lab.latent import cache_chart

cost = cache_chart(giant, tokens=32_768)
display(cost)
Note(cost.words)

# %% [markdown]
# R1-Zero samples 16 answers to each of 32 questions, up to 65,536 tokens each. With plain attention the cache alone would
# have been the experiment's limit. MQA is smaller still than MLA, but its heads all see the *same* key. MLA's heads each see
# their own, made from the latent.
#
# ## Two forms of the same attention
#
# MLA can be computed in two ways. **Naive**: expand each latent to the keys and values of all heads. **Absorbed**: move the
# expansion to the query's side, so that all heads read the latent itself. Both are in one file; `rope` is the part of a query or
# key that is turned by its position, `nope` the part that is not.

# %%
from minir1.lab.attention import attentions
from minir1.model.mla import MultiHeadLatentAttention

display(show(MultiHeadLatentAttention.naive), show(MultiHeadLatentAttention.absorbed))
logits = {}
for form in ("naive", "absorbed", "auto"):
    for attention in attentions(base):
        attention.form = form
    with torch.no_grad():
        logits[form] = base(ids)
gap = (logits["naive"] - logits["absorbed"]).abs().max()
Note(f"Largest difference between the two forms: **{gap:.1e}**.")

# %% [markdown]
# If the numbers are the same, why two? **Predict** which is cheaper when **one** new token looks back on 10,000.

# %%
from minir1.lab.latent import decode_chart

work = decode_chart(giant)
display(work)
Note(work.words)

# %% [markdown]
# In training every latent is expanded once and read by many queries, so the naive form wins there. The layer chooses by
# itself: a cache with content means decoding.
#
# ## How small could the latent be?
#
# Our base keeps 32 numbers a token and layer. Does it use them? Find the directions in which the latents really differ,
# keep the first few, and throw the rest away.
#
# **Predict.** With how many of 32 directions does the model still work?

# %%
from minir1.lab.surgery import rank_chart

cut = rank_chart(base, batch)
display(cut)
Note(cut.words)

# %% [markdown]
# This is the idea behind low-rank caches, measured on your own model: what has to be *passed between tokens* is small. (The
# directions were found on the same traces that test them. On other tasks, others may be needed.)
#
# # The same code at scale
#
# `minir1.model.mla` has no size in it. In the shape of DeepSeek-V3 it keeps 512 + 64 numbers a token and layer, and adds a
# low-rank query (`q_lora_rank`). Attention is a field of the recipe: `minir1 run smoke --model.attention gqa` runs the same
# loop with grouped queries ([minir1/model/gqa.py](../minir1/model/gqa.py),
# [minir1/model/mla.py](../minir1/model/mla.py), [minir1/model/cache.py](../minir1/model/cache.py)).

# %%
from minir1.lab.latent import variants
from minir1.model.count import cache_bytes

models = {"this model": config.model, "DeepSeek-V3": giant}
plain = {name: variants(model)["MHA, a key a head"] for name, model in models.items()}
rows = [
    ("heads, layers", *(f"{m.n_heads}, {m.n_layers}" for m in models.values())),
    ("numbers a token and layer: latent", *map(cache_width, models.values())),
    ("plain attention", *(f"{cache_width(model):,}" for model in plain.values())),
    ("bytes a token, bfloat16: latent", *(f"{cache_bytes(m):,}" for m in models.values())),
]
Table(("", *models), rows)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. A head puts 95% of its weight on a token. Is it needed? (objective 1)</summary>
#
# Not shown by that. Take it away and measure: another head may do the same.
# </details>
# <details><summary>2. Converted weights give fluent nonsense. What do you suspect? (objective 2)</summary>
#
# The pairs of RoPE: neighbours against halves. Compare logits on one sentence with the original code.
# </details>
# <details><summary>3. Why may keys be kept at all? (objective 3)</summary>
#
# The causal mask: a token's key depends on earlier tokens only, so later ones can't change it.
# </details>
# <details><summary>4. Cache numbers a token and layer: 8 key heads of 128 with GQA? MLA with 512 + 64? (objective 4)</summary>
#
# 2 x 8 x 128 = 2,048, and 576.
# </details>
# <details><summary>5. Training, 4,096 queries on 4,096 tokens: which form? (objective 5)</summary>
#
# Naive: each latent is expanded once and read 4,096 times. For each query, key and head, the absorbed form's score
# takes 512 + 64 multiplications, the naive one's 128 + 64.
# </details>
# <details><summary>6. Why is the rope key not part of the latent?</summary>
#
# The absorbed form moves the expansion to the query, once for all keys. A turn that depends on the key's position stands in
# between and can't be moved. So position gets a small key of its own, shared by all heads.
# </details>
#
# **Where next.** Lesson 04 opens the other half of a block, the experts.
