# %% [markdown]
# # 10 The R1 pipeline, stage by stage
#
# R1-Zero reasons, and nobody wants to talk with it: it mixes languages, answers nothing but problems, refuses nothing. R1 is
# what four more stages made of it. Each stage buys something and pays for it with something else, and R1's report has a
# table that shows both. Here is the same pipeline on a toy, run to its end, with **the pattern of that table written down as
# statements before the run**.
#
# | | |
# |---|---|
# | **You need** | lessons 00, 07 and 08. No GPU, no network |
# | **Time** | 60 minutes to read and answer; the cells take about a minute (a reward model and a cold start are trained live) |
# | **Hardware and cost** | any laptop; the whole pipeline, if you make it: about twenty minutes of one core, a few cents |
#
# **After this lesson you can**
#
# 1. say of each stage whose weights it starts from and whose texts it learns from;
# 2. filter samples, and say which filter threw away what;
# 3. compute a language reward, and predict what a weight on it does to a group;
# 4. train a reward model from noisy pairs, and say how good it could be at best;
# 5. read R1's stage table as statements that a run can refute, and name those that the toy refutes.

# %%
from minir1.bench.pipeline import current, read_results, statement_table
from minir1.bench.r1_pattern import STATEMENTS
from minir1.lab.filters import kept_chart, minutes_chart, reader_chart, wage_chart
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1.lab.stages import SHORT, answers, of_kind, rl_curves, stage_chart

published = load("pipeline")
run, config, tokenizer = published.run, published.config, published.tokenizer
base = published.base

# %% [markdown]
# ## The stages, and what goes from one to the next
#
# The map first. There are two kinds of arrow: the **weights** a stage starts from, and the **texts** it learns from. Follow the
# blue arrows twice: Dev1 and Dev3 both start from the *base*, not from the stage before.
#
# **Predict.** Why would one throw away the weights of Dev2, after all that RL, and keep only its texts?

# %%
import json

from minir1.lab.stage_map import stage_map

manifest = json.loads((run.folder / "pipeline.json").read_text())
rows = [
    (SHORT.get(one["stage"], "reward model"), SHORT.get(one["starts_from"], "random weights"),
     SHORT.get(one["learns_from"], "its own rollouts" if one["stage"] in ("zero", "dev2", "r1")
     else "the corpus"), one.get("data", {}).get("rows", ""))
    for one in manifest["stages"]
]  # fmt: skip
display(stage_map(manifest["stages"]), Table(("stage", "weights of", "learns from", "rows"), rows))

# %% [markdown]
# RL narrows: it makes what was paid more likely, and the rest gets lost. Fine-tuning the *base* on what RL wrote takes over the
# skill and leaves the damage behind. (R1's report: V3-Base is fine-tuned anew on 800,000 samples.)
#
# ## The toy
#
# Countdown asked in **two languages**, with number words; texts for **readers** whose taste is a hidden function; and
# requests for a **secret** that must be refused. One held-out prompt of each kind, and the base's answer:

# %%
from minir1.tasks.scenarios.manners import taste

display(show(taste))
shown = [of_kind(run, "pretrain", kind)[2] for kind in ("bilingual", "manners", "forbidden")]
Table(("prompt", "the base"), [(row["question"], f"`{row['completion']}`") for row in shown])

# %% [markdown]
# What the toy shares with R1: every stage, every kind of reward, the order, and that a skill must be in the base to be
# selected. What it leaves out: grammar, harm, people who differ, and 671 billion weights. Where a result could come from that,
# the text below says so.
#
# ## What is wrong with Zero?
#
# It was paid for right answers alone. **Purity** is the share of the words of its thinking that are in the asker's language.
# **Predict** what happened to it: up, down, or nothing?

# %%
zero = stage_chart(run, ["accuracy", "purity", "tokens"], ["pretrain", "zero"])
display(zero)
Note(zero.words)

# %%
from minir1.lab.filters import language_chart
from minir1.tasks.scenarios.tongues import purity

display(show(purity))
language_chart(run, ("pretrain", "zero"))

