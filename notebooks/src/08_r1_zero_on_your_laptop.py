# %% [markdown]
# # 08 R1-Zero on your laptop, with controls
#
# In January 2025 a curve became famous: a model that is only told *right* or *wrong* thinks longer by itself and
# gets better. Here is the same experiment, ten minutes on a laptop, **with what the famous curve did not have**: twelve seeds, a
# control where it must fail, other methods at the same cost, and a yardstick that separates patience from insight.
#
# | | |
# |---|---|
# | **You need** | lessons 00, 06 and 07. No GPU, no network |
# | **Time** | 60 minutes to read and answer; the cells take about a minute (a few live steps of RL) |
# | **Hardware and cost** | any laptop; the whole run, if you make it: ten minutes on two cores, some cents |
#
# The curves come from committed runs: every number below is computed from their rows when this page is built.
#
# **After this lesson you can**
#
# 1. write the whole of R1-Zero as a loop of ten lines, and say what each does;
# 2. write down before a run what would refute you;
# 3. read twelve seeds and a control together, and say what the control excludes;
# 4. split a gain into patience and insight, and into easy and hard problems;
# 5. say what an "aha" is worth here, and which controls pure RL beats, and which one beats it.

# %%
from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show

published = load("laptop")
run, config, tokenizer = published.run, published.config, published.tokenizer
base, policy, task = published.base, published.policy, published.task
rows = current(read_results())

# %% [markdown]
# ## The whole algorithm
#
# A base, problems with a verifier, and this loop. There is no human solution in it, no reward model, no value network.
# Below it runs for a few steps, live, with small groups (some seconds a step).
#
# **Predict.** After so few steps, what will have changed: accuracy, length, both, nothing?

# %%
import copy
from dataclasses import replace

from minir1.rl.behaviour import length_metrics, reward_metrics, trace_metrics
from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.run.optim import build_optimizer

steps, prompts, size = at_scale(smoke=(2, 3, 4), laptop=(8, 8, 8), full=(80, 16, 16))
sizes = {"questions_per_step": prompts, "group_size": size, "max_new_tokens": 160}
live, learner = replace(config.zero, **sizes), copy.deepcopy(base)
optimizer = build_optimizer(learner, live.optim)

# %%
diary = []
for step in range(steps):
    problems = task.problems("train", seed=step)
    groups, _ = sample_groups(learner, tokenizer, task, problems, live, seed=0, step=step)
    grpo_step(learner, optimizer, groups, live, seed=f"live/{step}")
    diary.append(reward_metrics(groups) | length_metrics(groups) | trace_metrics(groups, tokenizer))

names = {"reward": "reward", "completions/mean_length": "length", "checks": "checks"}
table = [(step + 1, *(f"{row[name]:.2f}" for name in names)) for step, row in enumerate(diary)]
Table(("step", *names.values()), table)

# %% [markdown]
# The only teacher is the verifier. Read what it says, and some of the last rollouts, before any curve:

# %%
import torch

from minir1.lab.browser import Browser
from minir1.rl.advantage import group_advantages

group = max(groups, key=lambda one: not one.dead)
print(group.problem.question)
advantages = group_advantages(torch.tensor([group.totals]), live.advantage)[0].tolist()
display(show(type(task).verify))
Browser(group, advantages, tokenizer, learner).browse()

# %% [markdown]
# That is all: `minir1 zero` is this loop with checkpoints and a diary
# ([minir1/stages/reinforce.py](../minir1/stages/reinforce.py)). A few steps of a few groups are noisy, though: from one step to
# the next the reward moves by as much as it grew. Look at the whole run before you believe a trend.
#
# ## Before you look
#
# A curve that goes up can always be explained afterwards. So the claims were written down **before** the seeds were run, each as
# a number that would refute it. **Predict** each of them now: by how much will accuracy, length and checks grow?

# %%
from minir1.bench.thresholds import THRESHOLDS, verdicts

claims = [(one.recipe, one.claim) for one in THRESHOLDS if one.recipe.startswith("laptop")]
display(show(verdicts))
Table(("recipe", "claim"), claims)

# %% [markdown]
# ## Twelve seeds and a control
#
# The control is the same run with one thing changed: in what its base has read, the checks **lie** ("14 ? 22 yes" as often as
# no). Checking can't pay there. If length grew anyway, then length would grow for some other reason than thinking.
#
# **Predict** the control's three curves.

# %%
from minir1.lab.seeds import seed_curves

curves = seed_curves(rows, ["laptop", "laptop_lying"])
display(curves)
Note(verdicts(rows))

