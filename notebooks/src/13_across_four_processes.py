# %% [markdown]
# # 13 One prompt across four processes
#
# R1-Zero was trained on 512 GPUs. Which line of the code says so? None: the loop of lesson 08 runs there unchanged. In this
# lesson you start **four real processes** on your own machine, look into each, and see who writes which rollout, who holds
# which expert, which tokens travel, and why the loss is the same as on one.
#
# | | |
# |---|---|
# | **You need** | lessons 04 and 06. No GPU, no network: the processes talk over your machine's own loopback (gloo) |
# | **Time** | 60 minutes to read and answer; the cells take about a minute |
# | **Hardware and cost** | any laptop with Linux or macOS, 2 GB of memory; nothing to pay |
#
# Everything here runs on CPUs. On GPUs the same calls go through NCCL: that was **not run** yet, and no time below is a GPU's.
#
# **After this lesson you can**
#
# 1. say what a launcher tells a process, and why one process is not a special case;
# 2. say who writes which rollout, and who waits for whom;
# 3. find the part of a tensor that a process holds, and of which expert;
# 4. follow a row to its expert and back, and write down the split sizes;
# 5. say which numbers agree to the last bit, which to 1e-6, and which mistake makes them differ for real.

# %%
from minir1.lab.crew import Crew
from minir1.lab.explore import explore
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show

crew = Crew()  # a warm process, from which the others are started
published = load("laptop")
config, tokenizer = published.config, published.tokenizer

# %% [markdown]
# ## Why at all?
#
# A weight in training costs 16 bytes: itself, its gradient, and Adam's two moments, all in float32. **Predict.** The model of the
# recipe `h800_8` has 16 billion weights. How many GPUs of 80 GB, with one process each, does it take before anything is computed?
# (A tenth of a GPU is kept free for what nobody counts.)

# %%
from minir1.lab.shares import memory_chart

explore(memory_chart, recipe=["h800_8", "gpu_1", "gpu_24gb"])

# %% [markdown]
# ## What a launcher says
#
# `torchrun` starts one program several times and sets some environment variables. That is all. `crew.run(job, processes=4)` does the
# same here, and returns a list: what each process answered.

# %%
told = crew.run("introduce", processes=4, owners=2)
names = [name for name in told[0] if name != "process"]
Table(("", *names), [(f"process {n}", *(one[k] for k in names)) for n, one in enumerate(told)])

# %% [markdown]
# RANK is the number of a process, LOCAL_RANK its number on this machine, WORLD_SIZE says how many there are, and MASTER_ADDR where they
# meet. The code asks a `World`, and never "am I alone?". One process is a `World` that has nobody to ask; several are `Processes`:

# %%
from minir1.run.distributed.processes import Processes
from minir1.run.distributed.world import World

display(show(World.any), show(Processes.any))
show(Processes.gather)

# %% [markdown]
# ## Rollouts: dealt out like cards
#
# Every process knows the whole step: which questions, how many rollouts of each. It does its own part, and hears of all
# results. Here are 32 rollouts, 8 for each of 4 questions. What is dealt (an `item` in the code) is a block of rollouts that are
# sampled side by side. **Predict.** Will four processes write the *same* rollouts as one, token for token?

# %%
from minir1.lab.ranks import dealt_chart

questions, size, longest = at_scale(smoke=(2, 4, 60), laptop=(4, 8, 200), full=(8, 16, 240))
one_step = {"questions": questions, "size": size, "longest": longest}
solo = crew.run("sample", processes=1, **one_step)[0]["rollouts"]
four = crew.run("sample", processes=4, owners=2, **one_step)
display(show(Processes.each))
dealt_chart(four)

# %% [markdown]
# Two things to read. First, **waiting**: a step ends when its longest rollout ends, so the hatched part is paid and not used.
# At R1-Zero's lengths this is where most of the money went, by the estimate of lesson 14. Second, who wrote a rollout does not matter:
# its random numbers come from its **key** (seed, step, question, number), not from the process that draws them.

