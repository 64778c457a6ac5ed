# %% [markdown]
# # 17 The capstone: a task of your own
#
# Everything so far ran on tasks that somebody else had chosen, with verifiers that somebody else had defended. Now it is your turn:
# **a question of your own, a verifier that holds, a run on your laptop, a control, and a report that a stranger can trust.** A
# worked example goes first, part by part: a cashier who learns to pay with few coins, and what he never learns.
#
# | | |
# |---|---|
# | **You need** | lessons 00, 01, 08, 09 and 12. No GPU, no network |
# | **Time** | 45 minutes to read; the cells take about two minutes; an evening for a capstone of your own |
# | **Hardware and cost** | any laptop; a run takes five minutes on one core, less than a cent |
#
# **After this lesson you can**
#
# 1. write a task in one file, and split it so that nothing leaks;
# 2. attack your own verifier before a policy does;
# 3. say from a base's accuracy whether RL has anything to work with;
# 4. compare a run with its base *and* with a control, by intervals;
# 5. write down what the run does not show.

# %%
from minir1 import recipes
from minir1.lab.charts import bars, lines
from minir1.lab.course import ROOT
from minir1.lab.picture import Note, Table
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1.run.report.reading import read_run
from minir1.stages.own import with_task
from minir1.tasks import make_task

# %%
example = ROOT / "solutions" / "capstone"
config = with_task(recipes.get("claim"), example / "task.py")
task = make_task(config.task)

# %% [markdown]
# ## 1. Choose
#
# | a task | why it is good | what to watch |
# |---|---|---|
# | **easy**: what comes next in `2 5 8`? | one answer, a number: the verifier is three lines | a base may know it already |
# | **middle**: close the brackets of `( ( )` | many near misses, and a length that must be counted | one question, one key: nearly all short ones are alike |
# | **hard**: sort `3 1 2` by swaps | many right answers, so no gold can be compared | a verifier must follow each swap |
#
# The toy model reads the numbers 0 to 99, `+ - * / = ? , ; ( ) yes no make from compute`, and nothing else. The worked example is
# none of these: **pay an amount with as few coins as possible.** Its whole task is one file, and this is its question and its base:

# %%
import inspect
import random

code = task.code
Note("\n".join(f"```python\n{inspect.getsource(f)}```" for f in (code.draw, code.example)))

# %% [markdown]
# Five things to see. All chance comes from `rng`. The **gold** is what the verifier needs, not the answer: several answers are right.
# The **key** is the whole question, so a question can't stand on both sides. The **solution** is one right answer. And the **example** is
# careless on purpose: it is what the base reads. It must be right now and then, *for a reason that a policy can find out*.
#
# (`gold` of your `draw` stands in a problem as `gold["own"]`.)
#
# **Predict.** How many of these examples are right? Is the share the same when "the largest coin first" is the best way, and when not?

# %%
from itertools import islice

from minir1.tasks import Verdict
from minir1.tasks.audit import completion


def greedy(gold):
    left, count = gold["amount"], 0
    while left:
        left, count = left - next(c for c in gold["coins"] if c <= left), count + 1
    return count == gold["fewest"]


# %%
rng, kinds = random.Random(0), {"largest first is best": [], "another way is best": []}
for problem in islice(task.problems("train", 0), 600):
    kind = "largest first is best" if greedy(problem.gold["own"]) else "another way is best"
    answer = completion(task.example(problem, rng)[1])
    kinds[kind].append(task.verify(problem.gold, answer) is Verdict.CORRECT)
display(show(type(task).problems))
share = {f"{kind} ({len(hits)})": sum(hits) / len(hits) for kind, hits in kinds.items()}
bars("Careless examples that are right", "share", share, fmt="{:.0%}")

# %% [markdown]
# ## 2. The verifier, attacked
#
# A policy makes thousands of tries a minute to be paid for something else. Be faster. Here is the worked example's verifier, and
# the checks that `minir1 audit task.py` makes.

# %%
from minir1.tasks.near import both_sides, own_checks

