# %% [markdown]
# # 00 The journey of one prompt
#
# A language model learns to reason, and its only teacher is a function that says *right* or *wrong*.
# First you follow **one prompt** through all of it, hop by hop. Each hop is one function in one file,
# and you run it. Then you look at a whole run: the three curves of R1-Zero, at a size that a laptop can train.
#
# | | |
# |---|---|
# | **You need** | Python, and to have met a transformer once. No GPU, no network, no account |
# | **Time** | 40 minutes to read and answer; the cells themselves take seconds |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. name the eleven hops of a prompt, and open the file of each;
# 2. say how a reward differs from an advantage, and what a dead group is;
# 3. read a training batch: what is shifted, what is masked, what is learned;
# 4. check what one optimizer step changed;
# 5. read the curves of R1-Zero with their intervals, and say what RL taught: patience or insight.
#
# Go from top to bottom with Shift + Enter. Where you see **Predict**, answer first, then run the cell.

# %%
import torch

from minir1.lab.journey import journey
from minir1.run.home import published
from minir1.run.models import finished_model
from minir1.run.report.reading import read_run

run = read_run(published("laptop"))  # a finished run that comes with the package
config = run.config
base = finished_model(config, run.folder, "pretrain", torch.device("cpu"))
journey()

# %% [markdown]
# ## Hop 1: a problem
#
# The task is *Countdown*: make a target from given numbers, each used exactly once. A problem is cheap
# to make, and its check is exact. But the way to an answer is a **search**: try, compare, go back.
#
# A problem carries its **gold**: what a verifier needs to judge an answer. The generator also knows one
# solution. Training never sees it.
#
# **Predict.** Look at the numbers below. If you combine them at random, how often do you hit the target?

# %%
from minir1.lab.groups import tries_chart
from minir1.lab.show import show
from minir1.tasks import make_task

task = make_task(config.task)
problem = next(task.problems("train", seed=1))
display(show(type(task).problems))
print("question:", problem.question, "   gold:", problem.gold)
tries_chart(problem.gold["numbers"], problem.gold["target"], task.ops, task.max_value)

# %% [markdown]
# The chart is exact: all ways to combine the numbers are counted, each with the chance that random steps
# take it. A searcher that tries at random and knows when it is right solves this problem sooner or later. Keep that in mind: at the end of the lesson
# we ask whether our model is any better than such a **blind search**.
#
# ## Hop 2: prompt ids
#
# A model reads numbers, not words. The template puts the question between two tags, and the tokenizer
# gives each word its id. Here every number from 0 to 99 is one token.

# %%
from minir1.lab.tokens import strip
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer

tokenizer = Tokenizer(config.model.vocab_size)
ids = prompt_ids(tokenizer, problem.question)
display(show(prompt_ids))
strip([tokenizer.words[i] for i in ids], title="The prompt and its ids", below=ids)

# %% [markdown]
# The prompt ends where the assistant's turn begins. Everything after it is written by the **policy**: that
# is RL's name for the model, since it decides what comes next.
#
# ## Hop 3: a group of rollouts
#
# The policy answers the same prompt many times. Each answer is a **rollout**, all of them are a **group**.
# A token is drawn from the policy's own distribution, and the natural logarithm of its chance, in **nats**, is
# written down: it will be needed twice. (0 nats is a sure token, -0.7 a chance of 1/2, -4.6 of 1/100.) Parts of the
# model are a mixture of experts: a router chooses some of them for each token (lesson 04). With `record_experts`
# its choices are kept as well. The loop around `draw` is in [minir1/rl/rollout.py](../minir1/rl/rollout.py).
#
# The policy here is the **base**: it has read arithmetic facts and sloppy searches, and has had no RL.
#
# **Predict.** How many of the rollouts will be right? What will differ between them?

# %%
from minir1.lab.scale import at_scale
from minir1.rl.rollout import sample
from minir1.rl.sampling import draw, row_key