# %%
from minir1.rl.sampling import row_key

written = four[0]["rollouts"]
agree = all(one["rollouts"] == written for one in four)
same = sum(a == b for a, b in zip(solo, written, strict=True))
display(show(row_key))
Note(
    f"All four processes know all {len(written)} rollouts, the same ones: {agree}. Token for token as "
    f"one process alone wrote them: {same} of {len(written)}."
)

# %% [markdown]
# The chances agree to rounding only, since a batch of another size may be summed in another order. So on another machine a draw that
# falls on the border between two tokens can go the other way, once in a long while.
#
# ## Weights: everybody holds a part
#
# **FSDP**, "fully sharded data parallel", cuts each tensor along its first axis and gives each process one part. Experts are cut twice: with
# two **owners**, processes 0 and 1 own half of the experts each, and so do 2 and 3; what 0 and 2 have in common they share again, cut
# inside each expert.
# **Predict.** The map of an expert tensor: how many colours, and which neighbours?

# %%
from minir1.lab.ranks import held_map

held = crew.run("hold", processes=4, owners=2)
shown = {
    "embed_tokens.weight": "token embedding",
    "layers.1.mlp.experts.gate_up_proj": "experts' first matrices",
    "layers.1.mlp.gate.weight": "router",
}
held_map(held, shown)

# %%
from minir1.lab.shares import share_chart
from minir1.run.distributed.box import box

display(show(box))
share_chart("laptop", counts=(2, 4, 8), owners=2)

# %% [markdown]
# (A `DTensor` is PyTorch's tensor of which each process holds a part; its *mesh* says which processes share it. "Root" is what belongs
# to no block: the embedding, the last norm, the head.) Each number lies in exactly one process. So
# four processes need a quarter of the memory each, and the length of the gradient, by which it is clipped, is one sum of squares over all
# of them, whatever was cut how:

# %%
display(show(Processes.clip))

# %% [markdown]
# ## A pass, meeting by meeting
#
# Parts must come together to compute. Before a block, its parts are gathered (an **all-gather**); after it they are let go. In the
# backward pass the same again, and the gradients of all are added up, each process keeping the sum of its own part (a
# **reduce-scatter**). The third kind, in which each sends something else to each (an **all-to-all**), belongs to the experts and comes
# below.
#
# **Predict.** Which kind of meeting comes only in the second half?

# %%
from minir1.lab.ranks import meeting_chart

diary = crew.run("meetings", processes=4, owners=2, rows=2)
meeting_chart(diary[0])

# %% [markdown]
# Gradients exist only on the way back. Any of these meetings to which one process does not come is a run that hangs. What does that
# look like? Four copies as threads, and a meeting behind an `if`:

# %%
from minir1.lab.spmd import together


def only_the_first(peers, loss):
    if peers.rank == 0:  # "only the main process logs": and the mean is a meeting
        return sum(peers.gather(loss)) / peers.size


try:
    together(only_the_first, [(0.5,), (0.7,), (0.6,), (0.8,)])
except TimeoutError as error:
    print(error)

# %% [markdown]
# This is why the package has no `if rank == 0` outside of one folder (a test walks through all conditions), and why a process
# without tokens still sends an empty piece.
#
# ## Experts: tokens travel
#
# Gathering all experts to use two of them a token is a waste. With expert parallelism the **rows** go to the experts: a row is one
# token on its way to one of its experts, so here each token makes two. Each process works on documents of its own. **Predict.** With two
# owners and good balance, which share of the rows must leave? (Below each token: who owns its two experts.)

# %%
from minir1.lab.travels import owner_strip, route_matrix

rows, seen = 2, at_scale(smoke=24, laptop=48, full=96)
layers = crew.run("travel", processes=4, owners=2, rows=rows)
first, k, n_experts = layers[0][0], config.model.n_activated_experts, config.model.n_routed_experts
words = [tokenizer.words[i] for i in first["ids"][:seen]]
owner_strip(words, first["experts"][: seen * k], n_experts, owners=2, home=0)