# %% [markdown]
# Nobody paid for a language; nobody paid against one. What grew is less the mixing than Indonesian questions that are thought
# about in English. Four of five facts of the base corpus are said in English: it calculates better there, and RL finds out.
# R1-Zero mixed its languages too, and its authors call it a problem for readers, not for accuracy.
#
# ## Dev1: a cold start from filtered samples
#
# Sample Zero, keep what is right and readable, say it anew in the asker's language, and fine-tune the **base** on that.
#
# **Predict.** Of 100 of Zero's samples, how many survive each filter? Which filter takes most?

# %%
from minir1.stages.rejection import Keep, in_one_language, readable

display(show(Keep.__call__), show(readable))
kept_chart(of_kind(run, "zero", "bilingual"))

# %%
from minir1.lab.filters import language_share
from minir1.tasks import Problem

mixed = next(
    row
    for row in of_kind(run, "zero", "bilingual")
    if 0 < language_share(row) < 1 and row["verdict"] == "CORRECT"
)
problem = Problem("bilingual", mixed["question"], mixed["gold"], "")
said = in_one_language(problem, mixed["completion"])
Table(("asked", "as Zero said it", "rewritten"), [(mixed["question"], mixed["completion"], said)])

# %% [markdown]
# R1's authors had samples rewritten by another model and checked by people; here each word has one translation. Now the
# fine-tuning itself, live and small: the base, on the first rows of that file.

# %%
import copy

from minir1.lab.charts import lines
from minir1.lab.live import tune
from minir1.stages.examples import read_examples

examples = read_examples(run.folder / "data" / "dev1.jsonl")
steps, size = at_scale(smoke=(3, 8), laptop=(30, 16), full=(60, 32))
student = copy.deepcopy(base)
losses = tune(student, tokenizer, examples, config.pipeline.cold, steps=steps, size=size)
lines("Cold start, live", "nats a token", range(1, steps + 1), {"loss": losses}, x_name="step")

# %% [markdown]
# **Predict** two numbers before you run the next cell, for the whole Dev1: does its accuracy rise above Zero's, or fall
# below? And its purity?

# %%
cold = stage_chart(run, ["accuracy", "purity"], ["pretrain", "zero", "dev1"])
display(cold)
Note(cold.words)

# %% [markdown]
# In R1, right answers on AIME (a mathematics contest) fell from 77.9% to 59.0%. Here the fall is small, and that is worth
# understanding: what RL taught this base is one habit (go on until a check says yes), and a habit fits into 325 texts. What
# R1-Zero learned in 10,000 steps did not fit into thousands of texts. Purity, though, is bought as in R1: nearly every thinking is now in
# one language.
#
# One dose of a cold start says little. The same stage, after 5 to 160 steps on the same texts, in six whole pipelines (thin
# lines: the seeds). **Predict** the two curves: which of the two is bought first, and does more of it cost the other?

# %%
from minir1.bench.sweep import read_results as doses
from minir1.lab.doses import dose_chart, levels_of

levels = levels_of(current(read_results()), {"pretrain": "base", "zero": "Zero"})
cold_doses = dose_chart(doses(), "cold", "steps of the cold start", levels=levels)
display(cold_doses)
Note(cold_doses.words)

# %% [markdown]
# Neither comes first. After 5 steps both are about a third of the way from the base to where they end, after 20 steps nine
# tenths: one text carries the language and Zero's habit together. And four times the recipe's 40 steps change little: no
# dose of these texts costs much, and none gives more right answers than Zero had. Before the first point was measured we had
# written down that longer would be worse. It can't be told (`minir1 claims`): between 20 and 160 steps the mean even rises.
#
# ## Dev2: RL again, and paid for language
#
# The reward is now accuracy + w x purity. What does a weight do? Four rollouts: right and mixed, right and pure, wrong and pure,
# wrong and mixed (mixed: a purity of 1/2). **Predict** at which w a wrong but pure answer beats a right but mixed one.

# %%
from minir1.lab.explore import explore
from minir1.stages.pay import Wages

display(show(Wages.__call__))
explore(wage_chart, weight=[0.5, 0.0, 0.25, 1.0, 2.0, 4.0])

# %% [markdown]
# Above w = 2: half of w must be worth more than a right answer. So much for four rollouts. What does pay for language do by
# itself, to RL that starts from the base, without a cold start?
# **Predict.** R1's report says that the reward costs a little reasoning. Which dose buys one language, and what does a pay of
# 2 cost, twice that for a right answer?

