# %% [markdown]
# # 05 Routing kernels in Triton
#
# Lesson 04 sent tokens to experts with `argsort` and a Python loop. On a GPU that is slow: the arithmetic is fast, and everything
# around it is memory that is written and read again. Here you climb a ladder of seven small kernels (gate, counts, offsets,
# permute, grouped product, combine, backward), each run on your CPU, in Triton's interpreter.
#
# | | |
# |---|---|
# | **You need** | lesson 04. No GPU, no network |
# | **Time** | 60 minutes to read and answer; the cells take about a minute |
# | **Hardware and cost** | a laptop with **Linux** and the extra `kernels` (`pip install 'minir1[kernels]'`): Triton is made for no other system; nothing to pay |
#
# **Nothing in this lesson was timed on a GPU.** The interpreter shows what a kernel computes, not how fast. Least times are computed from
# sizes; what the compiler says is what it says, without a GPU.
#
# **After this lesson you can**
#
# 1. read a Triton kernel: program, tile, mask, load, store;
# 2. say why counts are written a tile at a time, and what an atomic counter costs;
# 3. go from experts to places and back, by hand;
# 4. lay tiles over experts, and count what is computed for nothing;
# 5. name three bugs that the interpreter does not show.

# %%
import os

os.environ["TRITON_INTERPRET"] = "1"  # before Triton is imported for the first time

import numpy as np
import torch

from minir1.lab import rungs
from minir1.lab.explore import explore
from minir1.lab.ladder import layer_of
from minir1.lab.picture import Note, Table

# %%
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1_kernels import available

Note(f"The kernels run here on: {available()[1]}.")

# %% [markdown]
# ## Real tokens, a trained router
#
# Everything below uses what really reaches the first MoE layer of the published model, when it reads a document of its corpus.

# %%
from minir1.stages.pretrain import corpus_task
from minir1.text.corpus import documents

published = load("laptop")
tokenizer, config = published.tokenizer, published.config
prompt, text = next(documents(config.corpus, corpus_task(config.task), "5"))
ids = [tokenizer.bos_id, *tokenizer.encode(f"{prompt} {text}")]
ids = ids[: at_scale(smoke=20, laptop=28, full=40)]
words, layer = [tokenizer.words[i] for i in ids], layer_of(published.policy, ids)
(n_tokens, n_experts), k = layer.logits.shape, config.model.n_activated_experts
Note(f"{n_tokens} tokens of width {layer.x.shape[1]}, {n_experts} experts, {k} a token.")

# %% [markdown]
# ## What a kernel is
#
# A kernel is a function that runs many times at once. Each copy, a **program**, has a number and does one **tile**. It
# loads numbers from memory through pointers, computes with them, and stores. Nobody waits for anybody.
#
# The smallest one: the sums of rows. **Predict** what `mask` and `other` are for.

# %%
import triton
import triton.language as tl


