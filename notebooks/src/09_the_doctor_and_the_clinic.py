# %% [markdown]
# # 09 Reading curves: the doctor and the clinic
#
# A run is sick and says nothing. It prints a reward, the reward is not what you hoped for, and that can mean fifteen things. This
# lesson teaches to read a diary: which curve moves first, which one only follows, and what noise looks like. You learn it
# on runs that were **broken on purpose**, each in one known way, and then let the package's doctor read the same diaries.
#
# | | |
# |---|---|
# | **You need** | lessons 06, 07 and 08. No GPU, no network |
# | **Time** | 50 minutes to read and answer; the cells take seconds |
# | **Hardware and cost** | any laptop; nothing to pay: the runs are committed logs |
#
# **After this lesson you can**
#
# 1. say what a healthy short run looks like, and how much healthy runs differ;
# 2. tell causes from symptoms: which curve to believe first;
# 3. tell "no progress" from noise with a standard error;
# 4. recognise a policy that is paid for the wrong thing;
# 5. set the limit of an alarm, and judge it on runs that did not set it.

# %%
from minir1.bench.clinic.cases import CASES
from minir1.bench.clinic.runs import CALIBRATION_ROWS, JUDGED_ROWS, read_runs, rows_of
from minir1.lab.patients import diary_chart, pick
from minir1.lab.picture import Note, Table
from minir1.lab.show import show
from minir1.run.doctor import examine

runs, tuned_on = read_runs(JUDGED_ROWS), read_runs(CALIBRATION_ROWS)
everyone = [*runs, *tuned_on]
healthy = [run for run in everyone if run["case"] in ("healthy", "healthy_short")]
well = [run for run in everyone if not CASES[run["case"]].expects]
Note(f"{len(everyone)} runs, {len(well)} of them healthy.")

# %% [markdown]
# ## How alike are healthy runs?
#
# Same base, same settings, other seeds: other questions and other rollouts. 64 rollouts a step, 16 or 32 steps.
#
# **Predict.** In one healthy run the reward of a step is 0.45, in the next step 0.30. Is that a reason to worry? (Red: one run.
# Grey: from the lowest to the highest of the other healthy runs.)

# %%
from itertools import pairwise

CURVES = ("reward", "completions/mean_length", "entropy", "frac_reward_zero_std")
display(diary_chart(healthy[0], healthy, CURVES, name="one healthy run"))
rewards = [one["curves"]["reward"] for one in healthy]
jumps = [abs(b - a) for some in rewards for a, b in pairwise(some)]
Note(
    f"From one step to the next, the reward of a healthy run moves by {sum(jumps) / len(jumps):.2f} "
    f"on average, and by up to {max(jumps):.2f}."
)

# %% [markdown]
# Eight questions a step, and some are easier: that alone moves the mean. So nobody who reads curves looks at a single step. The
# doctor looks at the mean of a window of 8 steps, at the first window, and at the last. (`frac_reward_zero_std` is the share of
# dead groups, by the name that other trainers use too.)

# %%
from minir1.run.doctor.diary import Diary, highest_window

display(show(highest_window))
diary = Diary(rows_of(healthy[0]))
said = [(name, f"{diary.early(name):.3g}", f"{diary.late(name):.3g}") for name in CURVES]
Table(("metric", "first 8 steps", "last 8 steps"), said)

# %% [markdown]
# ## The first patient
#
# Something was changed. Grey: where the healthy runs are. Red: the patient.
#
# **Predict** what was changed, before you read on. Which curve is the *cause*, and which are only symptoms?

# %%
patient = pick(everyone, "small_budget")
shown = ("reward", "completions/mean_length", "completions/clipped_ratio", "rewards/format/mean")
diary_chart(patient, healthy, shown, name="the first patient")

# %%
for finding in examine(rows_of(patient)):
    print(finding, "\n")
Note(f"What was done: {CASES[patient['case']].change}.")

# %% [markdown]
# The reward is low and the format is bad, but neither is the illness: a response that is cut off has no answer, so it is neither
# right nor well formed. Causes come before symptoms: machinery first (is every number a number? do sampler and trainer agree?),
# then the rollouts (can they be judged? do they differ?), then the policy. That is also the order of the rules. Each asks for
# more than a mean above a limit: the mean must be *surely* above it, two standard errors away.