size = at_scale(smoke=8, laptop=16, full=16)
keys = [row_key(0, step=0, prompt=0, sample=g) for g in range(size)]
limits = {"max_new_tokens": config.zero.max_new_tokens, "eos_id": tokenizer.eos_id}
rollouts = sample(base, [ids] * size, keys, record_experts=True, **limits)
texts = [tokenizer.decode(rollout.completion_ids) for rollout in rollouts]
display(show(draw))
logprobs, unit = rollouts[0].logprobs, "log-probability, nats (0: sure)"
strip(texts[0].split(), title="The first rollout", values=logprobs, unit=unit)

# %% [markdown]
# The blue tokens are the guesses: which numbers to combine, whether to stop. At the white ones the policy is
# nearly sure: the arithmetic, the brackets, the tags.
#
# ## Hop 4: a verdict
#
# The verifier reads the answer, evaluates it exactly, and compares. It never runs the text as code,
# and it has a verdict for *any* text. The list of verdicts is closed.

# %%
from minir1.lab.picture import Table

verdicts = [task.verify(problem.gold, text) for text in texts]
display(show(type(task).verify))
rows = [(f"`{text}`", verdict) for text, verdict in zip(texts, verdicts, strict=True)]
Table(("completion", "verdict"), rows[:8])

# %% [markdown]
# A policy that is rewarded finds every gap in its verifier. So the verifier must not have gaps.
#
# **Predict** the verdict of each answer below. One asks for a huge number, one tries to run code, one gives two
# answers.

# %%
bodies = [problem.solution, str(problem.gold["target"]), "9 ** 9 ** 9", "__import__('os').getcwd()"]
attempts = [f"<answer> {body} </answer>" for body in bodies]
attempts.append(f"{attempts[1]} {attempts[0]}")
judged = [(f"`{attempt}`", task.verify(problem.gold, attempt)) for attempt in attempts]
Table(("completion", "verdict"), judged)

# %% [markdown]
# ## Hop 5: a reward
#
# A reward is a number that belongs to **one** rollout. It is a weighted sum of named parts. R1-Zero had
# two, accuracy and format. Here the weight of format is 0: structure is a gate inside the verifier, since a
# bonus for structure is earned without solving anything, and a small policy takes it and forgets the question.

# %%
from minir1.rl.types import Group
from minir1.tasks import parse
from minir1.tasks.reward import score

weights, judged = config.zero.reward, zip(verdicts, texts, strict=True)
rewards = [score(verdict, parse(text), weights) for verdict, text in judged]
group = Group(problem, rollouts, verdicts, rewards)
display(show(score))
totals = {part: sum(r.parts[part] for r in rewards) for part in rewards[0].parts}
rows = [(part, getattr(weights, part), f"{n:.0f} of {size}") for part, n in totals.items()]
Table(("part", "weight", "rollouts that have it"), rows)

# %% [markdown]
# ## Hop 6: an advantage
#
# Is a reward of 1 good? It depends on the others. An **advantage** compares a rollout with the rest of its
# group: it is what the whole group makes of its rewards. That is the idea of GRPO (group relative policy
# optimization): the group itself is the baseline, so no second network has to guess how good a prompt is. The
# other two kinds in the code are its relatives (lesson 07).
#
# **Predict.** A few rollouts are right. Which bars will be longer: those of the right ones, or of the wrong?

# %%
from minir1.lab.groups import reward_and_advantage
from minir1.rl.advantage import group_advantages

advantages = group_advantages(torch.tensor([group.totals]), config.zero.advantage)[0].tolist()
display(show(group_advantages))
reward_and_advantage(group.totals, advantages)

# %% [markdown]
# The rarer a success, the larger its advantage; all advantages of a group add up to 0.
#
# ### What went wrong here?
#
# Somebody starts RL from random weights. The loss is 0, the gradient is 0, the reward stays at 0.
# No error, no warning. **Predict** why, then run the cell.

