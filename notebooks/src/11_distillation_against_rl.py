# %% [markdown]
# # 11 Distillation against RL on a small model
#
# The most used result of R1's report is not R1. It is a set of small models that were fine-tuned on R1's texts and did nothing
# else. On the same 32B base, RL alone reached 47.0% on AIME (a mathematics contest), fine-tuning on R1's texts 72.6%. "Distilling
# beats RL", people say. Cheaper for whom, and at what equal cost? Here you do both, live and small, and write the bill twice.
#
# | | |
# |---|---|
# | **You need** | lessons 07, 08 and 10. No GPU, no network |
# | **Time** | 45 minutes to read and answer; the cells take about a minute (two students are trained live, each two ways) |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. distil a model from a file of texts, and say what the file lacks that the teacher has;
# 2. write the loss on a teacher's probabilities, and say when it is the same as fine-tuning;
# 3. put a student's whole route on its bill, its teacher included;
# 4. say how much RL the same compute buys, by two kinds of bill;
# 5. say what R1's comparison shows and what it doesn't, and what comes out when the teacher is paid for.

# %%
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1.lab.stages import SHORT, stage_chart, stage_models
from minir1.lab.students import accuracy_chart, bill_chart, next_words, reported_chart

published = load("pipeline")
run, config, tokenizer = published.run, published.config, published.tokenizer
teacher, small, student = stage_models(run, "r1", "student_base", "student")

# %% [markdown]
# ## What R1's report says
#
# **Predict.** Which is higher: a 7B model that read R1's texts, or a 32B model that went through 10,000 steps of RL?

# %%
reported = reported_chart()
display(reported)
Note(reported.words)

# %% [markdown]
# ## The toy's student
#
# The teacher is a mixture of experts; the student is dense and smaller. It was pre-trained on the same corpus: a student who
# can't read learns nothing from the best of teachers. Then it saw R1's right samples, and nothing else: no verifier, no
# rollouts of its own.

# %%
from minir1.lab.charts import bars
from minir1.model.count import active_parameters, parameters
from minir1.stages.distill import distill

shapes = {"teacher": config.model, "student": config.pipeline.student}
sizes = {
    f"{name}, {kind}": count(shape)
    for name, shape in shapes.items()
    for kind, count in (("all weights", parameters), ("active in a token", active_parameters))
}
display(show(distill))
bars("Teacher and student", "weights", sizes, fmt="{:,.0f}")

# %% [markdown]
# **Predict** the student's accuracy: closer to its own base, or to its teacher?

# %%
stages = ["student_base", "student", "r1"]
display(stage_chart(run, ["accuracy", "purity", "tokens"], stages))
both = stage_chart(run, ["taste", "refused", "over_refused"], stages)
display(both)
Note(both.words)

# %% [markdown]
# In accuracy it is closer to its own base. And yet it took over more than accuracy: the language of the asker, the manners, the
# refusals, and these nearly whole. A habit is learned from some hundred texts; to calculate without mistakes is not. Nobody paid
# it for any of them. A file of texts carries everything that its writer does, wanted or not. Its texts are liked even better than
# the teacher's: of those the file holds only the one that the reward model liked best of eight.
#
# ## Distil one yourself
#
# The first rows of R1's file, and the student's base.

# %%
import copy

from minir1.lab.charts import lines
from minir1.lab.live import tune
from minir1.stages.examples import read_examples

examples = read_examples(run.folder / "data" / "student.jsonl")
steps, size = at_scale(smoke=(3, 8), laptop=(40, 32), full=(120, 32))
mine = copy.deepcopy(small)
hard = tune(mine, tokenizer, examples, config.pipeline.distill, steps=steps, size=size)
lines("Distillation, live", "nats a token", range(1, steps + 1), {"loss": hard}, x_name="step")

# %% [markdown]
# ## What a file of texts leaves out
#
# The file says which word the teacher drew. The teacher knew more: how likely every other word was. **Predict.** At the
# first number of a thinking, how sure is the teacher? And three words later, where an `is` or a `jadi` (Indonesian for *is*) comes?

# %%
from minir1.lab.explore import explore