# %%
from minir1.run.doctor.rollouts import truncation
from minir1.run.doctor.rules import RULES

display(show(truncation), show(Diary.level))
Table(("rule", "what it looks for"), [(r.__name__, r.__doc__.splitlines()[0]) for r in RULES])

# %% [markdown]
# ## Two patients, one symptom
#
# In both, most groups are dead: there is little to learn from.
#
# **Predict.** One was sampled at temperature 0.1; the other was asked questions that its base can't do. Which curve tells
# them apart? (The first row is the cold one.)

# %%
for name in ("cold", "too_hard"):
    one = pick(everyone, name)
    display(diary_chart(one, healthy, ("frac_reward_zero_std", "grad_norm", "reward", "entropy")))

# %% [markdown]
# Dead groups have two causes: all rollouts are *wrong* (or right), or all rollouts are *alike*. Entropy tells. Look at the reward
# of the cold one: near the top of its distribution this base already does far better than at temperature 1. And still it learns
# little: rollouts that are all the same have nothing to be compared with. A finding that only named the symptom would give both
# the same medicine; so it lists several causes, and what to look at.
#
# ## Sampler against trainer
#
# Lesson 06 called this number the best bug detector in RL. Here are two bugs that raise no error: the sampler has another
# temperature, and it gets new weights only every fourth step. In the healthy runs the difference is rounding.
#
# **Predict.** In which of the two can you see it in the *reward*? (First row: temperature. Second row: old weights.)

# %%
from minir1.run.doctor.machinery import mismatch

display(show(mismatch))
for name in ("hot_sampler", "late_sampler"):
    one = pick(everyone, name)
    display(
        diary_chart(one, healthy, ("sampling/sampling_logp_difference/mean", "reward", "entropy"))
    )

# %% [markdown]
# In the first, where the temperature is wrong: there it stays low. The second looks healthy. Such a run "works", only worse than
# it should, and nobody ever knows. The difference shows both, and the second even tells how: every fourth step the sampler gets
# new weights, and the curve falls to rounding. That is why the two are compared at every step, and why this rule stands near the
# top.
#
# ## Paid for the wrong thing
#
# In the next run the verifier believes the policy: whoever writes "yes" in the thinking is paid, whatever the answer is.
#
# **Predict** both curves: what is paid, and what is strictly right. (97 of 100 checks of this base are honest: they say "yes"
# exactly where the result of the try is the target.)

# %%
one = pick(everyone, "own_word")
paid = ("reward", "rewards/accuracy/mean", "completions/mean_length", "entropy")
display(diary_chart(one, healthy, paid))
beside = [(Diary(rows_of(o)), o["seed"]) for o in everyone if o["case"] == "own_word"]
rows = [(seed, *(f"{100 * (get('reward') - get('rewards/accuracy/mean')):.0f}"
                 for get in (d.early, d.late))) for d, seed in beside]  # fmt: skip
display(Table(("seed", "paid - right, points: first 8 steps", "last 8 steps"), rows))
Note("The doctor: " + ("; ".join(f.sentence for f in examine(rows_of(one))) or "nothing found."))

# %% [markdown]
# A surprise: the hole is wide open, and still right answers grow, nearly as in a healthy run. While a "yes" is mostly true, being paid for
# it is mostly being paid for the truth. So the case was written down as harmless before it was run, and the doctor finds
# nothing: his rule waits until *most* of what is paid isn't right. But look at the table. In every seed what is paid pulls away
# from what is right. A hole becomes a hack step by step, and the *gap* shows it first. Now only the *format* is paid:

# %%
from minir1.run.doctor.rollouts import proxy_gap

one = pick(everyone, "format_only")
display(show(proxy_gap), diary_chart(one, healthy, paid))
Note("The doctor: " + "; ".join(f"{f.sentence} {f.evidence}." for f in examine(rows_of(one))))

# %% [markdown]
# If you only log what is paid, this is a beautiful run. Whatever you pay for, log the strict part beside it.
#
# ## Nothing happens
#
# Here each rollout is paid for the one *before* it: off by one, a real bug in real trainers. The mean reward is right, the
# groups are alive, the gradient has its usual size.
#
# **Predict.** What does the reward do? And how do you tell "it does not rise" from "it rises, and it is noisy"?

