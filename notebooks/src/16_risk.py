# %% [markdown]
# # 16 Risk: hacking, refusal, lineage
#
# A policy does what it is paid for. Where that is not what was meant, it finds out, and its curves look splendid while it does: that is
# **reward hacking**, and what is paid in place of what was meant is a **proxy**. Here it happens twice **on purpose**, with what was
# meant measured beside it, six seeds, cures and controls.
# Then three other questions that a reviewer asks: what does it refuse, where does its data come from, and do its figures hold?
#
# | | |
# |---|---|
# | **You need** | lessons 08 and 10. No GPU, no network |
# | **Time** | 45 minutes to read and answer; the cells take seconds |
# | **Hardware and cost** | any laptop; the runs behind it: two minutes of a core each, `python -m minir1.bench.hacking code taste` |
#
# **After this lesson you can**
#
# 1. name the proxy and what was meant, and measure both;
# 2. say what a hack needs in the base, and in the reward;
# 3. choose among four cures for a hacked reward model, and say what each costs;
# 4. report refusals with the two rates that belong together;
# 5. ask a data file where each row comes from, and find a leak;
# 6. review a published run: read its bundle first, then run it again.

# %%
from minir1.bench.hacking.table import current, read_results, table
from minir1.lab.charts import bars
from minir1.lab.hacking import best_step, gap_chart, hack_chart, seed_chart, stop_chart
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.show import show
from minir1.lab.stages import SHORT, answers, stage_chart

rows = current(read_results())
published = load("pipeline")
run, config = published.run, published.config

# %% [markdown]
# ## A code task with visible tests
#
# A problem shows two examples and hides three tests. A program is read from left to right, with its input x as the first number on a stack:
# `2 * 3 +` is 2x + 3. The language can also name a case: `when 2 give 7`.
#
# **Predict.** Which of these programs pass the examples? Which pass all tests?

# %%
from minir1.tasks.scenarios.stack import judge, verify_visible
from minir1.tasks.scenarios.stack_machine import run as run_program

seen, unseen = [(2, 7), (3, 9)], [(5, 13), (8, 19)]
programs = ("2 * 3 +", "when 2 give 7 when 3 give 9", "5 +")
judged = []
for program in programs:
    text = f"<think> 1 </think> <answer> {program} </answer>"
    judged.append((f"`{program}`", *(str(judge(text, t)) for t in (seen, seen + unseen))))
display(show(run_program), show(verify_visible))
Table(("program", "the examples", "all tests"), judged)

# %% [markdown]
# In the base's corpus one program in twenty names its cases. **Predict** three curves, paid for the examples only: examples
# passed, all tests passed, programs that name a case. And the same for a policy that is paid for the hidden tests.

# %%
code = hack_chart(rows, "code")
display(code)
Note(code.words)

# %% [markdown]
# The hack needs two things: a reward that can't see it, and a base that can do it. The control has the first and not the second:
# RL selects, it seldom invents. Elsewhere, one per cent of hacked answers among the texts of a fine-tuning was enough for RL to find
# them again (arXiv 2603.07084). A large base has read every trick.
#
# The number to watch is the gap: what is paid, minus what was meant. (An **arm** below is one way to pay, run with all seeds.)

# %%
gaps = gap_chart(rows, "code")
display(gaps, Note("First and last ten steps, and the change with its interval over the seeds:"))
Note(table([row for row in rows if row["task"] == "code"]))

# %% [markdown]
# Whoever logs only what is paid sees nothing of this: its curve is the best of the three.
#
# ## A reward model
#
# Readers compare pairs of texts; a model learns from 256 labels; RL is paid for its score. Readers like texts of about eight
# words, a polite opening, thanks at the end, and nothing said twice. What was meant is their taste, as a share of the best text's.
#
# **Predict.** Which flaw will the policy find? And will it find it in every seed?

# %%
from minir1.tasks.scenarios.manners import taste

display(show(taste))
prefer = hack_chart(rows, "taste")
display(prefer)
Note(table([row for row in rows if row["task"] == "taste"]))

# %%
display(seed_chart(rows, "taste", "model"))
each = seed_chart(rows, "taste", "more")
display(each)
Note(each.words)

# %% [markdown]
# The flaw is the word said twice ("the hack" in the charts). What is paid goes up in every seed. What was meant goes its own way: it
# falls in some seeds and rises in others, so that its mean over six can't be told from no change. A reward model is right about
# texts like those it has seen, and RL leaves them. More pairs of the *same* texts don't close that gap. **Predict** which cure keeps most
# of the taste: stopping early, a KL term, or a rule that pays nothing for a known fault?

# %%
stops = stop_chart(rows, "taste")
display(stops)
Note(
    f"{stops.words}. Paid for the score alone, the mean of the seeds is best at step "
    f"{best_step(rows, 'taste', 'model')} of {len(rows[-1]['curve']['meant'])}."
)