checks = own_checks(task, both_sides(task, 60))
display(Note(f"```python\n{inspect.getsource(code.verify)}```"), show(own_checks))
# Times differ from machine to machine, and are left out here.
rows = [(c.name, c.status, c.found.split(", ")[0].split(" verdicts")[0]) for c in checks]
Table(("check", "", "what was found"), [row for row in rows if row[0] != "hostile texts"])

# %% [markdown]
# Two kinds of text are tried beside those of lesson 01: the right answer in the **wrong place**, and the right answer **changed by a little**.
# Both are made from your own solutions, so no wrong text is more like a right one.
#
# ### What went wrong here?
#
# Somebody wrote a shorter verifier: only these coins, and the sum must be right. The reward looked wonderful from the first step.
# **Predict** what a base earns under it that is right in 13% of its answers.

# %%
run = read_run(example / "run")


def right_sum(row):
    words, gold = (row["answer"] or "").split(), row["gold"]["own"]
    coins = {str(coin) for coin in gold["coins"]}
    return set(words) <= coins and sum(map(int, words)) == gold["amount"]


# %%
from minir1.tasks.near import changed

transcripts = run.evaluations["base"]["rows"]
paid = {"only the sum": sum(map(right_sum, transcripts)) / len(transcripts)}
paid["as few as possible"] = run.evaluations["base"]["pass@1"]["value"]
display(show(changed))
bars(
    "What the base earns under two verifiers", "share of answers that are paid", paid, fmt="{:.0%}"
)

# %% [markdown]
# Four of five answers are paid, most of them for a skill that nobody asked for. RL would have polished the sums, the curve would have
# gone up, and the report would have said "learned to pay". A near miss of your own, `1 1 1 1 ...`, finds it in a second.
#
# ## 3. The base, measured
#
# A group whose answers are all wrong teaches nothing. **Predict.** With how many right answers in a hundred is half of all groups of 16
# dead?

# %%
from minir1.lab.curves import interval_chart
from minir1.lab.family import dead_chart

ends = {name: run.evaluations[name]["pass@1"] for name in ("base", "final")}
display(dead_chart())
interval_chart("The worked example's base", "pass@1 on held-out problems", {"base": ends["base"]})

# %% [markdown]
# With four in a hundred: .96 multiplied by itself 16 times is about a half. The rubric asks for 3% to 80%. Below, make the task smaller or the examples less careless; above, the other way round. To change the
# examples *after* a look at the final number is to tune on the test: look at the base alone.
#
# ## 4. Plan, and train
#
# | | what it costs here |
# |---|---|
# | `minir1 run claim --with task.py --pretrain.steps 800 --zero.steps 60 --out run` | five minutes on one core |
# | the same with `--pretrain.steps 1200 --zero.steps 0 --out control` | six minutes: more base training in place of RL |
#
# Below is a **short** run of the same code, live. **Predict** which way the length will go: up, as in lesson 08, or down?

# %%
import copy
from dataclasses import replace

from minir1.rl.groups import sample_groups
from minir1.rl.step import grpo_step
from minir1.run.models import new_model, tokenizer_of
from minir1.run.optim import build_optimizer, learning_rate, set_learning_rate
from minir1.stages.pretrain import corpus_source, document_batch

reading, steps = at_scale(smoke=(4, 2), laptop=(300, 12), full=(800, 60))
prompts, size = at_scale(smoke=(2, 4), laptop=(8, 16), full=(8, 16))
tokenizer, source = tokenizer_of(config), corpus_source(config.task)

# %%
import torch

from minir1.rl.update import update
from minir1.text.own import own_documents

model, optim = new_model(config, torch.device("cpu")), config.pretrain.optim
optimizer, losses = build_optimizer(model, optim), []
for step in range(reading):
    set_learning_rate(optimizer, learning_rate(optim, step, reading))
    pieces = list(islice(own_documents(config.corpus, source, f"live/{step}"), 32))
    losses.append(update(model, optimizer, document_batch(pieces, tokenizer), optim).loss)

# %%
read = range(1, reading + 1)
display(show(own_documents))
lines("The base reads careless cashiers", "loss", read, {"loss": losses}, x_name="step")