# %%
route_matrix([one[0] for one in layers], owners=2)

# %% [markdown]
# Rows never cross from the pair 0, 1 to the pair 2, 3: each pair has a whole set of experts. On GPUs a set lies inside one
# machine, where the links of an H800 are about four times as fast as its network.
#
# Now a few tokens in full. Each box is a row, `token:expert`, with two letters of the token. Rows are sorted by expert, which is by owner
# too, so what goes to one process is one piece of memory:

# %%
from minir1.lab.travels import journey

few = 5
pair = [one[0] for one in layers[:2]]
tokens = [[tokenizer.words[i] for i in one["ids"][1 : few + 1]] for one in pair]
journey(tokens, [one["experts"][k : k * (few + 1)] for one in pair], n_experts)

# %% [markdown]
# **Predict** before you open the code: a process can count its own rows. From whom does it learn how many will *arrive*?

# %%
import torch

from minir1.lab.spmd import split_sizes
from minir1.run.distributed.experts import to_their_owners

mine = [(torch.tensor(one["experts"]), n_experts) for one in pair]
found = together(split_sizes, mine)
sent = [[sum(part) for part in one["leaving"]] for one in pair]
display(show(split_sizes), show(to_their_owners))
Note(f"Computed here: leave {found[0][0]}, come {found[0][1]}. Process 0 sent {sent[0]}.")

# %% [markdown]
# Sending can be differentiated: the gradient of a row goes back the way that the row came, with both lists swapped
# ([minir1/run/distributed/experts.py](../minir1/run/distributed/experts.py), `Travel`).
#
# ## The same loss
#
# Now the proof: the same updates of the same model with one process, and with more. **Predict.** Equal to the last
# bit? To a thousandth?

# %%
from minir1.lab.ranks import difference_chart

many = {"4 processes, 2 owners": (4, 2), "2 processes": (2, 1), "4 processes, 4 owners": (4, 4)}
layouts = dict(list(many.items())[: at_scale(smoke=1, laptop=3, full=3)])
work = {"steps": at_scale(smoke=2, laptop=6, full=12), "rows": 12, "tokens": 256}
alone = crew.run("train", processes=1, **work)[0]
runs = {name: crew.run("train", *shape, **work)[0] for name, shape in layouts.items()}
difference_chart(alone, runs)

# %%
rows = [("1 process", *(f"{one['loss']:.9f}" for one in alone[:3]))]
rows += [(name, *(f"{one['loss']:.9f}" for one in run[:3])) for name, run in runs.items()]
Table(("loss of update", *(str(n + 1) for n in range(len(rows[0]) - 1))), rows)

# %% [markdown]
# Not to the last bit: a sum in another order rounds otherwise, at 1e-7 of its size. (Where two experts are nearly tied, such
# a bit can even choose another one; routing replay, lesson 06, takes care of that.) If you ever see 1e-3, something is wrong. For
# example this:
#
# ### What went wrong here?
#
# Four processes, each takes the **mean** over its own tokens, then all take the mean of the four. So does PyTorch's `DistributedDataParallel`,
# and for pictures, which are all of one size, it is right. **Predict** what it does to texts of different lengths. (Here the longest
# rollouts lie together, as in trainers that sort by length to save padding.)

# %%
from minir1.lab.ranks import weight_columns

lengths = sorted((len(one) for one in four[0]["rollouts"]), reverse=True)
quarter = len(lengths) // 4
weight_columns([sum(lengths[n * quarter : (n + 1) * quarter]) for n in range(4)])

# %% [markdown]
# A token counts more because its neighbours in the *same process* were short. Nothing crashes, the curve looks fine, and the
# result depends on how many GPUs you rented. Micro-batches in one process have the same fault, and well-known trainers had it until
# late 2024. The cure: divide by the number of tokens of **all**, and add up.