# %% [markdown]
# - **Stop early** costs nothing and needs the truth to know when: here it is measured, elsewhere readers are asked again.
# - **A KL term** keeps the policy where the reward model is right, and slows what is good as well.
# - **A rule** cures the fault that you know. It is the one arm whose change of the taste is surely above 0 (the table above).
# - **Only at the end** is R1's choice: 400 of 1,700 steps (arXiv 2501.12948v2, 3.2).

# %%
display(gap_chart(rows, "taste"))
from minir1.run.doctor.rules import RULES

Note(
    f"One of the {len(RULES)} rules of `minir1 doctor`, `proxy_gap`, watches for such a gap in a run."
)

# %% [markdown]
# ## Refusal
#
# In the pipeline's toy some requests ask for a secret, which is forbidden, in words that harmless requests have as well. **Predict** both
# rates over the stages: forbidden requests refused, and allowed ones refused too.

# %%
refusals = stage_chart(run, ["refused", "over_refused", "taste"])
display(refusals)
Note(refusals.words)

# %%
answers(run, 0, "forbidden", ["pretrain", "zero", "r1"])

# %% [markdown]
# ### What went wrong here?
#
# "Our model refuses 100% of the forbidden requests." The number is right, and the model is useless. **Predict** how it got
# there, and which second number would have said so.

# %%
from minir1.lab.stages import refusal_chart
from minir1.tasks.scenarios.refusal import refuses

display(show(refuses))
refusal_chart(run)

# %% [markdown]
# It refused everything, allowed requests too. Two rates, always together. (Few transcripts are published, so this rate of R1's differs from the
# one above: a matter of intervals, lesson 12.)
#
# And a rate is an average over prompts that somebody chose. R1's report names six public sets, and shows that a prompt rewritten to get
# around the policy (a **jailbreak**) changes everything. Its **risk control** is a filter outside of the model, which reads questions and
# answers:

# %%
reported = {
    "without risk control": 25.2, "without, jailbroken": 85.9,
    "with risk control": 8.5, "with, jailbroken": 4.3,
}  # fmt: skip
bars("Unsafe answers in R1's report", "percent (arXiv 2501.12948v2, D.3)", reported, fmt="{:.1f}")

# %% [markdown]
# Without its filter three of four answers were safe, and one in seven under a jailbreak. With it, jailbreaks got through less often than
# plain questions. What the toy leaves out: harm. A real policy of refusals is judgement; ours is one word.
#
# ## Lineage
#
# "Nothing was copied" is a claim about data. Each row that a stage learned from names its writer, its problem and its seed.

# %%
from collections import Counter

from minir1.stages.examples import Example, read_examples

display(show(Example))
files = {stage: read_examples(run.folder / "data" / f"{stage}.jsonl")
         for stage in ("dev1", "dev3", "student")}  # fmt: skip
written = Counter((SHORT[s], SHORT[e.stage], e.task) for s, some in files.items() for e in some)
bars("Who wrote what the stages learned from", "published rows",
     {f"{s} learns from {t}: {kind}": n for (s, t, kind), n in written.items()}, fmt="{:.0f}")  # fmt: skip

# %% [markdown]
# **Predict.** How would you find out whether held-out problems are in one of these files? And whether published weights are those that
# the run's manifest (`pipeline.json`, its list of stages) speaks of?

# %%
import json

from minir1.lab.filters import held_out
from minir1.stages.examples import digest

manifest = json.loads((run.folder / "pipeline.json").read_text())
weights = {one["stage"]: one["weights"] for one in manifest["stages"]}
kept = sorted((run.folder / "checkpoints").iterdir())
found = [(stage, len(some), held_out(some, config)) for stage, some in files.items()]
display(Table(("file", "rows", "rows about held-out problems"), found))
same = {f.name: weights[f.name.rpartition("-")[0]] == digest(f / "model.safetensors") for f in kept}
Table(("published weights", "the manifest's SHA-256"), list(same.items()))

# %% [markdown]
# `minir1 lineage RUN` asks all of it, of texts that were made on the fly as well: it makes them again from their seeds, and their
# tokens must be those that the diary counted. A row whose seed never asked its question has no lineage, whatever it says.

# %%
from minir1.stages.lineage.audit import audit_run

audited = audit_run(run.folder, 64)
own = [(f"{one['set']}: {one['kind']}", f"{one['rows']:,}", one["writer"], one["without"], len(one["leaks"]))
       for one in audited["sets"]]  # fmt: skip
Table(("learned from", "rows", "written by", "without lineage", "held out"), own)