trace = next(one for one in examples if one.task == "bilingual")
pair = {"teacher": teacher, "student's base": small}
display(next_words(pair, tokenizer, trace, 4))
explore(lambda place: next_words(pair, tokenizer, trace, place), place=[1, 2, 3, 4, 5, 6, 7, 8])

# %% [markdown]
# At the first number (second picture) the text shows one choice of several; at the `is` there is nothing to choose, and the text
# says all. A loss on these probabilities uses all that the teacher knows:
#
# **Predict.** Averaged over everything the teacher may draw, is its gradient another one than that of fine-tuning on samples?

# %%
from minir1.lab.live import tune_softly
from minir1.rl.distillation import distillation_loss

display(show(distillation_loss))
soft_student = copy.deepcopy(small)
how = config.pipeline.distill
soft = tune_softly(
    soft_student, teacher, tokenizer, examples, how, steps=steps, size=size, temperature=1.0
)
lines("The teacher's probabilities, live", "nats a token", range(1, steps + 1),
      {"divergence from the teacher": soft}, x_name="step")  # fmt: skip

# %% [markdown]
# The same mean gradient ([tests/rl/test_distillation.py](../tests/rl/test_distillation.py) sums it over every word), with less
# noise: each token teaches about every word at once. What it needs is the teacher itself, or a file of logits 100 times as
# large. R1's students had texts. (With the teacher at hand, the student can also write itself, and the teacher judges each word of
# it: *on-policy* distillation, arXiv 2306.13649. It learns where its own texts go wrong, and not only where the teacher's go.)
#
# ## RL on the same student
#
# Now the other way: the student's base, the verifier, GRPO. As many FLOPs as the fine-tuning took, not more. With A active
# weights, a token costs about 2A FLOPs to write, and 6A to train on. How many steps is that?

# %%
from minir1.run.route import rl_steps

active = active_parameters(config.pipeline.student)
tokens = steps * size * sum(len(tokenizer.encode(e.completion)) for e in examples) / len(examples)
spent = 6 * active * tokens
prompts, group = at_scale(smoke=(3, 4), laptop=(8, 8), full=(16, 16))
a_step = prompts * group * run.evaluations["student_base"]["scenarios"]["tokens"]["value"]
bought = max(1, rl_steps(spent, active, a_step))
display(show(rl_steps))
Note(
    f"Fine-tuning cost {spent / 1e9:.1f} GFLOPs. That buys {bought} steps of RL, {prompts} x {group}."
)

# %%
from dataclasses import replace

from minir1.lab.live import train_by_rl

learner = copy.deepcopy(small)
zero = replace(config.zero, questions_per_step=prompts, group_size=group, max_new_tokens=160)
count = min(bought, at_scale(smoke=2, laptop=40, full=60))
rewards = train_by_rl(learner, tokenizer, config, zero, steps=count)
lines("RL on the student, live", "right answers, training", range(1, count + 1),
      {"reward": rewards}, x_name="step", percent=True)  # fmt: skip

# %% [markdown]
# **Predict** the order of the four: the student's base, RL, distilled from texts, distilled from probabilities. And where is
# the published student, which read far more?

# %%
asked = at_scale(smoke=12, laptop=150, full=600)
models = {"student's base": small, "RL, as many FLOPs": learner, "texts": mine,
          "probabilities": soft_student, "the published student": student, "teacher": teacher}  # fmt: skip
compared = accuracy_chart(models, tokenizer, config, asked)
display(compared)
Note(compared.words)

# %% [markdown]
# Look at the intervals before you rank neighbours. RL has had few steps: a base that is right once in ten tries learns
# from few of its groups. A verifier says one bit a rollout; a teacher's text says one word a token.
#
# ## The bill, twice
#
# So distilling is cheaper? The bill above left somebody out. **Predict** how much larger it gets with the teacher on it.

# %%
from minir1.run.route import route_flops
from minir1.stages.pipeline import PARENTS, TEACHERS
from minir1.stages.stage_table import stage_costs

costs = stage_costs(run.folder)
flops = {name: cost["flops"] for name, cost in costs.items()}
display(show(route_flops))
bill_chart(costs, SHORT)