# %%
from minir1.rl.behaviour import length_metrics, reward_metrics

sizes = {"questions_per_step": prompts, "group_size": size, "max_new_tokens": 100}
live, learner, diary = replace(config.zero, **sizes), copy.deepcopy(model), []
optimizer = build_optimizer(learner, live.optim)
for step in range(steps):
    asked = task.problems("train", seed=step)
    groups, _ = sample_groups(learner, tokenizer, task, asked, live, seed=0, step=step)
    grpo_step(learner, optimizer, groups, live, seed=f"live/{step}")
    diary.append(reward_metrics(groups) | length_metrics(groups))
told = [(f"{one['reward']:.2f}", f"{one['completions/mean_length']:.0f}") for one in diary]
Table(("step", "reward", "tokens"), [(i, *one) for i, one in enumerate(told, 1)])

# %%
from minir1.lab.groups import success_chart

success_chart([group.totals for group in groups])

# %% [markdown]
# The length falls at once. For the reward that was too short; it shows that every part works. The worked example's whole run is committed, with its control:

# %%
import numpy as np


def means(values, window=6):
    return np.convolve(values, np.ones(window) / window, "valid")


reward, length = (means(run.series("zero", n)[1]) for n in ("reward", "completions/mean_length"))
at = range(len(reward))
display(lines("Reward of the whole run", "mean of 6 steps", at, {"reward": reward}, x_name="step"))
lines("Length", "tokens, mean of 6 steps", at, {"length": length}, x_name="step")

# %% [markdown]
# ## 5. The doctor
#
# **Predict** what the doctor says to a length that falls.

# %%
from minir1.run.doctor import examine

findings = examine([row for row in run.metrics if row["stage"] == "zero"])
Note("\n\n".join(f"```\n{finding}\n```" for finding in findings) or "Nothing was found.")

# %% [markdown]
# A finding is a question. In lesson 08 a shrinking thinking was the mark of checks that lie. Here fewer coins *need* fewer subtractions. So
# the report names the finding and answers it; it may not leave it out.
#
# ## 6. Compare: the base, and a control
#
# The gain over the base says that something happened. The **control** says whether RL was it: the same base, read on for 400 steps more.
#
# **Predict** the control's accuracy.

# %%
from minir1.lab.capstone.desk import figures

control = read_run(example / "control")
measured = {"base": ends["base"], "base, 400 steps more": control.evaluations["final"]["pass@1"]}
display(interval_chart("Who pays right", "pass@1", measured | {"after RL": ends["final"]}))
figures(example)

# %%
from minir1.lab.capstone.compare import verdict
from minir1.lab.intervals import paired_chart
from minir1.lab.passes import by_problem

pair = (by_problem(one.evaluations["final"]["rows"], 1) for one in (control, run))
chart = paired_chart(*([group[0] for group in side] for side in pair))
display(show(verdict), chart)
Note(chart.words)

# %% [markdown]
# ### Is it the recipe, or the seed?
#
# That interval is one over *questions*: it says how sure these two models differ. Another seed makes another base, and another policy. So
# the pair of runs was made anew with other seeds (`python -m minir1.bench.capstone`); what is left of each answer is whether it was right.
#
# **Predict.** From seed to seed, what moves most: the base, the control, or the policy after RL?

# %%
from minir1.bench.capstone import accuracies, over, read
from minir1.lab.charts import columns

seeds = read()
arms = {"base": "base", "400 steps more": "control", "after RL": "final"}
right = {label: accuracies(seeds, name) for label, name in arms.items()}
ticks = [f"seed {row['seed']}" for row in seeds]
display(columns("Who pays right", "pass@1", right, x_name="", ticks=ticks, percent=True))
gains = {f"over the {name}": over(seeds, name) for name in ("base", "control")}
Table(("RL", f"mean of {len(seeds)} seeds, 95%"), [(k, str(v)) for k, v in gains.items()])

# %% [markdown]
# The policy moves most, and a better base makes a better one. The seed that the rest of this page shows is the luckiest: it was simply
# the first. What a report may say of the *recipe* is the table: RL beats the control with every seed, by a mean whose interval is wider
# than the one over questions, for it holds the luck of bases too.
#
# ## 7. Look where it fails
#
# A mean hides kinds. We know two kinds of problems here: those that "the largest first" solves, and the others.
#
# **Predict** the four bars.

