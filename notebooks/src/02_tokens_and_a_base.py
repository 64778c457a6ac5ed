# %% [markdown]
# # 02 Tokens, templates and a base
#
# Pure RL from random weights reaches nothing: a reward that never comes teaches nothing. R1-Zero starts from
# DeepSeek-V3-Base, a model that has read 14.8 trillion tokens. Ours starts from a base that has read a few million, made on
# the spot. In this lesson you see what a model reads, what it can know of it, and why a **missing word in a
# template** can make a good model look useless.
#
# | | |
# |---|---|
# | **You need** | lesson 00. No GPU, no network |
# | **Time** | 45 minutes to read and answer; the cells take about a minute (a small base is trained live) |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. say what one token should be, and what that choice costs;
# 2. find a template error before it looks like a bad model;
# 3. read a loss token by token: what could be known, and what is chance;
# 4. say in which order a base learns form, copying and arithmetic;
# 5. decide whether a base is ready for RL.
#
# Where you see **Predict**, answer first, then run the cell.

# %%
import torch

from minir1.lab.published import load
from minir1.lab.scale import at_scale

published = load("laptop")
run, config, tokenizer = published.run, published.config, published.tokenizer
base, untrained, task = published.base, published.untrained, published.task

# %% [markdown]
# ## What is one token?
#
# A model sees a list of ids. Who cuts the text decides what the model has to learn. Here each number from 0 to 99 is
# **one** token. The other usual choice is one token a digit. Then `12` is `1`, `2`, and a sum has to be carried
# from digit to digit.
#
# **Predict.** How many tokens longer would a trace be with one token a digit?

# %%
from minir1.lab.corpus import read_documents
from minir1.lab.picture import Note
from minir1.lab.show import show
from minir1.lab.tokens import strip

sentence = "12 + 11 = 23 ? 23 yes"
ids = tokenizer.encode(sentence)
display(show(type(tokenizer).encode), strip(sentence.split(), title="A token a number", below=ids))
digits = [part for word in sentence.split() for part in (word if word.isdigit() else [word])]
strip(digits, title="A token a digit")

# %%
pieces = read_documents(config, at_scale(smoke=40, laptop=200, full=1000))
words = [word for piece in pieces for word in piece.text.split()]
longer = sum(len(word) - 1 for word in words if word.isdigit()) / len(words)
Note(f"One token a digit would make the base corpus {longer:.0%} longer.")

# %% [markdown]
# Longer texts cost time and attention. But the price on our side is hidden: **what is not in the vocabulary cannot be
# written**. A task with 100 as a value is impossible here, and says so. Large models cut text into some 100,000
# frequent pieces (DeepSeek-V3: 129,280), which is a compromise between the two.
#
# **Predict.** What should a tokenizer do with a word that it does not know? Name two ways that would be worse.

# %%
try:
    tokenizer.encode("make 100 from 25 4 yess")
except ValueError as error:
    print(error)
try:
    tokenizer.encode("42 ? 42 yess")
except ValueError as error:
    print(error)

# %% [markdown]
# Passing over the word, or writing an `<unknown>` token, would both train a model on something else than you
# think. An error at the edge is kinder.
#
# The vocabulary has a price of its own: the embedding is a table with one row a token, and the logits have one
# number a token of the vocabulary **at every place of the batch**. **Predict** in which model the table weighs most: this
# lesson's, one of 135 million weights (SmolLM2), or DeepSeek-V3.

# %%
from minir1.config.shapes import SMOLLM2
from minir1.lab.charts import bars
from minir1.lab.numbers import deepseek_v3
from minir1.model.count import parameters

giant = deepseek_v3()  # the other two have one table for both ends
tables = {"this lesson's model": (config.model, 1), "SmolLM2-135M": (SMOLLM2, 1)}
tables["DeepSeek-V3"] = (giant, 2)
share = {name: 100 * n * m.vocab_size * m.dim / parameters(m) for name, (m, n) in tables.items()}
display(bars("Weights in embedding and head", "percent of all weights", share, fmt="{:.2f}%"))
logits = {f"V = {v:,}": 8192 * v * 4 / 2**30 for v in (128, 49_152, 129_280)}
bars("Logits of one sequence of 8,192 tokens, float32", "GiB", logits, fmt="{:.3g} GiB")