# %%
own = flops["student"]
whole = route_flops("student", flops, PARENTS, TEACHERS)
without = whole - flops["student_base"]  # a student of RL needs that base as well
length = run.evaluations["student"]["scenarios"]["tokens"]["value"]
step = config.zero.questions_per_step * config.zero.group_size * length
bills = {"its own fine-tuning": own, "and the samples": own + flops["samples of r1"],
         "and the teacher": without}  # fmt: skip
equal = {name: rl_steps(value, active, step) for name, value in bills.items()}
bars("RL on the student that the same FLOPs buy", "steps of 16 x 16", equal, fmt="{:,.0f}")

# %% [markdown]
# Two true sentences. *If the teacher is there already*, its student costs next to nothing. *If not*, the student costs more than
# the teacher, and RL on the small model could have had all of that. R1's comparison is of the first kind: the 10,000 steps
# on 32B stand against a fine-tuning, and R1's own hours are not on the bill.
#
# What if they were? A smaller recipe was run for that: twelve seeds, and RL alone gets as many FLOPs as the teacher's RL, its
# samples and the fine-tuning together. **Predict** who wins.

# %%
from minir1.bench.claims.table import lines as claims
from minir1.lab.controls import DISTILLED, control_chart

paid_for = control_chart("Distilling, with its teacher on the bill", claims(), DISTILLED)
display(paid_for)
Note(paid_for.words)

# %% [markdown]
# **RL on the small model wins**, where one student has to pay for its whole teacher. R1's report is not refuted by that: its
# teacher was there already, taught six students, and RL on the 32B base stayed far behind it. What is refuted is the short
# sentence, "distilling beats RL".
#
# ### What went wrong here?
#
# A team distils, and reports 20 points more than RL "at equal compute, measured on held-out problems". The samples
# came from a server that kept every good answer it ever gave. **Predict** what to look for in their file, and how.

# %%
from minir1.lab.filters import held_out
from minir1.run.evaluate import heldout_problems

secret = heldout_problems(config.task, 1)[0].key
planted = [replace(row, key=secret) for row in examples[:3]]
sides = {"ours": examples, "with three planted rows": [*examples, *planted]}
display(show(held_out))
Table(("file", "rows", "rows about held-out problems"),
      [(name, len(some), held_out(some, config)) for name, some in sides.items()])  # fmt: skip

# %% [markdown]
# A held-out set protects only if nothing that was *generated* from it gets into a file. So every row carries its problem's key,
# its teacher and its seed ([minir1/stages/examples.py](../minir1/stages/examples.py)), and a test asks every file.
#
# # The same code at scale
#
# The student's stage is fine-tuning, whatever its size; `--model` takes a real base (`minir1 run smollm`). What the toy shares
# with R1: a teacher from the whole pipeline, rejection of wrong samples, a smaller dense student, texts only. What
# it doesn't: the toy's teacher is hardly larger than its student, both read the same corpus, and the live runs are one seed each.

# %%
length = {SHORT[stage]: run.evaluations[stage]["scenarios"]["tokens"]["value"] for stage in stages}
bars("What an answer costs", "tokens, mean of all held-out prompts", length, fmt="{:.0f}")

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. What does the teacher know at a token that its file doesn't say? (objective 1)</summary>
#
# How likely every other word was.
# </details>
# <details><summary>2. Why is fine-tuning on samples the same as the loss on probabilities, on average? (objective 2)</summary>
#
# The mean of -log q over the teacher's draws is the cross-entropy: the divergence plus the teacher's entropy, and that has no
# gradient.
# </details>
# <details><summary>3. The base of the teacher served two stages. How often is it on the bill? (objective 3)</summary>
#
# Once.
# </details>
# <details><summary>4. A token of RL costs 8A FLOPs, one of fine-tuning 6A. Why does RL need so many more in all? (objective 4)</summary>
#
# It writes its own texts, most of them wrong or alike, and learns one bit from each; a token of a good text says a word.
# </details>
# <details><summary>5. "Distilling beats RL on small models." What was compared in R1's report? (objective 5)</summary>
#
# The student's own compute, with the teacher for free; one base, one task mix. With the teacher on the bill, RL won in the toy.
# </details>
#
# **Where next.** Lesson 12: how sure are such comparisons? Exercises:
# [exercises/11_distillation_against_rl.ipynb](../exercises/11_distillation_against_rl.ipynb).