# %%
from minir1.run.models import new_model

untrained = new_model(config, torch.device("cpu"))
babble = sample(untrained, [ids] * size, keys, **limits)
said = [tokenizer.decode(rollout.completion_ids) for rollout in babble]
right = torch.tensor([[float(task.verify(problem.gold, text) == "CORRECT") for text in said]])
print("it says:", said[0][:80])
print("rewards", right.unique().tolist(), "advantages", group_advantages(right).unique().tolist())
_, dead = run.series("zero", "frac_reward_zero_std")
print(f"dead in the run: first 5 steps {dead[:5].mean():.0%}, last 5 {dead[-5:].mean():.0%}")
chances = [(p, f"{p**size + (1 - p) ** size:.3f}") for p in (0.001, 0.02, 0.2, 0.5)]
Table(("success chance", f"a group of {size} is dead with chance"), chances)

# %% [markdown]
# A group whose rewards are all equal is **dead**: nobody is better than anybody, so there is nothing to
# learn. A random policy is never right, so all its groups are dead. That is why a base is trained first. At the
# end of a good run groups die for the other reason: all are right.
#
# ## Hop 7: a batch
#
# The loss looks at tokens, not at texts. Sequences are shifted by one, so that each target stands below the
# input that it follows. The prompt is **masked**: the policy didn't write it. Short rows are padded.
#
# **Predict.** The prompt has as many tokens as you saw above. Where does the first blue target stand?

# %%
from minir1.lab.batches import batch_map, shift_and_mask
from minir1.rl.batch import collate

batch = collate(rollouts, advantages, norm=config.zero.loss_norm)
shortest = min(range(size), key=lambda row: len(rollouts[row]))
display(show(collate), shift_and_mask(batch, shortest, tokenizer))
batch_map(batch)

# %% [markdown]
# ## Hop 8: a loss
#
# The ratio compares the policy of now with the policy that sampled, token by token. The clip takes the
# gradient away where the ratio has gone far enough. Before the first update both are the same policy, so every
# ratio should be 1. If it isn't, sampler and trainer disagree. Most bugs of RL show here first, so it is a metric
# of every step.
#
# The code can also add a **KL** term, which holds the policy near an older one; this run does without it (lesson 07).
#
# **Predict.** What is the loss now? Does a loss near 0 mean that there is nothing to learn?

# %%
from minir1.lab.clip import clip_chart
from minir1.rl.logprobs import token_logprobs
from minir1.rl.loss import policy_loss

logprobs, _ = token_logprobs(base, batch)
loss = policy_loss(logprobs, batch, clip_low=config.zero.clip_low, clip_high=config.zero.clip_high)
gap = (logprobs - batch.old_logprobs).abs().max()
display(show(policy_loss))
print(f"loss {loss.total:.4f}   largest sampler-trainer difference {gap:.1e} nats")
clip_chart(config.zero.clip_low, config.zero.clip_high)

# %% [markdown]
# The loss is a sum of advantages with both signs, so its value says little. Its **gradient** says all: towards the
# good rollouts, away from the bad ones.
#
# ## Hop 9: one optimizer step
#
# `grpo_step` does hops 6 to 9 in one call. Its loss must be the one that you just computed by hand.
#
# **Predict.** Which rollouts will be more likely after the step? All of the right ones?

# %%
import copy
from dataclasses import replace

from minir1.rl.step import grpo_step
from minir1.run.optim import build_optimizer

policy = copy.deepcopy(base)
optimizer = build_optimizer(policy, config.zero.optim)
metrics = grpo_step(policy, optimizer, [group], replace(config.zero, minibatches=1))
display(show(grpo_step))
print(f"loss by hand {loss.policy:.6f}, in the step {metrics['policy_loss']:.6f}")

# %%
from minir1.lab.groups import change_chart

with torch.no_grad():
    change = token_logprobs(policy, batch)[0] - logprobs
