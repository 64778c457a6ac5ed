# %% [markdown]
# # 12 Evaluation and test-time compute, with intervals
#
# "Ours gets 62%, theirs 60%." Is ours better? Nobody can say: the sentence has no interval. Most claims about language models
# are such sentences. This lesson makes them honest: what a count is worth, what many samples of one problem add, when two models differ,
# and how people deceive themselves with their own checkpoints.
#
# | | |
# |---|---|
# | **You need** | lessons 00 and 08. No GPU, no network; no statistics |
# | **Time** | 50 minutes to read and answer; the cells take about a minute |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. put an interval on a count, and say which one holds near 0 and 1;
# 2. tell problems from samples, and not count one problem sixteen times;
# 3. compute pass@k without bias, and say what it does not show;
# 4. compare two models on the same problems, and several seeds with each other;
# 5. name three ways to report too much, without lying once.

# %%
from dataclasses import replace

from minir1.lab.explore import explore
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1.run import stats

published = load("laptop")
run, config, tokenizer = published.run, published.config, published.tokenizer

# %% [markdown]
# ## A count is a guess
#
# 30 problems, 15 right: 50%. Other problems of the same kind would have given another number. The **95% interval** is made so
# that, if the whole experiment were repeated, 95% of such intervals would hold the true share.
#
# **Predict** how wide it is for 15 of 30.

# %%
from minir1.lab.intervals import one_count

display(show(stats.wilson))
explore(
    one_count, right=[15, 0, 1, 3, 10, 20, 27, 30, 50, 100, 500], problems=[30, 20, 100, 500, 1000]
)

# %% [markdown]
# AIME 2024, the mathematics contest on which R1-Zero was measured, has 30 problems. Each was sampled 64 times, which removes the luck
# of sampling, but not the luck of *which 30 problems* were set that year. (For a claim about exactly these 30, the first is
# enough. For "it is good at such problems", it is not.) Both axes of this chart are logarithmic:

# %%
from minir1.lab.intervals import width_chart

share, problems = 0.779, 30
most = 1.96 * (share * (1 - share) / problems) ** 0.5
widths = width_chart()
display(widths)
Note(
    f"{widths.words}. For R1-Zero's 77.9% on 30 problems, the choice of the problems alone may be worth "
    f"+-{100 * most:.0f} points, if each is either always solved or never."
)

# %% [markdown]
# ## Which interval?
#
# The textbook has p +- 1.96 sqrt(p (1 - p) / n): the root is the standard deviation of the share, and 1.96 of them to either side hold
# 95% of a bell curve. **Predict** what it says about 0 right of 30, and whether you believe it.

# %%
from minir1.lab.intervals import coverage_chart, wald

low, high = wald(0, 30)
kept = coverage_chart(30)
display(Note(f"0 of 30, textbook: {low:.3f} to {high:.3f}. Wilson: {stats.wilson(0, 30)}."), kept)
Note(kept.words)

# %% [markdown]
# The textbook's interval is *certain* of 0%. Near 0 and near 1, where the scores of hard and of easy benchmarks are, it holds the truth far
# less often than it promises: a share isn't bell-shaped there. Wilson's isn't perfect either, but it stays near 95%, and costs nothing more.
#
# ## Problems and samples
#
# Sampling is random, so each problem is asked several times. 40 problems, 16 samples: are these 640 measurements? (The next
# cell asks two models all of them, which takes some seconds.)
#
# The second interval below is found by the **bootstrap**, which needs no formula: draw 40 problems out of the 40 with replacement (one
# may come twice, another not at all), take the mean, and do it 4,000 times. The middle 95% of the means is the interval.
#
# **Predict.** Which interval is wider: the one that takes all rows alike, or the one that knows which belong together?

# %%
from minir1.lab.passes import by_problem
from minir1.run.evaluate import evaluate

count, k, longest = at_scale(smoke=(5, 4, 60), laptop=(40, 16, 200), full=(300, 64, 240))
settings = replace(config.eval, problems=count, samples=k, max_new_tokens=longest)
models = {"base": published.base, "after RL": published.policy}
found = {
    name: evaluate(model, tokenizer, config.task, settings, seed=1)
    for name, model in models.items()
}
right = {name: by_problem(one["rows"], k) for name, one in found.items()}

# %%
from minir1.lab.curves import interval_chart

flat = [[value] for group in right["after RL"] for value in group]
alike, grouped = stats.share(flat), stats.share(right["after RL"])
both = {"after RL, every row alike": alike.to_json(), "after RL, by problem": grouped.to_json()}
display(show(stats.share))
interval_chart("Two intervals of the same rows", "pass@1", both)