# %% [markdown]
# A real vocabulary in a small model is a fifth of it; in a giant it is nothing. The logits are large wherever V is: in RL, where all
# places of many long answers need them, they can fill more memory than the weights.
#
# ## The template
#
# A base continues text. The template turns a question into a text whose natural continuation is an answer. Two
# functions have to agree: the one that **renders** a prompt, and the one that **parses** what comes back.

# %%
from minir1.tasks.completion import parse
from minir1.text.template import render_completion, render_prompt

display(show(render_prompt), show(render_completion))
whole = render_completion("10 - 5 = 5 ? 15 no ; 10 + 5 = 15 ? 15 yes", "10 + 5")
both = f"{render_prompt('make 15 from 10 5')} {whole}".split()
below = ["given" if place < 7 else "" for place in range(len(both))]
display(strip(both, title="Prompt and completion", below=below))
print(parse(whole))

# %% [markdown]
# ### What went wrong here?
#
# Four teams evaluate **the same base**. One uses its template. One leaves out the last tag of the prompt. One writes the
# question in another order. One opens `<think>` itself, to save a token, as many real templates do.
#
# **Predict** the accuracy of each. Which of the four has a bug that is *not* in the prompt?

# %%
from minir1.lab.prompts import ask, shares, template_chart
from minir1.run.evaluate import heldout_problems

problems = heldout_problems(config.task, at_scale(smoke=12, laptop=60, full=500))
templates = {
    "as trained": render_prompt,
    "no <assistant>": lambda question: f"<user> {question}",
    "numbers first": lambda q: render_prompt(" from ".join(reversed(q.split(" from ")))),
    "opens <think> itself": lambda question: f"{render_prompt(question)} <think>",
}

# %%
answers = {name: ask(base, tokenizer, problems, template) for name, template in templates.items()}
template_chart({name: shares(task, problems, texts) for name, texts in answers.items()})

# %% [markdown]
# The base never saw a question without `<assistant>`, so for the second team it goes on writing something else. Nor did it
# read the words in the third team's order.
#
# For the fourth team it works. Look at one of its texts: the thinking is there, but its opening tag is in the **prompt**, and
# the parser gets the completion only. Reward 0 for every answer, right or not, and the log shows a base that "can't
# do the task". The cure is one line: give the parser what it needs to see.
#
# **Predict** how the third group of bars will compare with the first.

# %%
texts = answers["opens <think> itself"]
print("completion:", texts[0])
cured = [f"<think> {text}" for text in texts]
template_chart(
    {
        "as trained": shares(task, problems, answers["as trained"]),
        "opens <think>": shares(task, problems, texts),
        "and tells the parser": shares(task, problems, cured),
    }
)

# %% [markdown]
# The base was never bad. (Of so few problems, shares like these two can't be told apart.) So the first thing to do with any model
# and any template: **print ten completions with their verdicts**. Then count how many can be judged at all. Only then look at accuracy.
#
# ## What the base reads
#
# The corpus is written on the fly by careless writers. Some only write facts. Some search: at random, or in order. Some
# check what they did, most give up early, and whoever stops answers with the last try. Like text from people, it holds the
# right skills without discipline.
#
# **Predict.** Which share of the traces ends with a right answer?

# %%
from minir1.lab.corpus import corpus_chart
from minir1.text.corpus import trace_document

display(show(trace_document))
for piece in pieces[:3]:
    title = piece.prompt or "a document of facts"
    display(strip(piece.text.split()[:40], title=title))
corpus_chart(pieces)

# %% [markdown]
# This is the ceiling of imitation: who copies these writers perfectly is right no more often than they are. RL will have
# to go beyond its teacher.
#
# Is any **held-out** problem in the corpus? If it were, the evaluation would measure memory. The split is made by the
# set of numbers, so `make 15 from 10 5 1` and `make 9 from 1 10 5` are always on the same side.

# %%
from minir1.tasks.splits import key_of

held = {problem.key for problem in heldout_problems(config.task, 400)}
many = read_documents(config, at_scale(smoke=300, laptop=3000, full=50_000))
read = [key_of([int(w) for w in piece.prompt.split()[4:-1]]) for piece in many if piece.prompt]
Note(
    f"{len(read):,} traces were read, with {len(set(read))} different sets of numbers; "
    f"{len(held)} sets are held out. **{len(set(read) & held)}** sets are in both."
)