@triton.jit
def row_sums(x_ptr, out_ptr, n_rows, width: tl.constexpr, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    at = rows[:, None] * width + tl.arange(0, width)[None, :]
    x = tl.load(x_ptr + at, mask=(rows < n_rows)[:, None], other=0.0)
    tl.store(out_ptr + rows, tl.sum(x, axis=1), mask=rows < n_rows)


# %%
x, out = torch.arange(24.0).view(6, 4), torch.empty(6)
row_sums[(2,)](x, out, 6, width=4, BLOCK=4)  # two programs of four rows: the second has two
Table(("", *range(6)), [("kernel", *out.tolist()), ("torch", *x.sum(1).tolist())])

# %% [markdown]
# Six rows are not a multiple of four. The last program would read and write two rows that don't exist; the mask keeps it from
# that. Remember it for later. (A `tl.constexpr` is fixed when the kernel is compiled, and `tl.arange` takes powers of two only.)
#
# ## Rung 1: the gate
#
# A row of E scores fits into registers. So a program takes some tokens with *all* their experts, and picks the largest score K
# times, crossing it out each time. **Predict** why no sort is needed.

# %%
from minir1_kernels.configs import config as tile_of
from minir1_kernels.route import Rule, route_forward, take_best

block = tile_of("route", "interpret", E=n_experts)["BLOCK_T"]
weights, experts, scores = route_forward(layer.logits, layer.bias, None, Rule(k=k))
display(show(take_best.fn))
rungs.score_map(scores, experts, words, block)

# %%
from minir1.model.router import Router

gate = next(part for part in published.policy.modules() if isinstance(part, Router))
same = torch.equal(gate.choose(gate.scores(layer.x)).sort(-1).values, experts.sort(-1).values)
Note(f"The kernel chose the same experts as the router of lesson 04, for all tokens: {same}.")

# %% [markdown]
# ## Rung 2: counts
#
# Now there are N K rows, each with an expert. How many has each expert? Each program counts its own tile, and writes its counts
# into **its own column**. **Predict** what a simpler way would be, and what is wrong with it.

# %%
from minir1_kernels import sort as sorting

flat, tile = experts.flatten().int(), 16
n_rows, n_tiles = len(flat), triton.cdiv(len(flat), tile)
counts = torch.empty(n_experts, n_tiles, dtype=torch.int32)
sorting.count[(n_tiles,)](flat, counts, n_rows, n_experts, n_tiles, BLOCK_T=tile, CHUNK=32)
display(show(sorting.count.fn))
rungs.count_map(counts)

# %% [markdown]
# The simpler way is one counter an expert, to which everybody adds (an *atomic*). The counts come out right, and a row takes the
# place that the counter shows. But programs run in any order. Here they run in five random orders:

# %%
display(rungs.race_chart(flat.long(), n_experts, block=4, runs=5))
orders = [np.random.default_rng(seed).permutation(layer.x.numpy().ravel()) for seed in range(5)]
sums = {float(np.cumsum(order)[-1]) for order in orders}
Note(f"The same {len(orders[0]):,} numbers, added up in five orders: {len(sums)} different sums.")

# %% [markdown]
# Every run puts rows elsewhere, so sums are added in another order, and each order rounds in its own way. Training still works; but the
# trainer can no longer repeat the sampler's bits, and no bug can be found by running twice. So: **no atomics here**. Each number has
# one writer.
#
# ## Rung 3: offsets
#
# Counts are added up from left to right. Over the experts, this gives where each expert's rows begin; over the tiles, how many of an
# expert's rows stand in tiles before.

# %%
before, total = torch.empty_like(counts), torch.empty(n_experts, dtype=torch.int32)
sorting.scan[(n_experts,)](counts, before, total, n_tiles, CHUNK=32)
display(show(sorting.scan.fn))
rungs.offset_bar(total.tolist())

# %% [markdown]
# ## Rung 4: permute
#
# The place of a row is: where its expert begins, plus that expert's rows in tiles before, plus those above it in its own
# tile. **Predict** the place of the third row of a tile, if its expert begins at 10, had 4 rows before, and one above.

# %%
from minir1.lab.dispatch import permutation

rows = sorting.sort(experts, n_experts)
exact = torch.equal(rows.order.long(), flat.argsort(stable=True))
display(show(sorting.put.fn), Note(f"Bit for bit the stable sort of torch: {exact}."))
permutation([word[:5] for word in words[:9]], experts[:9].tolist(), first=0)

# %% [markdown]
# (10 + 4 + 1 = 15.) Nothing was sorted by comparing: it is a *counting* sort, three passes over the ids.
#
# ## Rung 5: the grouped product
#
# Each expert's rows stand side by side, so each expert is one matrix product. All of them go into one launch: tiles are laid over
# the rows, and **a tile never holds rows of two experts**. **Predict** which share of the work is for nothing.

# %%
from minir1_kernels.tiles import tiles_of

display(rungs.tiles_chart(total.tolist(), block=8), show(tiles_of))
explore(lambda rows_of_a_tile: rungs.tiles_chart(total.tolist(), rows_of_a_tile),
        rows_of_a_tile=[16, 4, 8, 32])  # fmt: skip

# %%
batch = 8192
even = [batch // 64] * 64
skewed = [int(batch * (1 / (e + 1)) / sum(1 / (i + 1) for i in range(64))) for e in range(64)]
cases = {"64 experts, even": even, "64 experts, skewed": skewed, "these tokens": total.tolist()}
rungs.waste_chart(cases, blocks=[4, 8, 16, 32, 64, 128, 256])

# %% [markdown]
# A tall tile uses the tensor cores well (the GPU's units that multiply small matrices) and wastes rows where experts have few. That is
# why fine-grained mixtures need large batches, and why a router's balance is a matter of speed too. The first product gathers its rows
# on the way and applies SwiGLU, `silu(gate) * up`, before it stores. (`expert_box` loads a block of one expert's matrix; with `TMA`, a
# unit of newer GPUs for such blocks does it. `whole` tells the compiler that 16 bytes divide a width.)

# %%
from minir1_kernels.up import up, up_kernel

h, a = up(layer.x, layer.gate_up, rows, keep_h=True)
plain = torch.stack([layer.gate_up[e] @ layer.x[r // k] for r, e in enumerate(flat.tolist())])
gap = float((h - plain[rows.order.long()]).abs().max())
display(show(up_kernel.fn))
Note(f"Largest difference from a row-by-row product in torch: {gap:.1e}.")

# %% [markdown]
# ## Rung 6: combine
#
# K rows a token, back to one. Rows could **scatter**: each adds itself to its token. Or tokens can **gather**: each fetches its
# rows. **Predict** which of the two needs atomics.

# %%
from minir1_kernels.combine import combine, combine_kernel
from minir1_kernels.grouped import down

y = down(a, layer.down, rows)
out = combine(y, rows, n_tokens, weights)
display(show(combine_kernel.fn))
rungs.memory_chart(n=32768, d=2048, f=768, k=8)

# %% [markdown]
# Scattering needs atomics: two rows may add to one token at once. Gathering gives each sum one owner and one order. The picture is arithmetic from shapes (a layer of Qwen3-30B-A3B, 32,768 tokens), no
# measurement: what goes out to memory and comes back between the steps.
#
# ## Rung 7: backward
#
# A layer that trains needs gradients of x, of the routing weights and of both stacks of matrices. A row adds `s y` to its token, with
# its routing weight `s` and `y = a W2^T`, where `a` is what SwiGLU gave. If `dout` is the gradient of the token's sum, then that of `s` is
# `<dout, y> = <dout W2, a>`, so `y` need not be kept, and that of `W2` is the sum over its rows of `dout^T (s a)`.
#
# **Predict.** Summed in float32, will the kernels or plain torch be nearer to the exact gradients?

# %%
from minir1.model.dispatch import experts_torch
from minir1_kernels import moe
from minir1_kernels.down_dh import down_dh_kernel

names, given = ("x", "weights", "gate_up", "down"), (layer.x, weights, layer.gate_up, layer.down)


def slopes(run, kind):
    leaves = [one.detach().to(kind).requires_grad_() for one in given]
    out = run(leaves[0], experts, leaves[1], leaves[2], leaves[3])
    found = torch.autograd.grad((out * torch.cos(out.detach())).sum(), leaves)
    return [out.detach(), *found]


# %%
exact = slopes(experts_torch, torch.float64)
ours, plain = slopes(moe.experts, torch.float32), slopes(experts_torch, torch.float32)
errors = {
    name: tuple(float((one - true).norm() / true.norm()) for one in (mine, other))
    for name, mine, other, true in zip(("out", *names), ours, plain, exact, strict=True)
}
display(show(down_dh_kernel.fn))
rungs.error_chart(errors)

# %% [markdown]
# Here the kernels are the nearer ones. The bar for a kernel in this project: its error against float64 is at most 1.1 times plain torch's in the same precision.
#
# ### What went wrong here?
#
# Somebody removes two masks ("all my sizes are multiples of 4"). The tests pass. Then a batch has 6 rows, and memory behind it
# belongs to something else. **Predict** the last sums.


# %%
@triton.jit
def no_mask(x_ptr, out_ptr, width: tl.constexpr, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    at = rows[:, None] * width + tl.arange(0, width)[None, :]
    tl.store(out_ptr + rows, tl.sum(tl.load(x_ptr + at), axis=1))


pool = torch.full((8, 4), float("nan"))  # eight rows of memory, of which six are ours
pool[:6], sums = x, torch.tensor([0.0] * 6 + [111.0, 222.0])  # and two numbers of somebody else
no_mask[(2,)](pool, sums, width=4, BLOCK=4)
Table(("", *range(8)), [("sums, and the neighbour's two", *sums.tolist())])

# %% [markdown]
# All six sums are right, so a test that looks at them passes. Two numbers that belong to **somebody else** are gone. A good test looks
# behind the end, poisons what it hands out, and takes sizes that divide nothing.
#
# Three more things that the interpreter forgives, and a GPU does not:

# %%
Table(
    ("here", "on a GPU", "what the tests do about it"),
    [
        ("programs run one after the other: a race gives the right sum", "they run at once",
         "shuffle them, and watch every address: one writer"),
        ("a masked load without `other` gives 0", "it gives anything", "every load names `other`"),
        ("bf16 products are silently wrong", "they are right", "the wrappers refuse bf16 here"),
    ],
)  # fmt: skip

# %% [markdown]
# # The same code at scale
#
# On a GPU the same files run, with larger tiles ([kernels/README.md](../kernels/README.md)). What can be said without one? The least time
# that an op can take, from an H100's rates: it is the higher bar of each pair. And what the compiler makes of each kernel; the last three
# compute log-probabilities from logits, the matter of lesson 06:

# %%
display(rungs.floor_chart(n=32768, d=2048, f=768, e=128, k=8))
from pathlib import Path

rungs.register_chart(rungs.compiled(Path("../kernels/results/aot.jsonl")))

# %% [markdown]
# With 2,048 rows an expert, arithmetic is the higher bar of each product. With a few dozen it is memory: an expert's weights are read all
# the same.
#
# A kernel that spills registers (needs more than there are, and puts the rest into memory), or whose product is not made by the tensor
# cores' own instruction, fails `make aot`. Whether it is *fast*, nobody knows before it was timed: `python kernels/bench.py` on a GPU
# does that, and its table in the README is still empty.
#
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. 100 rows, BLOCK = 32: programs, and rows of the last one? (objective 1)</summary>
#
# 4 programs; the last has 4 rows, and 28 places that are masked.
# </details>
# <details><summary>2. Why not one atomic counter an expert? (objective 2)</summary>
#
# Its places depend on who comes first; sums then round otherwise from run to run.
# </details>
# <details><summary>3. Experts of rows: 1 0 1 1 0. Places? (objective 3)</summary>
#
# Expert 0 begins at 0, expert 1 at 2: places 2, 0, 3, 4, 1.
# </details>
# <details><summary>4. Experts with 9, 0 and 7 rows, tiles of 8. How many tiles, and rows for nothing? (objective 4)</summary>
#
# 2 + 0 + 1 = 3 tiles, 24 places, 8 of them for nothing.
# </details>
# <details><summary>5. A kernel passes in the interpreter. What may still be wrong? (objective 5)</summary>
#
# Races, loads without `other`, bf16, and reads or writes behind the end that happened to hurt nobody.
# </details>
# <details><summary>6. Why does a layer of few rows an expert gain little from a faster product?</summary>
#
# It is bound by memory: each expert's weights are read for a handful of rows.
# </details>
#
# **Where next.** The exercises: write four of the rungs yourself. Then lesson 06.