# %% [markdown]
# Samples of one problem resemble each other: an easy one is right 16 times. So they are one draw of a problem, not 16, and the
# bootstrap must draw **whole problems**. How alike are they? If all problems were equally hard, their shares would follow the dashed line:

# %%
from minir1.lab.passes import spread_chart

spread = spread_chart(right["after RL"])
display(spread)
Note(spread.words)

# %% [markdown]
# ## pass@k
#
# Is it right at least once in k tries? Sampling exactly k times is noisy. Better: sample n times, count the c right ones, and ask in which
# share of all choices of k from the n there is a right one. C(n, k) is the number of such choices, and C(n - c, k) have only wrong
# ones. The shortcut 1 - (1 - c/n)^k looks like the same.
#
# **Predict.** Is the shortcut too high, too low, or fine?

# %%
from minir1.lab.passes import bias_chart

bias = bias_chart(chance=0.1, n=16)
display(show(stats.pass_at_k), bias)
Note(bias.words)

# %% [markdown]
# Too low, and more so for large k. c/n itself is right on average; but the curve 1 - (1 - p)^k bends: a c that is too small by luck takes
# away more than one that is too large adds.
#
# Now base and policy. A much discussed question: does RL teach a model to solve *new* problems, or only to do reliably what it
# could do sometimes? If the second, the base catches up at large k; with k in the hundreds, bases of up to 32B weights were even
# found ahead (arXiv 2504.13837).
#
# **Predict** the two curves.

# %%
from minir1.lab.passes import pass_curves

curves = pass_curves(right)
display(curves)
Note(curves.words)

# %% [markdown]
# Read two things. The gap shrinks from left to right: part of the gain is reliability. And look at the bands before you
# say "they cross" or "they don't". Also remember what pass@k assumes: somebody who **picks** the right one out of k. With a
# verifier that is easy; without, it is the hard part.
#
# ## Majority vote
#
# Without a verifier one can vote. **Predict.** In Countdown, will a vote over 16 answers help?

# %%
from minir1.lab.passes import votes

display(show(stats.majority))
counted = {
    f"{name}: {way}": interval.to_json()
    for name, one in found.items()
    for way, interval in votes(one["rows"], k).items()
}
interval_chart("One answer, a vote, any", "share of problems", counted)

# %% [markdown]
# Two right expressions, `( 10 + 5 ) * 1` and `10 * 1 + 5`, are two votes that don't help each other. Count by **value**, and they
# do. Read how much that changes here: little where right answers are spelt alike and wrong ones scatter. (Whoever knows the value
# could compare it with the target, too. Here the vote stands for tasks where nobody can.) In
# mathematics `1/2`, `0.5` and `\frac{1}{2}` have to be one vote, and a vote needs a normaliser as much as a verifier does.
# (R1's cons@64 on AIME, a vote of 64, counts integers, the easiest case.) Which answers are the same is the task's matter:
# [minir1/tasks/canonical.py](../minir1/tasks/canonical.py).
#
# ## What does more thinking buy?
#
# A vote costs tokens. So does a longer thought. `minir1 think RUN` turns every dial of test time on the same questions: the vote
# of n; the best of n by someone who knows (nobody does: it is a bound); a thinking that is **stopped** at 25%, 50% or 100% of the
# longest completion, and must answer at once; one that is **sent back** once, twice or four times, with "no" written in place of its end (s1,
# arXiv 2501.19393). One pool of 16 samples serves every n: the vote of 4 is the mean over all 1,820 choices of 4 from
# the pool, counted and not drawn. This was measured before, on 200 questions; the cell reads what was kept.
#
# **Predict.** For about twice the tokens, what is better: a second sample and a vote, or one sample that has to think again?

# %%
from minir1.bench.think import HEAD, cells, measured
from minir1.lab.thinking import chart, reading
from minir1.run.subsets import majority_at

kept = measured("laptop zero-000080")
display(show(majority_at), chart(kept))
Note(reading(kept))

# %% [markdown]
# A second sample wins, and thinking again loses what was found. This policy ends its thinking when its own check says yes, and
# those checks are mostly true: its end is worth more than anything that we could write there. What s1 repairs is a model that stops too soon.
# And why are two votes better than one, if two that differ are a draw? A sample that was cut off has no answer and no vote,
# so the other one speaks for both. For the same reason "stopped at 100%" may win a little: at its last token it answers, where an
# ordinary sample is cut off.
#
# The base stops too soon. **Predict.** Does sending *it* back help? And which of its votes reaches the policy's single sample?