# %%
kinds = {}
for name, label in (("base", "base"), ("final", "after RL")):
    for habit, kind in ((True, "largest first is best"), (False, "another way is best")):
        rows = run.evaluations[name]["rows"]
        hits = [r["verdict"] == "CORRECT" for r in rows if greedy(r["gold"]["own"]) is habit]
        kinds[f"{kind}, {label}"] = sum(hits) / len(hits)
after = [name for name in kinds if "RL" in name]
bars("Right answers by kind of problem", "share", kinds, fmt="{:.0%}", marked=after)

# %%
easy = [greedy(row["gold"]["own"]) for row in transcripts]
sides = {"largest first": easy, "another way": [not one for one in easy]}
rows = [
    (f"{kind}, {label}", *(f"{share:.0%}" for share in accuracies(seeds, name, kept)))
    for kind, kept in sides.items()
    for name, label in (("base", "base"), ("final", "after RL"))
]
Table(("right", *ticks), rows)

# %% [markdown]
# There is the honest limit. RL found the habit that pays in two of three cases, and strengthened it, with every seed. The rest would need another
# first step, which rollouts took too seldom to be rewarded for: with the other seeds, 1% of these problems are right in the end. The policy is no
# better cashier than "the largest coin first". Who reports "0.60" alone has told no lie and has hidden what matters.
#
# ## 8. Your own
#
# `minir1 lab` lays `work/capstone/` ready: `task.py` with holes and a `report.md` with headings. Then, in that folder:
#
# ```text
# minir1 audit task.py                                      until nothing is found
# minir1 run claim --with task.py --out run                 base, RL, evaluations
# minir1 run claim --with task.py --out control ...         one thing of the training changed
# minir1 doctor run                                         each finding is answered in the report
# minir1 grade .                                            25 points, part by part
# ```
#
# Other controls: `--zero.reward.accuracy 0 --zero.reward.answered 1` pays any answer. Here is the grader on the worked example, and on an untouched one.

# %%
from minir1.lab.capstone.desk import check_capstone

display(check_capstone(example))
check_capstone(ROOT / "exercises" / "capstone")

# %% [markdown]
# A gain is **not** among the points. A run that shows none, says so, and bounds it by its interval earns all of them. The last part, honest
# limits, is for a reader: swap reports with somebody, and ask of theirs what you would not like to be asked of yours.
#
# # The same code at scale
#
# Nothing in a task file knows how large the model is. `minir1 run laptop --with task.py` trains a model of twice the depth on it, and `minir1 plan` prices
# it. What changes is the vocabulary: a real model reads real words, so its questions come from a file of JSON lines (`--task.name jsonl`).

# %%
from minir1.model.count import active_parameters

models = {name: active_parameters(recipes.get(name).model) for name in ("claim", "laptop", "gpu_1")}
display(show(with_task))
bars("Parameters that one token uses", "on a logarithmic scale", models, fmt="{:,.0f}", log=True)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Your key is a running number. What leaks? (objective 1)</summary>
#
# The same question gets two numbers, and with them two sides. The audit finds it: "one question, one key".
# </details>
# <details><summary>2. A verifier compares sets of words. Which near miss shows the hole? (objective 2)</summary>
#
# The answer twice, or its words in another order: the set is the same.
# </details>
# <details><summary>3. A base is right in 1% of its answers, groups of 16. How many groups are dead? (objective 3)</summary>
#
# 0.99^16 = 85%, and those that live have one right answer: a slow and noisy start.
# </details>
# <details><summary>4. +4 points over the base [+1, +7], +1 over the control [-2, +4]. What do you write? (objective 4)</summary>
#
# Better than its base; not shown to be better than more base training.
# </details>
# <details><summary>5. What would make you doubt the worked example? (objective 5)</summary>
#
# It is the luckiest of its seeds, on one range of amounts, and the control cost a little more than RL did, not the same.
# </details>