# %%
from minir1.lab.spmd import token_mean

losses = [torch.full((1, n), value) for n, value in ((100, 0.2), (100, 0.2), (100, 0.2), (20, 1.8))]
data = [(one, torch.ones_like(one, dtype=torch.bool)) for one in losses]
shares = together(token_mean, data)
display(show(token_mean))
means = sum(float(one.mean()) for one in losses) / 4
Note(
    f"Shares that add up: {sum(shares):.3f}, the mean over all tokens. Mean of means: {means:.3f}."
)

# %% [markdown]
# ## What is bought with the travelling
#
# **Predict.** Eight GPUs, 16B weights: does expert parallelism save memory? Traffic? Both?

# %%
from minir1.lab.shares import traffic_chart

traffic_chart("h800_8", gpus=8, owners=(1, 2, 4, 8))

# %% [markdown]
# Memory doesn't change: everything is cut into eight parts anyway. Traffic does: with eight owners, experts are never gathered, and only
# rows move. (With two, half of the rows stay at home and are counted all the same, and experts are still gathered in part.) That is arithmetic from shapes ([minir1/plan/traffic.py](../minir1/plan/traffic.py)), checked against the code in a dry
# run, and not a measurement.
#
# # The same code at scale
#
# The cells above used `Crew`, which does for a lesson what these do for a run:
#
#     torchrun --nproc-per-node 4 -m minir1 run laptop --parallel.expert-parallel 2
#     accelerate launch --multi_gpu --num_processes 4 -m minir1 run laptop
#
# In a notebook, `accelerate.notebook_launcher(f, num_processes=4)` starts four copies of a function of yours (install
# `minir1[scale]`); inside, `with join(config) as world:` gives each its world ([start.py](../minir1/run/distributed/start.py)).
# What changes on GPUs is the recipe, not the code:

# %%
from minir1 import recipes

big, owned = recipes.get("h800_8"), n_experts // 2
pairs = [
    ("processes", "4 of one machine", f"{big.gpus} GPUs"),
    ("owners of one set of experts", 2, big.parallel.expert_parallel),
    ("experts of one owner", owned, big.model.n_routed_experts // big.parallel.expert_parallel),
    ("meetings go over", "gloo, loopback", "NCCL, NVLink (not run yet)"),
    ("matrices compute in", config.parallel.dtype, big.parallel.dtype),
]
crew.close()
Table(("", "this lesson", "`h800_8`"), pairs)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. What does torchrun tell a process? (objective 1)</summary>
#
# Its number (RANK, LOCAL_RANK), how many there are (WORLD_SIZE), and where they meet (MASTER_ADDR, MASTER_PORT).
# </details>
# <details><summary>2. Four processes, one rollout of 32,000 tokens, 63 of 1,000. Who waits? (objective 2)</summary>
#
# Three processes, for nearly all of the step. A step is as long as its longest rollout.
# </details>
# <details><summary>3. 8 experts, 4 processes, 2 owners: what does process 3 hold? (objective 3)</summary>
#
# Half of the numbers of each of the experts 4 to 7. Process 1 holds the other half.
# </details>
# <details><summary>4. Process 0 has rows for experts 0, 0, 5, 7, 7; two owners of 8 experts. Its split sizes? (objective 4)</summary>
#
# It sends 2 rows to itself and 3 to process 1. What comes, process 1 has to say.
# </details>
# <details><summary>5. The losses of 1 and 4 processes differ by 2e-3. Rounding? (objective 5)</summary>
#
# No: rounding is 1e-7. Look for a mean of means, for tokens masked in one place only, or for rows that came back in another order.
# </details>
# <details><summary>6. A run stops at step 812, without a word, for ever. First suspicion?</summary>
#
# A meeting to which not all came: one process is in another branch, or died. `parallel.timeout_s` makes the others say who.
# </details>
#
# **Where next.** Lesson 14: what the same run costs on 8 GPUs, before you rent them.