# %%
paid_doses = dose_chart(doses(), "language", "pay for one language")
display(paid_doses)
Note(paid_doses.words)

# %% [markdown]
# A tenth of the pay for a right answer is enough. A bilingual base says everything in two ways, and one of them is now paid a
# little better: in a group of rollouts that are all right, language alone decides. No price can be seen, not even at 2. This
# toy's words have exact translations; a model that really thinks better in one language has something to lose.
#
# With the cold start before it, as in the pipeline, there is little left to pay for.

# %%
display(
    rl_curves(run, "dev2", {"rewards/accuracy/mean": "right", "rewards/language/mean": "purity"})
)
second = stage_chart(run, ["accuracy", "purity"], ["zero", "dev1", "dev2"])
display(second)
Note(second.words)

# %% [markdown]
# ## Dev3: the base anew, on the best of Dev2
#
# Several samples a prompt, of **every** kind. Right and pure ones are kept; of texts for readers, the one that the reward
# model likes best. R1 kept 600,000 reasoning samples this way and added 200,000 others.
#
# Which reward model? One that has seen pairs of texts and which of the two a reader took. Train it, live.
#
# **Predict.** The readers are noisy: they take the better text more often, not always. Which share of their labels can the best
# possible model agree with?

# %%
from minir1.lab.live import learn_taste
from minir1.rl.reward_model import bradley_terry
from minir1.run.jsonl import read_rows

display(show(bradley_terry))
pairs = [row for _, row in read_rows(run.folder / "data" / "preference.jsonl")]
rounds = at_scale(smoke=2, laptop=40, full=150)
display(learn_taste(base, tokenizer, pairs, config.pipeline.preference, steps=rounds))
reader_chart(run)

# %% [markdown]
# Its ceiling is about 71%, not 100%: more of the labels no model can know. The live one, from few pairs, agrees with far more of
# the labels that it learned from. That part is the noise of single readers, learned by heart, and RL will find it (lesson 16).
# And look at the two middle lines of the second chart: the reward model is right about the *truth* more often than about the
# labels.
#
# ## R1: all scenarios
#
# Rule rewards, language, and only in the last steps the reward model. **Predict.** When the taste is switched on, what happens
# to accuracy?

# %%
start = config.pipeline.final.steps - config.pipeline.taste_steps
names = {"rewards/accuracy/mean": "verdict", "rewards/language/mean": "purity",
         "rewards/taste/mean": "reward model, 0 where it isn't asked"}  # fmt: skip
rl_curves(run, "r1", names, {"taste is paid from here": start})

# %% [markdown]
# Nothing that this curve could show: it moves by less than its own noise, and a price will be seen in six pipelines only. (The
# green line is low because most prompts of a step are not for readers.)
#
# Why only at the end? Small runs of their own, each from a fresh base and a reward model of 256 pairs: what is paid is the
# reward model's score, what was meant is the readers' taste, as a share of its best. **Predict** both curves, paid from the first
# step on.

# %%
from minir1.bench.hacking.table import current as kept_arms
from minir1.bench.hacking.table import read_results as hacking_rows
from minir1.bench.hacking.table import table
from minir1.lab.hacking import hack_chart

hacking = kept_arms(hacking_rows())
display(hack_chart(hacking, "taste"), hack_chart(hacking, "code"))
Note(table(hacking))

# %% [markdown]
# (In the first row the hack is a word said twice; in the second, a program that names its examples.) The score rises in every
# seed; the taste need not (the thin lines are the seeds). Where it turns, the score goes on rising
# and says nothing. So R1 pays for preference in its last 400 of 1,700 steps, and here it is paid in the last 20 of 50. One
# panel is a surprise: a reward model from eight times as many pairs is hacked no less. The pairs are of the base's texts, and
# RL writes others.
#
# Programs show it more sharply (second row): paid for the examples in the prompt, a policy names them (`when 2 give 7`)
# and solves nothing; paid for tests that it can't see, it doesn't; and a base that never read such a program does
# not invent it. Lesson 16 looks closer.
#
# The whole way, in every number that was measured. Read each panel from left to right, and name the stage that moved it most.