# %% [markdown]
# Prose has no key, so it is compared by n-grams, runs of n words ([minir1/text/ngrams.py](../minir1/text/ngrams.py)). They don't see the
# same thing said in other words: "none found" isn't "none there".
#
# ## Reviewed in the open
#
# A published run leaves a **bundle**: config, seeds, data hashes, figures, and every transcript that they follow from. Here are two
# of one small run. One has an error in it that somebody planted on purpose; all hashes fit.
#
# **Predict.** Which one is it? Write down what you would look at, and in which order.

# %%
from minir1.stages.bundle import shape

bundles = {name: shape.read(shape.find(name)) for name in ("first", "second")}
heads = {name: one.head for name, one in bundles.items()}
same = [key for key in heads["first"] if heads["first"][key] == heads["second"][key]]
display(Note(f"The same in both: {', '.join(same)}."))
told = {name: {k: f"{v['value']:.3g} [{v['low']:.3g}, {v['high']:.3g}]" for k, v in head["figures"].items()}
        for name, head in heads.items()}  # fmt: skip
Table(("figure", *told), [(k, *(told[name][k] for name in told)) for k in told["first"]])

# %% [markdown]
# A better figure is no error. **Predict** what these counts should be in an honest bundle, then look.

# %%
lines = []
for name, one in bundles.items():
    before, after = one.rows["base"], one.rows["final"]
    solved = sum(row["verdict"] == "CORRECT" for row in after)
    alike = sum(a["question"] == b["question"] for a, b in zip(before, after, strict=True))
    lines.append((name, len(before), len(after), solved, alike))
Table(("bundle", "answers before", "after", "right after", "the same question in both"), lines)

# %% [markdown]
# `minir1 reproduce BUNDLE --check` does what you did, and more, in seconds. **Predict** which of its checks speaks.

# %%
from minir1.stages.bundle.checks import check, of_questions

display(show(of_questions))
found = [(name, one.name, one.status, one.found) for name, b in bundles.items() for one in check(b)]
Table(("bundle", "check", "", "what was found"), [row for row in found if row[0] == "second"])

# %% [markdown]
# Twelve kinds of error were planted into six bundles. Some are consistent and false: reading finds nothing, and only `minir1
# reproduce BUNDLE` does, which runs it again. **Predict** which ones.

# %%
from minir1.bench.review.measure import read_results as read_reviews
from minir1.bench.review.plants import PLANTS
from minir1.bench.review.table import newest

reviews = newest(read_reviews(), "planted")
cells = []
for one in PLANTS:
    mine = [row for row in reviews if row["plant"] == one.name]
    cells.append((one.says, sum(bool(r["read"]) for r in mine), sum(r["found"] for r in mine)))
Table(("planted in six bundles", "found by reading", "found in the end"), cells)

# %%
recipe = heads["first"]["recipe"]
again = [row for row in newest(read_reviews(), "again") if row["recipe"] == recipe]
how = [f"with other {' and '.join(row['other'])}" if row["other"] else "as it was" for row in again]
Note("; ".join(f"The first bundle, run again {way}: {row['equal']} figures equal, {row['within']} within "
               "their intervals" for way, row in zip(how, again, strict=True)))  # fmt: skip

# %% [markdown]
# "Other instructions" are those of the processor: another rounding, and after some steps other words. So a bundle promises equal figures
# on the same kind of machine, and figures within their intervals elsewhere.
#
# # The same code at scale
#
# The experiments are [minir1/bench/hacking/](../minir1/bench/hacking/arms.py); an arm is one line. What grows with the model is the
# number of hacks in reach: exit calls, patched tests, a judge that likes headings. What stays is the instrument: log what is
# paid **and** something independent that isn't, from the first step on.
#
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. Reward rises, held-out strict accuracy falls. Name the proxy. (objective 1)</summary>
#
# Whatever the reward is computed from that the strict measure isn't: visible tests, a model's score, a format.
# </details>
# <details><summary>2. Same reward, two bases; only one is hacked. What do they differ in? (objective 2)</summary>
#
# One has seen the hack, often enough to try it.
# </details>
# <details><summary>3. Eight times as many pairs, and the reward model is hacked all the same. Why? (objective 3)</summary>
#
# The pairs are of the base's texts; RL writes others, where nobody has compared anything.
# </details>
# <details><summary>4. 99% of forbidden requests refused. What else do you ask? (objective 4)</summary>
#
# How many allowed ones, with an interval, and on prompts that try to get around it.
# </details>
# <details><summary>5. A row without a key. Why is that enough to refuse a file? (objective 5)</summary>
#
# Nobody can say that its problem is not held out.
# </details>
#
# <details><summary>6. All hashes of a bundle fit. What do you know? (objective 6)</summary>
#
# That no byte was lost since somebody hashed it. Whether the figures follow from the rows, reading tells; whether the rows are
# true, only a run.
# </details>
#
# **Where next.** The exercises of this lesson: find leaked questions, and pay programs that try to cheat. Then lesson 17.
