# %% [markdown]
# # 01 Verifiable rewards: break one, mend one
#
# R1-Zero has no human teacher and no reward model. Its only teacher is a **verifier**: a function that reads an answer and says right or
# wrong. Whatever the verifier does not ask, the policy will not do; whatever hole it has, the policy will find. In this lesson
# you break five verifiers, watch what a policy makes of each hole, and build one that holds.
#
# | | |
# |---|---|
# | **You need** | lesson 00. No GPU, no network; no deep learning yet |
# | **Time** | 45 minutes to read and answer; the cells take about a minute |
# | **Hardware and cost** | any laptop; nothing to pay |
#
# **After this lesson you can**
#
# 1. take a completion apart, strictly, and say which faults decide;
# 2. evaluate model text without ever running it, and say why limits come first;
# 3. find the hole of a verifier, and predict what a policy makes of it;
# 4. say what a leak of 5% does early in training, and what a refused right answer costs;
# 5. decide what to pay for and what to ask for.

# %%
from itertools import islice

from minir1.lab import holes, sloppy
from minir1.lab.explore import explore
from minir1.lab.picture import Note, Table
from minir1.lab.published import load
from minir1.lab.scale import at_scale
from minir1.lab.show import show

# %%
published = load("laptop")
run, task = published.run, published.task
golds = [
    one.gold for one in islice(task.problems("train", 5), at_scale(smoke=5, laptop=12, full=40))
]

# %% [markdown]
# ## What there is to judge
#
# Countdown: reach a target with the given numbers, each used exactly once. The model thinks in one tag and answers in another. **Predict**
# what a strict parser should say of the second text.

# %%
good = "<think> 12 * 10 = 22 ? no ; 10 + 12 = 22 </think> <answer> 10 + 12 </answer>"
display(holes.part_strip(good, "A completion, as the parser sees it"))
holes.part_strip(
    "<think> 10 + 12 </think> <answer> 22 </answer> <answer> 10 + 12 </answer>", "And now?"
)

# %% [markdown]
# Two answers are no answer: with several, a policy could offer all it can think of. So the structure is part of the question. Here are
# more; **predict** each before you look.

# %%
from minir1.tasks.completion import parse

texts = ["<answer> 5 </answer>", "<think> 5 </think>", "<answer> 5", "<answer> </answer>",
         "<think> <answer> 5 </answer> </think>", "so <think> a </think> <answer> 5 </answer>",
         "<answer> 5 </answer> I hope"]  # fmt: skip
rows = [(f"`{text}`", parse(text).answer, parse(text).fault or "well formed") for text in texts]
display(show(parse))
Table(("completion", "answer", "fault"), rows)

# %% [markdown]
# Nothing raises. Model output is never an error: any text at all gets a verdict, or a training run dies of its first odd rollout.
#
# ## Evaluate, and never run
#
# The answer is an expression. Python has `eval`. **Predict** what `eval("9 ** 9 ** 9")` does to your training run. And
# `eval("__import__('os').system('...')")`?

# %%
from minir1.tasks.expression import Fault, evaluate

display(show(evaluate))
hostile = {"powers": "9 ** 9 ** 9", "a call": "__import__('os').getcwd()", "long": "1" * 5000,
           "deep": "(" * 40 + "1" + ")" * 40, "floor division": "7 // 2", "by zero": "1 / 0",
           "a product": "*".join(["999999999999"] * 14)}  # fmt: skip
found = [(name, f"`{text[:24]}`", evaluate(text)) for name, text in hostile.items()]
rows = [(*one, r.verdict, r.reason) if isinstance(r, Fault) else (*one, "a value", f"{r.value:.3g}")
        for *one, r in found]  # fmt: skip
Table(("", "text", "what it is", "why"), rows)

# %% [markdown]
# Each limit is checked **before** the work that it bounds: first the length, then the digits, then the depth. Python's parser only reads; a
# whitelist walks the tree. Values are exact fractions, so `7 / 2 * 2` is 7, and nothing is "close enough".
#
# ## Break five
#
# Each of these has been in use somewhere, and each has one hole. Read the code, and find it. **Predict** for each verifier
# which of the six ways to answer below it pays for.

# %%
show(sloppy)

# %%
display(
    Table(("way", "completion"), [(w, f"`{t[:95]}`") for w, t in holes.answers(golds[0]).items()])
)
holes.acceptance_map(golds)