# %%
display(stage_chart(run, ["accuracy", "purity", "tokens"]))
whole = stage_chart(run, ["taste", "refused", "over_refused"])
display(whole)
Note(whole.words)

# %%
display(answers(run, 3, "bilingual"))
answers(run, 1, "forbidden")

# %% [markdown]
# ## Does the toy have R1's pattern?
#
# These statements were committed before the first run. Each is a paired difference on the same held-out prompts, and there
# are twelve whole pipelines, from twelve seeds: six, and six more when these had been read. A statement holds if the whole interval
# over seeds is on its side. (AlpacaEval: how often a judge prefers an answer to that of another model.) **Predict** which will fail.

# %%
display(Table(("statement", "R1's report"), [(one.says, one.paper) for one in STATEMENTS]))
Note(statement_table(current(read_results())))

# %% [markdown]
# What is large holds: RL makes the base reason and think longer; from the cold start on it thinks in one language; kept
# samples are liked better, and texts after the last RL far better; it refuses hardly anything that it shouldn't; a distilled student
# reasons. What is small needs many seeds. Asked one by one, as in this table, **the cold start costs reasoning, and RL wins it
# back**: R1's pattern, in small. And one statement is refuted: R1's last stage reasoned a little *better*, ours reasons worse. But who
# asks fifteen questions, and twice, is misled by luck more often than who asks one. With intervals wide enough to be right for all
# questions together, as the [README](../README.md) has them, these three can't be told even with twelve seeds, nor can "as good
# a reasoner as Zero". Refusing was learned in Dev3 already, from kept samples; the last RL had little left to win.
#
# ### What went wrong here?
#
# A team leaves Dev3 out: "accuracy is the same as Dev2's, so the stage is useless". They go on with RL from Dev2. **Predict** what
# they lost, and why they didn't see it.

# %%
stage_chart(run, ["taste", "refused", "over_refused"], ["pretrain", "zero", "dev2", "dev3"])

# %% [markdown]
# Everything that isn't reasoning. Zero and Dev2 were paid for reasoning prompts only; Dev3 is the first stage whose file
# holds texts and refusals. Who looks at one number sees one thing: every stage is measured on **every** kind of prompt, also
# on those that it was not trained on.
#
# # The same code at scale
#
# `minir1 pipeline pipeline_laptop` is this run. Stages are functions that take a model and a file; at scale their sizes change
# ([minir1/stages/pipeline.py](../minir1/stages/pipeline.py), [minir1/recipes/pipeline.py](../minir1/recipes/pipeline.py)).
# Where the money goes differs:

# %%
minutes_chart(run, SHORT | {"preference": "reward model"})

# %% [markdown]
# R1: 101,000 GPU-hours for R1-Zero, 5,000 for the texts of the fine-tunings, 41,000 for R1; and before all that, 2,788,000 for
# the base. (The minutes above are of a core that others used as well: read their proportions. A core of its own needs about
# twenty in all.)
#
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Whose weights does Dev3 start from, and whose texts? (objective 1)</summary>
#
# The base's weights, Dev2's texts.
# </details>
# <details><summary>2. A sample is right, well formed and makes one try twice. Kept? (objective 2)</summary>
#
# No: a student would learn to repeat itself.
# </details>
# <details><summary>3. Thinking: "10 + 5". Its purity? Why not 1? (objective 3)</summary>
#
# 0. Paid with 1, silence would be the cheapest way to be pure.
# </details>
# <details><summary>4. Readers agree with the truth in 70% of pairs. Your model agrees with 85% of the labels it was trained on. Good? (objective 4)</summary>
#
# No: the truth itself reaches 70%. The rest is noise, learned by heart.
# </details>
# <details><summary>5. Accuracy fell from Dev2 to Dev3 by 2 points, interval -5 to +1. Does the statement "Dev3 reasons better" fail? (objective 5)</summary>
#
# Neither holds nor fails: can't tell. More prompts or more seeds.
# </details>
#
# **Where next.** Lesson 11: was all this needed for the student? The exercises of this lesson are in
# [exercises/10_the_r1_pipeline.ipynb](../exercises/10_the_r1_pipeline.ipynb).