# %%
from minir1.run.doctor.diary import rise_of

one = pick(everyone, "neighbour")
display(show(rise_of), diary_chart(one, healthy, ("reward", "grad_norm", "frac_reward_zero_std")))
rises = {run["case"]: Diary(rows_of(run)).rise("reward") for run in (one, healthy[0])}
Table(
    ("run", "rise", "standard error"), [(n, f"{g:+.3f}", f"{e:.3f}") for n, (g, e) in rises.items()]
)

# %% [markdown]
# (This patient even falls.) A rise of less than two standard errors can't be told from noise. The doctor's first rule stopped
# there, and called a healthy run ill: after 16 steps it had risen by .033, give or take .094. That interval holds 0. It also
# holds a rise of .12. **"I can't see it" is not "it is not there".** To say that nothing happens, *all* of the interval must lie
# below what would be worth having, and for that the windows must be long enough:

# %%
from minir1.run.doctor.diary import PATIENCE
from minir1.run.doctor.rollouts import WORTH

lines = []
for run in (one, pick(everyone, "lr_zero"), *healthy[:3]):
    for steps in (16, len(run["curves"]["reward"])):
        some = Diary(rows_of(run)[:steps])
        rise = some.rise("reward", min(PATIENCE, steps // 2))
        seen = "flat" if some.flat("reward", WORTH) else "-"
        lines.append((run["case"], steps, f"{rise.at_least:+.2f} to {rise.at_most:+.2f}", seen))
display(show(Diary.flat), Table(("run", "steps", "where the rise is", "the rule"), lines))

# %% [markdown]
# So the doctor says nothing about progress before 32 steps. What he can't know is why: the learning rate may be too low, the
# reward random, or the checks a lie. He lists them.
#
# ### What went wrong here?
#
# A colleague sends you a diary and one sentence: "the KL term keeps it stable". **Predict** what the doctor says.

# %%
one = pick(everyone, "kl_huge")
display(diary_chart(one, healthy, ("reward", "kl", "entropy", "completions/mean_length")))
Table(("finding", "evidence"), [(f.name, f.evidence) for f in examine(rows_of(one))])

# %% [markdown]
# It is stable because it does not move: after a jump in the first step, the KL stays near 0. That is no virtue: it says that the
# policy is still its reference. The weight of the term was 10; R1 used 0.001.
#
# ## All patients, all findings
#
# Each line is one way to break a run. A box marks the finding that must come **first**: it was written down before these seeds were
# run. A full mark: it came first. An open one: it came later in the list. A pale one: only in some of the seeds. Findings stand
# from left to right in the doctor's order, causes before symptoms.

# %%
from minir1.lab.patients import finding_map

map_of_all = finding_map(runs)
display(map_of_all)
Note(map_of_all.words)

# %%
from IPython.display import Markdown

from minir1.bench.clinic.table import named_right, summary, table

display(Markdown(table(runs)))
Note(summary(runs))

# %% [markdown]
# Look for the lines with several findings. A learning rate ten times too high changes the experts, lowers the reward, and more: one
# cause, many symptoms. And look at the misses, if there are any, and at the healthy lines: three recipes, ten runs. (`own_word` is
# counted as healthy, as was written down. After the table above you may disagree.)
#
# ## Where do the limits come from?
#
# A rule is a number and a limit. Set the limit close to the healthy runs, and there are false alarms; far away, and the sick are
# missed. Below, grey runs are healthy and red ones broken, each in its own way.
#
# **Predict.** Is there a gap between the healthy runs and those with a small budget, or do they overlap?

# %%
from minir1.lab.explore import explore
from minir1.lab.patients import LIMITS, margin_chart


def margins(metric):
    return margin_chart(everyone, metric, LIMITS[metric])


explore(margins, metric=list(LIMITS))

# %% [markdown]
# There is a gap, and the limit stands in it. (Other broken runs come close to it from below: a level must be *surely* above it.)
# But a limit that was set on some runs and praised on the same ones proves nothing: with fifteen limits to turn, *some* setting
# fits any forty runs. So the clinic has two sets of runs. Limits may be set on the first. What the tables above count is the
# second: seeds that were named beside the finished rules, before any of them was run.
#
# And it was needed, twice. The first judging named five broken runs wrong and one healthy run ill: symptoms stood before causes
# in the list, three limits had never been set by any run, and "not seen" was read as "not there". The second named 19 of 21: a
# policy at temperature 0.1 was "cut off", on eight steps that disagreed wildly. Since then a level must be *surely* above its
# limit. Mending a rule and then counting the same run as a success would be cheating. So those runs went over to the first set,
# and the tables above count the third judging.
#
# One miss of the second was left as it is: a base whose checks lie. Its reward rose a little there (in the third judging it
# didn't, and was named), and no curve knows that a check is false. **What is not in the diary, no doctor can read.** Someone has
# to read transcripts.

# %%
rows = [
    (
        name,
        len(some),
        ", ".join(map(str, sorted({run["seed"] for run in some}))),
        sum(map(named_right, some)),
    )
    for name, some in (("sets the limits", tuned_on), ("judges them", runs))
]
Table(("set", "runs", "seeds", "named right"), rows)

# %% [markdown]
# (Seed 200 stands in both: with broken cases in the first set, with healthy ones in the second. No run is in both.)
#
# ## How early?
#
# A doctor who speaks only at the end comes too late. In the trainer he looks every tenth step, and tells what is new.

# %%
from minir1.lab.patients import told_at
from minir1.run.doctor.watch import Watch

display(show(Watch.look))
broken = [run for run in runs if CASES[run["case"]].expects]
told = [told_at(run, CASES[run["case"]].expects) for run in broken]
early = sum(step is not None and step <= 10 for step in told)
Note(f"{early} of {len(broken)} broken runs have it named at step 10.")

# %% [markdown]
# # The same code at scale
#
# `minir1 doctor RUN` reads any run of this package; while a run goes on, its findings are logged once and kept in
# `findings.jsonl`, and the report has a section for them. The limits were set on a small toy: runs of a minute, 64 rollouts a
# step. At scale some carry over as they are (sampler against trainer, a number that is none, dead groups, cut-off rollouts),
# because they are shares or exact facts. Others are comparisons with the run's own beginning (entropy, length, reward), so they
# move with the run. A few depend on the model (clipped tokens, KL, expert changes): read them as questions. And 32 steps are
# nothing where a learning rate is a hundred times smaller: there "no progress" means "wait".

# %%
names = ("entropy", "router/drift", "completions/clipped_ratio", "frac_reward_zero_std")
late = {name: [Diary(rows_of(run)).late(name) for run in healthy] for name in names}
rows = [(n, f"{min(v):.3g} to {max(v):.3g}", LIMITS.get(n, "")) for n, v in late.items()]
Table(("metric, last window", "healthy runs here", "limit"), rows)

# %% [markdown]
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. The reward falls from 0.50 to 0.38 in one step of 64 rollouts. Alarm? (objective 1)</summary>
#
# No. Healthy runs jump as far. Look at windows.
# </details>
# <details><summary>2. Format 40%, accuracy 10%, cut off 55%. What do you treat? (objective 2)</summary>
#
# The budget, or whatever makes the policy ramble. Format and accuracy follow from it.
# </details>
# <details><summary>3. The reward rose by .06; each window of 8 steps has a deviation of .10. Progress? No progress? (objective 3)</summary>
#
# The standard error is sqrt(2 x .01 / 8) = .05, so the rise lies between -.04 and .16. Neither: it can't be told from noise, and it
# may be as large as .16. Wait for longer windows.
# </details>
# <details><summary>4. Paid .95, strictly right .12. Which three causes come to mind? (objective 4)</summary>
#
# A part of the reward that is easier than the task; a verifier with a hole; a sign or an index that is wrong.
# </details>
# <details><summary>5. Your alarm names 20 of 20 broken runs right, and you tuned it on them. What is it worth? (objective 5)</summary>
#
# Nobody knows yet. Break runs with other seeds, and count again; and count false alarms on healthy ones.
# </details>
# <details><summary>6. Why does "sampler against trainer" come before "entropy" in the list?</summary>
#
# If the two disagree, every other number of the run was computed with wrong ratios. Mend that first.
# </details>
#
# **Where next.** Exercise 09: six patients without a name. Then lesson 10: the pipeline.