# %% [markdown]
# Only the first line pays for right answers and for nothing else. Every other line has a full field further to the right: a way to
# be paid without solving anything. `in_the_thinking` even refuses the right answer, since its thinking ends in other words.
#
# ## What a policy makes of it
#
# Take the simplest policy there is: it chooses *how* to answer, and follows the exact gradient of its reward. At the start it is honest in
# 94 of 100 answers, and right in a third of those. **Predict** both pictures for `value_only`: which way to answer grows, and how the
# reward and the share of right answers move.

# %%
explore(lambda verifier: holes.growth_chart(verifier, golds),
        verifier=["value_only", "strict", *list(sloppy.SLOPPY)])  # fmt: skip

# %%
display(holes.growth_chart("in_the_thinking", golds))
holes.growth_chart("strict", golds)

# %% [markdown]
# A way that had 2% at the start takes over, and the **reward curve looks wonderful**: it rises to nearly 1. Nothing in it says that
# the share of right answers fell to almost nothing. Under the strict verifier both lines are one: the same gradient leaves only
# honest tries, and only now is getting better at them the way to earn more.
#
# So log a second number that is *not* trained on: `accuracy` by the strict verifier, beside the total that is paid. When the two
# part, somebody has found a hole.
#
# ## Is that only theory?
#
# Here are real completions of the published base: it has seen no RL, and nobody taught it to cheat. **Predict** which verifier
# would pay it most for nothing.

# %%
rows = run.evaluations["base"]["rows"][: at_scale(smoke=100, laptop=500, full=500)]
holes.paid_chart([(row["gold"], row["completion"]) for row in rows])

# %% [markdown]
# `anywhere` pays for half of all answers though they are wrong, and nobody meant to cheat: a check such as `? 32 no` names the target. A
# hole is open before anybody looks for it. `in_the_thinking` errs on the other side: the base ends a right try with `? 32 yes`, not with
# `= 32`, and is refused.
#
# A verdict is more than right or wrong. **Predict.** After RL, which kind of failure is left?

# %%
from collections import Counter

from minir1.lab.charts import columns

ends = {
    name: Counter(row["verdict"] for row in run.evaluations[name]["rows"])
    for name in ("base", "final")
}
kinds = sorted(set().union(*ends.values()))
columns("Verdicts before and after RL, strict", "answers of 500",
        {"base": [ends["base"][k] for k in kinds], "after RL": [ends["final"][k] for k in kinds]},
        x_name="", ticks=kinds)  # fmt: skip

# %% [markdown]
# Wrong answers are nearly gone. What is left is mostly `NO_ANSWER`: every one of these was cut at the limit of tokens, still searching.
# A wrong answer and a search without an end need different cures. So a verdict says which it is.
#
# ## How bad is a small leak?
#
# No verifier is perfect; in mathematics, where `1/2`, `0.5` and `\frac{1}{2}` are one answer, it is hard work. **Predict.** A base is
# right in 2% of its answers, the verifier accepts 5% of the wrong ones. Of what is rewarded, how much is right?

# %%
holes.purity_chart()

# %% [markdown]
# Early, when nearly all is wrong, a small leak is **most of the teaching**. The other mistake, a right answer that is refused, costs less: it
# looks like noise, and only slows learning down, as long as it hits all ways to be right alike.
#
# A neural network as judge has holes that nobody can list. R1-Zero uses none: its authors found that such a judge may be hacked in long
# RL, and would have to be trained again (arXiv 2501.12948v1, section 2.2.2).
#
# How good are the rules that people use? Three public graders of mathematics and this project's, on the same cases
# ([how they were made](../minir1/bench/verifiers)). **Predict** which of the two errors is the more frequent one.

# %%
from minir1.run.home import published as folder_of

results = folder_of("laptop").parent / "verifiers.jsonl"
graders = holes.first_rows(results, "math", "third")
display(holes.graders_chart(graders))
n = graders["minir1"]["numbers"]
Note(
    f"{n['right']['n']} right answers, {n['attacks']['n']} attacks. Each grader as it was when it "
    "first saw these cases: what minir1 refused then was mended later. The cases were written in "
    "this project, so look at the two kinds of error rather than at who comes first: neither "
    "is the larger one in every grader."
)