best = max(range(size), key=lambda row: advantages[row])
values, unit = change[best][batch.loss_mask[best]].numpy(), "change of log-probability, nats"
state = {"model": policy.state_dict(), "optimizer": optimizer.state_dict()}
display(change_chart(change.sum(-1).tolist(), advantages))
strip(texts[best].split(), title="A rollout with the best advantage", values=values, unit=unit)

# %% [markdown]
# Rollouts of one group share many tokens, so a step can move a right one and a wrong one the same way. Only over
# many groups do the accidents cancel.
#
# ## Hop 10: a checkpoint
#
# A run can be killed at any moment. A checkpoint is there whole or not at all, and it knows the SHA-256 of each
# of its files. **Predict.** We save the policy, then change one byte on the disk. What happens on loading?

# %%
import tempfile
from pathlib import Path

from minir1.lab.damage import damage_and_load
from minir1.run import checkpoint

display(show(checkpoint.save))
with tempfile.TemporaryDirectory() as root:
    saved = checkpoint.save(Path(root), "zero", 1, **state)
    files = [(file.name, f"{file.stat().st_size:,}") for file in sorted(saved.iterdir())]
    display(Table(("file", "bytes"), files))
    print(damage_and_load(saved))

# %% [markdown]
# ## Hop 11: an evaluation
#
# How good is a policy? We ask **held-out** problems, whose numbers it has never seen in training, and count how
# many it solves with one answer each: this share is called **pass@1**. A count from a few problems is a guess, so
# it comes with a **95% interval**.
#
# **Predict.** Our policy has taken one step, on one prompt. Will the evaluation see a difference?

# %%
from minir1.lab.curves import interval_chart
from minir1.run.evaluate import evaluate

settings = replace(config.eval, problems=at_scale(smoke=20, laptop=100, full=500))
both = {
    name: evaluate(model, tokenizer, config.task, settings, seed=0)["pass@1"]
    for name, model in (("base", base), ("after one step", policy))
}
display(show(evaluate))
few = f"pass@1 on {settings.problems} held-out problems, with its 95% interval"
interval_chart("Can one step be seen?", few, both)

# %% [markdown]
# Where two intervals overlap widely, nobody can tell which is better. One step is small; a run makes many.
#
# ---
#
# # The whole run
#
# `minir1 run laptop` first trains the base. Then it repeats hops 1 to 9 with many prompts at once, and nothing
# else is added. This lesson shows such a run. It is committed with the code: its diary, its evaluations and its checkpoints.
#
# **Predict.** Accuracy will rise, since it is rewarded. What will happen to the *length* of the responses, and to
# the number of *checks* ("? 15 no") in them? Nobody rewards those.

# %%
from minir1.lab.curves import three_curves
from minir1.lab.numbers import gains

display(three_curves(run))
gains(run)

# %% [markdown]
# The dots are training problems, one dot a step. The diamonds are held-out problems with their intervals. These
# three curves rising together are what made R1-Zero famous. Read the same problems before and after: wavy
# lines mark what is false. The problems are the first of their kind in the file, not chosen by hand.

# %%
from minir1.lab.transcripts import before_and_after

before_and_after(run)

# %% [markdown]
# ## Patience or insight?
#
# A blind searcher that tries longer also solves more. So ask: does the policy solve more than blind search *with
# the same number of tries*? The dashed line is blind search, exact.
#
# - On the line: RL taught **patience**, not to stop after a "no".
# - Above it: RL taught **insight**, better tries or fewer repeats.
# - Below it: tries are wasted, for example by false arithmetic.
#
# **Predict** where the base starts and where RL ends. The last row of the table above is a hint: it says how good
# the *first* try is.

# %%
from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.bench.thresholds import table
from minir1.lab.curves import path
from minir1.lab.numbers import patience_or_insight
from minir1.lab.picture import Note