# %% [markdown]
# Look at the thin lines before the thick one: they are the seeds. What all of them do is a property of the recipe; what one
# does may be an accident. (The last row of the table is a longer run. It has few seeds, and the width of its interval says so.)
#
# Half of the twelve are newer: six fresh seeds, decided before and run after the first six had been read. They came out lower:
# 76% right in place of 80%, and 1 point above blind search in place of 8, by code that gives the same numbers
# ([LOG](../minir1/results/LOG.md)). So the first six were lucky, or flattered: the recipe was tuned on seeds among them. Whoever
# runs it gets a fresh seed. What holds over all twelve is what the table says.
#
# And the control says: **thinking grows where it pays.** RL does not make a model think. It makes it do more of what was
# rewarded, and a truthful check is what makes a second try worth its tokens.
#
# ### What went wrong here?
#
# Suppose somebody had only the lower curves: the reward grows slowly, responses get *shorter*, no error anywhere. "RL does not
# work for reasoning", says their report. **Predict** which single measurement on the base would have told them before the run.

# %%
from minir1 import recipes
from minir1.lab.charts import bars
from minir1.lab.corpus import read_documents, trace_of

share = {}
for name in ("laptop", "laptop_lying"):
    found = [trace_of(one) for one in read_documents(recipes.get(name), 800)]
    counts = [one[0] for one in found if one is not None]
    share[name] = 100 * sum(c.truthful_checks for c in counts) / sum(c.checks for c in counts)
bars("Checks in the base corpus that are true", "percent", share, fmt="{:.0f}%", marked=["laptop"])

# %% [markdown]
# A check that is true half the time carries nothing. Measure the *skill* that you hope to amplify, in the base, before you pay
# for RL (lesson 02 shows how). Large models are no different: whether RL "works" on a base was traced to whether it already
# verifies and backtracks sometimes (arXiv 2503.01307).
#
# ## Patience or insight?
#
# Blind search makes random tries, with a perfect check, and stops at the first that is right. With as many tries as the
# policy makes, it is the yardstick: who is on the dashed line has only become patient.
#
# **Predict.** Will base and policy be above or below it?

# %%
from minir1.lab.seeds import gain_split, seed_path
from minir1.run.insight import BlindSearch

display(show(BlindSearch))
path = seed_path(rows, "laptop")
gain = gain_split(rows, "laptop")
display(path, gain, Note(f"{path.words}. {gain.words}."))
first = [run.evaluations[end]["first_try"]["value"] for end in ("base", "final")]
Note("First tries that are right, published run: {:.1%} before RL, {:.1%} after.".format(*first))

# %% [markdown]
# Most of the gain is patience: not to stop after a "no". The smaller part is insight, and here it is not aim: the first try is
# no better than before. It is *order*: blind search often makes the same try twice, and the policy works through the tries in a
# sequence that repeats few. Read again what the base corpus contains (lesson 02): both were there, in some of the texts. RL
# **selected**; it did not invent.
#
# ## Which problems were won?
#
# **Predict.** The gain is large. Can problems that the base solved be *lost*?

# %%
from minir1.lab.anatomy import by_difficulty, transitions

display(transitions(run))
by_difficulty(run)

# %% [markdown]
# Yes: an answer is a draw, before and after, so some problems are lost by bad luck alone. Compare policy and blind search in
# the chart: their differences lie inside the policy's intervals. Five bars of one run are five small experiments. But base and
# policy differ in every one of them: hard problems are won, too.
#
# ## It takes longer to think. Does that help?
#
# Cut every response at a budget, and count what was solved by then.

# %%
from minir1.lab.anatomy import by_budget, length_by_verdict

display(by_budget(run))
length_by_verdict(run)

# %% [markdown]
# More budget, more solved: here thinking time is worth its tokens. But the second picture is a warning. After RL the
# **longest** answers are the wrong ones: a policy that does not find the solution goes on to the limit. So a growing mean
# length is not a proof of better thinking. It may be made of failures.
#
# ## The aha, planted
#
# The famous "aha moment" is a model that notices its own mistake. Test it: **plant** a mistake. Each response below begins with a
# wrong try that we wrote. Once its check says *no*, as it should. Once it says *yes*, which is false.
#
# **Predict** for base and policy: who goes on to another try? Who still ends right?

# %%
from minir1.lab.anatomy import planted, planted_chart
from minir1.run.evaluate import heldout_problems

asked = heldout_problems(config.task, at_scale(smoke=6, laptop=60, full=300))
models = {"base": base, "after RL": policy}
found = {
    f"{name}, check says {said}": planted(model, tokenizer, task, asked, said, config.task)
    for said in ("no", "yes")
    for name, model in models.items()
}
aha = planted_chart(found)
display(show(planted), aha)

# %% [markdown]
# After a true *no*, the policy always goes on; the base often gives up. After a false *yes*, both stop: a yes is not doubted. So
# the recovery is real and it is **narrow**: it obeys its own checks, it does not look at the work behind them. Remember that when
# somebody shows you one transcript with "Wait".
#
# ### One word, flipped
#
# Those tries were ours. Does it obey a word behind a try of its **own**, whose value it has just worked out? In responses that it
# wrote, the first true *no* becomes *yes*, or the first true *yes* becomes *no*, and the rest is drawn again from the same random
# numbers. Six runs; the sentences and thresholds were committed before the first of them was measured.
#
# **Predict** how often R1-Zero stops at once, and how often it hands in the wrong try.