# %% [markdown]
# ## What can be known, and what is chance?
#
# The loss of next-token prediction is **surprise**: minus the natural logarithm of the chance that the model gave to the token that
# came, in **nats**. A chance of 1 is 0 nats, 1/2 is 0.69, 1/100 is 4.6. A result follows from its operands, so its surprise can
# fall to 0. Which numbers a careless writer will combine next can't be known: there, some surprise stays for ever.
#
# **Predict.** Where will the tokens below be blue (surprise), for the trained base?

# %%
from minir1.rl.logprobs import token_logprobs
from minir1.stages.pretrain import document_batch

piece = next(p for p in pieces if "yes" in p.text and p.text.count(";") in (1, 2, 3))
batch = document_batch([piece], tokenizer)
display(show(document_batch))
with torch.no_grad():
    surprise = -token_logprobs(base, batch)[0][batch.loss_mask].numpy()
strip([*piece.text.split(), "<eos>"], title=piece.prompt, values=surprise, unit="surprise, nats")

# %% [markdown]
# Note what is not in the picture: the prompt is read, but **not learned**. Its numbers are drawn at random. To predict them
# would cost capacity and teach nothing.
#
# Every kind of token has a mean of its own. `number` and `operator` are what a try chooses, `result` follows from them, `what next` is
# one of `,` `?` `;` or the end of the thinking, `target` and `verdict` make a check, `answer` is all inside the answer, `syntax` the
# rest. An untrained model is surprised by everything alike, by about ln(128) = 4.85 nats.

# %%
from minir1.lab.charts import columns
from minir1.lab.corpus import KINDS, surprise_by_kind

found = {"untrained": untrained, "base": base}
by_kind = {name: surprise_by_kind(model, tokenizer, pieces) for name, model in found.items()}
columns(
    "Surprise by kind of token",
    "loss, nats a token",
    {name: [values[kind] for kind in KINDS] for name, values in by_kind.items()},
    x_name="kind",
    ticks=KINDS,
)

# %% [markdown]
# ## The order of learning
#
# A small base is trained live now, from nothing (this cell is the slow one). **Predict** the order in which these are learned: the tags and signs
# (`syntax`), copying the target after a `?` (`target`), saying yes or no (`verdict`), arithmetic (`result`).

# %%
from minir1.lab.corpus import learning_chart, train_and_watch