display(path(run), patience_or_insight(run))
seeds = [row for row in current(read_results()) if row["recipe"] == config.name]
Note(table(seeds))

# %% [markdown]
# One run is one seed. It can leave a question open that several seeds answer, so the table above has all of them.
# Its last row is what the policy solves beyond blind search: compare base and after RL. The row of the *first try*
# says whether a single try got better. The [README](../README.md) lists what the seeds had to show, written down
# before they were run, and whether it holds.
#
# ## Does it hold elsewhere, and what did it cost?
#
# Two harder sets: four numbers in place of three, and numbers above all that were trained on. **Predict** both.

# %%
from minir1.lab.curves import all_sets
from minir1.lab.numbers import bill

display(all_sets(run))
bill(run)

# %% [markdown]
# If accuracy after RL stays near 0 on the harder sets, then what was learned is bound to the problems that it was
# learned on. Say so when you report a gain: "on this kind of problem".
#
# # The same code at scale
#
# A recipe is one frozen value; a larger machine gets another recipe, not another program. `minir1 diff smoke laptop`
# prints all that changes between two. There are recipes for rented GPUs, up to 8 x H800, and `minir1 plan h800_8`
# says what one needs and costs; **none was run on a GPU yet**: what you saw was run on CPUs. The model's code has
# no size in it. Below, it is built in the shape of DeepSeek-V3 (without memory for its weights), and the recipe of
# this run stands beside R1-Zero's published one (arXiv 2501.12948v2, sections 2.1 and B.4).

# %%
from minir1.lab.numbers import beside_r1_zero, deepseek_v3
from minir1.model.transformer import Transformer

giant = Transformer(deepseek_v3(), device="meta")
weights = sum(weight.numel() for weight in giant.parameters())
print(f"DeepSeek-V3, from the same class: {weights / 1e9:.0f}B weights")
beside_r1_zero(run)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Name the eleven hops. Which of them change the policy?</summary>
#
# Problem, prompt ids, rollouts, verdict, reward, advantage, batch, loss, new weights, checkpoint, evaluation. Only
# the ninth changes it.
# </details>
# <details><summary>2. A rollout is right. Can its advantage be 0?</summary>
#
# Yes: when all of its group are right. The group is dead. (Hop 6)
# </details>
# <details><summary>3. Why is the prompt masked in the loss?</summary>
#
# The policy didn't write it. Learning from it would be imitation of our template. (Hop 7)
# </details>
# <details><summary>4. The loss is 0.0000. Is training stuck?</summary>
#
# Not by that alone. Advantages cancel in the sum; look at the gradient norm and at the share of dead groups. (Hops 6, 8)
# </details>
# <details><summary>5. How do you check that one step did what it should?</summary>
#
# Compute the log-probabilities again: the right rollouts should have risen, the wrong ones fallen, most of them. (Hop 9)
# </details>
# <details><summary>6. Sampler and trainer differ by 0.3 nats before the first update. What now?</summary>
#
# Stop and search: a wrong temperature, a shift by one, another template, a broken cache. (Hop 8)
# </details>
# <details><summary>7. "Ours got 62%, theirs 60%, on 100 problems." Who is better?</summary>
#
# Nobody knows: at 100 problems an interval is about 19 points wide. (Hop 11)
# </details>
# <details><summary>8. Responses grow longer, accuracy rises. Has the model learned to think better?</summary>
#
# Not necessarily. Compare with blind search at the same number of tries: it may only be more patient.
# </details>
#
# **Where next.** Run it yourself: `make r1` makes your own run from random weights, and prints where its report is;
# `minir1 sample laptop` asks the trained model. Read one file to the end: [minir1/rl/loss.py](../minir1/rl/loss.py)
# or [minir1/tasks/countdown.py](../minir1/tasks/countdown.py). Change one dial and predict first:
# `minir1 run smoke --zero.group-size 2`. The recipes are in [minir1/recipes](../minir1/recipes/__init__.py).