# %% [markdown]
# ## Pay for the form, or ask for it?
#
# R1-Zero pays for accuracy *and* for format, with equal weight. A bonus is paid at every answer, right or wrong. Say that empty form
# always earns the bonus, and that an honest try, busy with the problem, keeps the form in 6 of 10. **Predict** what a policy does that is
# right in 10% of its tries, if the bonus is 0.5.

# %%
from minir1.tasks.reward import score

display(show(score))
holes.bonus_chart(0.5)

# %% [markdown]
# With a bonus, empty form wins until a try is right often enough, in 20% here. A small policy takes the bonus, stops trying, and never
# gets there. So here the form is a **gate**: without one well-placed answer there is no accuracy to be paid. Its own weight is 0.
#
# ### What went wrong here?
#
# A team guards its `eval` by a filter: only digits, `+-*/()` and spaces may pass. Accuracy rises nicely, and then somebody reads the answers:
# they are full of `//`. **Predict** what else such a filter lets through.

# %%
import re

allowed = re.compile(r"[0-9+\-*/() ]+")
rows = []
for text in ("7 // 2 + 1", "2 ** 3", "44 ** 95 ** 83", "007 + 1", "- - 3", "7 / 2"):
    passes = bool(allowed.fullmatch(text))
    rows.append((f"`{text}`", passes, type(evaluate(text)).__name__))
Table(("text", "passes the filter", "the evaluator says"), rows)

# %% [markdown]
# `**` and `//` are made of allowed characters. The third one, run by `eval`, never comes back, and the trainer hangs with it; the fourth
# is no Python, and `eval` raises. A filter on characters is no grammar.
#
# ## Mend one
#
# The whole judge is a screen long. Read it with the five holes in mind, and find the line that closes each:

# %%
from minir1.tasks.countdown import verify_countdown

display(show(verify_countdown))
Table(("hole", "closed by"), [
    ("the target anywhere", "one answer, in its place"),
    ("any numbers", "exactly the given numbers"),
    ("many answers", "two answers are none"),
    ("numbers used twice", "each number as often as it is given"),
    ("the thinking", "only the answer is judged"),
])  # fmt: skip

# %% [markdown]
# How do you know that there is no sixth hole? You don't; you look. `make fuzz` sends 200,000 random strings to each verifier, and
# an attacker of the project tries to be paid without being right:

# %%
import json

rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
attacked = {row["task"]: row for row in rows if row["set"] == "attacker"}
Table(("verifier", "tries of the attacker", "paid without being right", "slowest verdict"),
      [(name, f"{r['tries']:,}", r["holes"], f"{r['slowest_s']:.2f} s") for name, r in attacked.items()])  # fmt: skip

# %% [markdown]
# # The same code at scale
#
# The verifier of a run on GPUs is the same function, in worker processes that can be killed ([minir1/tasks/pool.py](../minir1/tasks/pool.py)): no
# verdict may ever hang the trainer. `minir1 verify` judges a text from your terminal; mathematics and code have verifiers of their own
# ([minir1/tasks/maths](../minir1/tasks/maths), [minir1/tasks/code](../minir1/tasks/code)).
#
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. `<think> a </think> <answer> 5 </answer> done` : the answer? (objective 1)</summary>
#
# None: something stands after the answer. It is MALFORMED, and earns nothing.
# </details>
# <details><summary>2. Why is the length checked before the text is parsed? (objective 2)</summary>
#
# Because parsing is the work that a long text makes expensive. A limit after the work bounds nothing.
# </details>
# <details><summary>3. A verifier checks the value and that only given numbers occur. The hole, and what grows? (objective 3)</summary>
#
# Numbers may be used many times: sums of m, m / m and m - m make every target.
# </details>
# <details><summary>4. 2% right, a leak of 5%: how much of the reward is deserved? (objective 4)</summary>
#
# .02 / (.02 + .98 x .05) = 29%.
# </details>
# <details><summary>5. When may a format bonus stay? (objective 5)</summary>
#
# When it is smaller than what an honest try earns from the first step on; or not at all: make it a gate.
# </details>
# <details><summary>6. The reward rises and the strict accuracy does not. What do you do first?</summary>
#
# Stop, and read twenty completions with a high reward.
# </details>
#
# **Where next.** The exercises: write the parser and the judge, then change sides and cheat. Then lesson 02.