# %%
from minir1.lab.thinking import beside

before = measured("laptop pretrain-004500")
display(chart(before), Table(HEAD, [cells(point) for point in before["points"]]))
Note(f"{beside(before, kept)}. The base:\n\n{reading(before)}")

# %% [markdown]
# Sent back once, the base beats its own vote for as many tokens: it was a model that stops too soon. (Not for as many dollars: its
# seconds cost more than a vote of 8, which does as well.) Sent back four times, it
# has passed its answer and runs out of budget. Its votes stay below one sample of the policy, whatever they cost here. Look
# at the bound as well: the right answer is nearly always among 16, and a vote doesn't find it. Whoever can *check* should not vote.
#
# In the pipeline (lesson 10) there are texts without a right answer. A **reward model** can pick one of n. It was trained on the readers'
# noisy labels, so its own score of what it picks can only rise with n. **Predict** what the readers' true taste does.

# %%
pipe = measured("pipeline r1-000050")
display(chart(pipe), Note(reading(pipe)))
Table(HEAD, [cells(point) for point in pipe["points"] if point["what"] == "taste"])

# %% [markdown]
# The model's own score rises with every n; the readers' taste stops rising at 8, and who knows it gets far more out of the same 16 texts. What
# picks the best score picks the score's errors as well: with n large enough, the taste even falls (arXiv 2210.10760; lesson 16).
#
# What such a row leaves out: the price is that of sampling many at once on this machine, and a user who waits pays for
# the longest of n, not for their sum. The intervals are over questions, of one policy each.
#
# ## Two models
#
# The published run asked base and policy the **same** 500 problems. Then the luck of the draw is the same for both, and can
# be taken out: look at the differences, problem by problem.
#
# **Predict.** How much narrower will the interval be?

# %%
from minir1.lab.intervals import paired_chart

ends = {name: by_problem(run.evaluations[name]["rows"], 1) for name in ("base", "final")}
pair = paired_chart([g[0] for g in ends["base"]], [g[0] for g in ends["final"]])
display(show(stats.paired_difference), pair)
Note(pair.words)

# %% [markdown]
# With one sample a problem and models this different, pairing helps little. It helps most where both are alike: two
# checkpoints of one run, many samples a problem. As an extreme, compare the policy with *itself*: the first half of each problem's samples
# with the second.

# %%
half = k // 2
first, second = (
    [sum(g[part]) / half for g in right["after RL"]] for part in (slice(half), slice(half, k))
)
same = paired_chart(first, second)
display(same)
Note(f"The same policy twice, {half} samples each. {same.words}")

# %% [markdown]
# ## How many problems?
#
# Back to "ours gets 62%, theirs 60%". **Predict** how many problems it takes to see a difference of 2 points.

# %%
from minir1.lab.intervals import needed

size = needed()
display(size)
Note(size.words)

# %% [markdown]
# Most public test sets are smaller: MATH-500 has 500 problems, AIME 30. Pairing lowers the number, as far as the two models solve the same
# problems.
#
# ## Seeds
#
# Problems are one source of luck, the **run** is another: other seeds, other policies. An interval over problems says
# nothing about it. So whoever claims that a *recipe* is better needs several runs of it.
#
# The plainest test counts wins (the *sign test*; *signed ranks*, Wilcoxon's test, also weighs how large each win is). Its **p** is the chance of a result at least as one-sided, if A and B were equally good: the chance
# that a coin falls on the same side each time. Below 0.05 is by custom called significant. **Predict.** B beats A in 5 of 5 seeds. Is p
# below 0.05?

# %%
from minir1.bench.rows import current
from minir1.bench.seeds import read_results
from minir1.lab.intervals import sign_floor

display(show(stats.seed_difference), sign_floor())
mine = [row for row in current(read_results()) if row["recipe"] == "laptop"]
before, after = ([row[end]["pass@1"]["value"] for row in mine] for end in ("base", "final"))
result = stats.seed_difference(before, after)
Note(
    f"RL against its base, {len(mine)} seeds: {result.interval}; {result.wins} wins, "
    f"sign test p = {result.sign_p:.3f}, signed ranks p = {result.wilcoxon_p:.3f}."
)

# %% [markdown]
# ### What went wrong here?
#
# A team evaluates every tenth step on 100 problems, takes the best checkpoint, and reports its number: measured, on held-out problems, with
# an interval. On new problems it is lower. **Predict** by how much the best of 20 looks is too high, if all checkpoints are equally good.