# %%
from minir1.bench import flips_table
from minir1.bench.flips import ROWS
from minir1.run.jsonl import rows_in

display(show(flips_table.moved))
Note(flips_table.verdicts(current(rows_in(ROWS))))

# %% [markdown]
# **The word decides.** Behind a *yes* that its own arithmetic contradicts, R1-Zero stops and hands the wrong try in. Behind a false
# *no* it throws the right try away, makes seven more, and ends right in 56% of the cases in place of 99%. Nothing else was
# changed, so the word is the *cause* of its going back: a transcript alone can't show that.
#
# Read the fourth sentence with care. Told *yes*, the base stops as well, in 93%. What differs is what they do when left alone behind a
# *no*: the base gives up in 42%, R1-Zero never. RL did not teach it to listen. It left nothing but the word to decide.
#
# ## Does it carry over?
#
# **Predict** the accuracy on four numbers, and on numbers from 13 to 20.

# %%
from minir1.lab.curves import all_sets
from minir1.lab.transcripts import before_and_after

display(before_and_after(run, 2))
all_sets(run)

# %% [markdown]
# New numbers of the same kind: yes. Four numbers, or larger ones: no, neither before nor after. Where a base is never right, RL
# has nothing to select. What was learned is a skill on *this* kind of problem, and a report that leaves out the lower half of
# the picture hides that.
#
# ## Watch one
#
# The published run on the dashboard. With `dashboard(recipes.get("laptop"))` a new one opens, with a **Start** button: ten
# minutes in a process of its own, so you can close this page and come back. Stop it, read some rollouts, look who serves which
# token, let it go on ([minir1/lab/dashboard](../minir1/lab/dashboard/__init__.py)).
#
# **Predict**, before you press Start: which of the three curves moves first?

# %%
from minir1.lab.dashboard import dashboard

dashboard(run.folder)

# %% [markdown]
# ## Would something else have done as well?
#
# So far RL was compared with its own beginning. The same FLOPs (sums and products, the unit of compute) could have paid for more
# pre-training, or for fine-tuning on right samples. A smaller recipe, a minute a run, has all of these, each from the same twelve
# bases. **Predict** which of the controls below pure RL beats, and whether one of them beats pure RL.

# %%
from minir1.bench.claims.table import lines as claims
from minir1.lab.controls import RL, control_chart

against = control_chart("Pure RL, beside ...", claims(), RL)
display(against)
Note(against.words)

# %% [markdown]
# (The intervals are wide because they are corrected for all sentences that `minir1 claims` judges.) The coin and the form
# exclude that GRPO helps whatever is paid. *The base, made as long* excludes that length alone does it. And one control wins:
# **worked solutions teach more than pure RL**, where somebody has them. Here a program writes them for nothing. R1-Zero's point
# is what can be done without.
#
# What this does not show: that large models do it the same way. The mechanism is visible here *because* the model is small.
#
# # The same code at scale
#
# The loop has no size in it. This run beside R1-Zero, and its bill:

# %%
from minir1.lab.numbers import beside_r1_zero, bill

display(show(grpo_step), beside_r1_zero(run))
bill(run)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Name what is *not* in the loop, though people expect it. (objective 1)</summary>
#
# Human solutions, a reward model, a value network, and any reward for length or for checking.
# </details>
# <details><summary>2. Why write thresholds down before? (objective 2)</summary>
#
# Afterwards some story fits every curve. A number that was fixed before can be missed.
# </details>
# <details><summary>3. What does the lying control exclude? (objective 3)</summary>
#
# That length and checks grow by themselves, from GRPO, the divisor or the temperature: all of these are the same there.
# </details>
# <details><summary>4. Accuracy is four times that of the base, and exactly on the dashed line. Insight? (objective 4)</summary>
#
# No, patience: blind search with as many tries does as well.
# </details>
# <details><summary>5. A transcript says "wait, that is wrong" and mends it. What would convince you? (objective 5)</summary>
#
# A rate over many planted mistakes, beside the base's rate, and also where the model's own check is false.
# </details>
# <details><summary>6. Your own run ends with 74% where the table says 80%. Broken?</summary>
#
# Compare with the spread of the seeds, and with the interval of your evaluation (lesson 12).
# </details>
#
# <details><summary>7. RL made the base better by 22 points. Which control would you ask for first? (objective 5)</summary>
#
# The same FLOPs in more base training, and in fine-tuning on right answers: without them nobody knows what RL is worth.
# </details>
#
# **Where next.** Make your own: `make r1` (about ten minutes), then `minir1 report laptop`. Change one dial and write down first
# what will happen: `minir1 run laptop --corpus.sweep-share 0.3 --out runs/mine` (half as many searchers who go in order).