steps = at_scale(smoke=4, laptop=240, full=1500)
young, seen = train_and_watch(config, steps, max(1, steps // 12), pieces[:40])
end = f"the published base, {config.pretrain.steps:,} steps"
learning_chart(seen, by_kind["base"], end)

# %% [markdown]
# Form comes first, and fast: after a few dozen steps the texts *look* right. The **verdict** falls early too, but look how:
# most checks say "no", so a reader who always says no is mostly right. **Copying** the target stays hard for long and then
# is learned within some dozen steps: two layers of attention have to find each other (lesson 03 shows them). **Arithmetic**
# is last. The diamonds are the published base. A young model that is fluent and can't calculate is not a metaphor.
# Look at its tables:

# %%
from minir1.lab.knowledge import fact_maps, fact_table

display(show(fact_table))
fact_maps({f"{steps} steps": young, "base": base}, tokenizer, "+*")

# %% [markdown]
# Products come first, sums last, though both are as frequent. Why? One idea: a factor of 7 leaves few results, the multiples of 7, and
# two factors together nearly name the product. A summand of 7 leaves all results open. So imagine a reader who has counted which
# results go with the first number and which with the second, and multiplies the two chances. It knows the operands one by one, and
# can't calculate.
#
# **Predict** how often its likeliest result is the true one, for products and for sums.

# %%
from minir1.lab.knowledge import by_each_operand, share_right
from minir1.lab.picture import Table

rows = [("a reader of each operand", *(f"{by_each_operand(many, op):.0%}" for op in "*+"))]
for name, model in ((f"the model after {steps} steps", young), ("the base", base)):
    rows.append((name, *(f"{share_right(model, tokenizer, op):.0%}" for op in "*+")))
Table(("the likeliest result is true", "products", "sums"), rows)

# %% [markdown]
# The young model does about as well as such a reader. What looks like multiplication needs no calculation; sums do, and come only
# when the model has learned to combine. So a right answer doesn't say how it was found.
#
# **Checks** are facts of another kind: `14 ? 22 no`. Answers will depend on them, so they must be true. **Predict** which are the
# hardest.

# %%
from minir1.lab.knowledge import check_chart

check_chart({f"{steps} steps": young, "base": base}, tokenizer)

# %% [markdown]
# The young model says "yes" about as often whatever the numbers are: it has learned that a verdict follows, and not yet which. For the
# base, neighbours are the hard ones.
#
# ## Is this base ready for RL?
#
# RL can only select what the base sometimes does. So sample several answers a problem and look at the **share of
# problems with at least one right and one wrong answer**: only their groups are alive. Rule of thumb: begin RL if a group
# is alive more often than dead.
#
# **Predict.** The base is right in about 20% of single answers. In how many problems is it right *sometimes*?

# %%
from dataclasses import replace

from minir1.lab.groups import success_chart
from minir1.rl.groups import sample_groups

size = at_scale(smoke=4, laptop=16, full=16)
sizes = {"questions_per_step": at_scale(smoke=6, laptop=30, full=200), "group_size": size}
zero, fresh = replace(config.zero, max_new_tokens=160, **sizes), task.problems("train", 7)
groups, _ = sample_groups(base, tokenizer, task, fresh, zero, seed=7, step=0)
display(show(sample_groups))
success_chart([group.totals for group in groups])

# %% [markdown]
# Hardly a group is dead, at 0 or at 16: this base is ready.
#
# # The same code at scale
#
# `minir1 pretrain laptop` trains this base in about ten minutes on one core: the same `update` that does every other stage,
# with another loss ([minir1/stages/pretrain.py](../minir1/stages/pretrain.py),
# [minir1/rl/update.py](../minir1/rl/update.py)). A real model brings its own tokenizer with the same
# face (`encode`, `decode`, the special ids) and its own template. Nothing else in the loop looks at text.
# What changes with size is the bill. Its unit is the **FLOP**, one sum or product of two numbers:

# %%
from minir1.model.count import training_flops
from minir1.run.report.words import count

tokens = sum(row["tokens_trained"] for row in run.ledger if row["stage"] == "pretrain")
flops = [f"{training_flops(model, 2048):.2g}" for model in (config.model, giant)]
loss = run.series("pretrain", "loss")[1][-10:].mean()
rows = [("tokens read", count(tokens), "14.8T"), ("vocabulary", 128, f"{giant.vocab_size:,}")]
rows += [("training FLOPs a token, context 2,048", *flops)]
rows += [("loss at the end, nats", f"{loss:.2f}", "not published")]
Table(("", "this base", "DeepSeek-V3-Base"), rows)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. One token a number: what is gained, what is lost? (objective 1)</summary>
#
# Shorter texts and no carrying between digits; but every number has to be learned apart, and what isn't in the
# vocabulary can't be written.
# </details>
# <details><summary>2. A model scores 0% on a task that it surely can do. What do you look at first? (objective 2)</summary>
#
# At ten raw completions with their verdicts: is the template the one it was trained with, and does the parser see what it
# expects, for example an opening tag that stands in the prompt?
# </details>
# <details><summary>3. Training loss stays at 0.4 nats. Has the model stopped learning? (objective 3)</summary>
#
# Not by that alone. What can't be known keeps its surprise. Look at the kinds of token that can be known.
# </details>
# <details><summary>4. Texts look right after 50 steps. Ready? (objective 4)</summary>
#
# No: form is learned long before arithmetic. Measure the tables.
# </details>
# <details><summary>5. pass@1 is 1% and groups have 8 rollouts. Begin RL? (objective 5)</summary>
#
# With p = .01 a group of 8 is dead with chance .92. Train the base further, make the task easier, or take larger groups.
# </details>
# <details><summary>6. Why does the split go by the set of numbers and not by the question?</summary>
#
# The same numbers with another target share most of their tries. To see one in training is to have practised the other.
# </details>
#
# **Where next.** Lesson 03 opens the attention layer and finds the head that copies the target. Read
# [minir1/text/corpus.py](../minir1/text/corpus.py) and change one dial: `minir1 pretrain smoke --corpus.check-share 0`.