# %%
from minir1.lab.intervals import best_of

looks = best_of(looks=20, problems=100, share=0.7)
display(looks, Note(looks.words))
seen = [(f"step {one['step']}", one["problems"], stats.Interval(**one["pass@1"]))
        for one in run.on_the_way()[1:]]  # fmt: skip
Table(("our run, on the way", "problems", "pass@1"), seen)

# %% [markdown]
# Nobody lied. The maximum of many noisy numbers is too high, and the more looks, the higher. In our run the looks from step 30 on lie
# within each other's intervals: the best of them would be chosen by luck. Choose with one set of problems, report on **another**. The same happens with seeds ("our best seed"), with prompts, and with metrics.
#
# ## Greedy or sampled?
#
# R1's report samples at temperature 0.6, because greedy decoding repeats itself in long answers and varies much between checkpoints.
# Same policy, same problems. **Predict.** If two of these intervals overlap, may the two temperatures still be told apart? (Some seconds.)

# %%
some = replace(settings, problems=at_scale(smoke=5, laptop=80, full=500), samples=1)
measured, sides = {}, {}
for heat in (0.0, 0.6, 1.0, 1.4):
    dials = replace(some, temperature=heat)
    one = evaluate(published.policy, tokenizer, config.task, dials, seed=2)
    measured[f"temperature {heat:g}"], sides[heat] = one["pass@1"], by_problem(one["rows"], 1)
unit = f"pass@1 on {some.problems} problems"
display(interval_chart("One policy, four temperatures", unit, measured))
less = [f"{heat:g}: {stats.paired_difference(sides[0.0], sides[heat])}" for heat in (0.6, 1.0, 1.4)]
Note(f"The change from temperature 0, on the same problems: {'; '.join(less)}.")

# %% [markdown]
# The intervals of 0 and 1.4 overlap, and yet the interval of their **difference** stays clear of 0. So two intervals that overlap prove
# nothing: ask for the interval of the difference. Which of 0, 0.6 and 1 is best, 80 problems can't say. A number needs its temperature beside it. If you compare two models, use the same for both, or each model's best, chosen on other
# problems.
#
# # The same code at scale
#
# `minir1 eval RUN --samples 64` prints the accuracies for a run, `minir1 think RUN` what more tokens buy. The functions are one file without any model in it
# ([minir1/run/stats.py](../minir1/run/stats.py), [minir1/run/evaluate.py](../minir1/run/evaluate.py)). What grows with the model is
# the price of an interval:

# %%
mean = run.evaluations["final"]["length"]["value"]
lengths = {"this policy": mean, "R1 (mean of its report)": 8793.0}
prices = [
    (name, f"{one:,.0f}", f"{30 * 64 * one:,.0f}", f"{500 * one:,.0f}")
    for name, one in lengths.items()
]
Table(("", "tokens an answer", "tokens, 30 problems x 64", "tokens, 500 problems x 1"), prices)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. 0 of 20 right. What do you report? (objective 1)</summary>
#
# 0%, with Wilson's interval from 0% to 16%. Not "it can't".
# </details>
# <details><summary>2. 30 problems, 64 samples each. How many draws for an interval? (objective 2)</summary>
#
# 30, if you speak about such problems. The samples only make each problem's own share precise.
# </details>
# <details><summary>3. n = 4, c = 1: pass@2? (objective 3)</summary>
#
# 1 - C(3, 2) / C(4, 2) = 1 - 3/6 = 0.5.
# </details>
# <details><summary>4. Five seeds, five wins. Significant at 0.05 by the sign test? (objective 4)</summary>
#
# No: 2 / 32 = 0.0625. The t interval of the differences (the one that the cell prints) may say more, if you believe what it
# assumes: that differences are spread like a bell curve.
# </details>
# <details><summary>5. Two intervals overlap. Are the models equally good? (objective 4)</summary>
#
# That is not what it says. Look at the interval of the difference, on the same problems.
# </details>
# <details><summary>6. Three honest ways to report too much? (objective 5)</summary>
#
# The best checkpoint on the set that chose it; the best seed; rows counted as problems; a temperature tuned for one side only.
# </details>
# <details><summary>7. pass@64 of base and policy are equal. Was RL useless?</summary>
#
# No: pass@1 is what a user gets. But then RL made reliable what the base could do sometimes.
# </details>
#
# **Where next.** Evaluate your own run: `minir1 eval laptop --samples 8`.
