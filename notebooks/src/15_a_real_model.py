# %% [markdown]
# # 15 A real model
#
# So far every model was made from nothing, and knew a hundred words. Does the same code hold for a model that others trained, on
# trillions of tokens, in a file of theirs? Here it opens one, agrees with the reference, talks, learns from a verifier, and leaves.
#
# | | |
# |---|---|
# | **You need** | lessons 00, 03, 06 and 07. No GPU. The model: `make real`, once (90 MB); without it the lesson reads what was recorded |
# | **Time** | 45 minutes to read and answer; the cells take half a minute |
# | **Hardware and cost** | any laptop with 4 GB of free memory; nothing to pay. The recorded runs took minutes on one core |
#
# **After this lesson you can**
#
# 1. say what a file of a model holds beyond its weights, and what goes wrong when one thing is misread;
# 2. prove that two implementations compute the same function;
# 3. print text as it is written, without breaking a character;
# 4. choose a task that RL can learn from, by measuring the base first;
# 5. tell learning the format from learning the task, and certainty from skill, with controls.

# %%
from minir1 import recipes
from minir1.lab.picture import Note, Table
from minir1.lab.real import is_here
from minir1.lab.scale import at_scale
from minir1.lab.show import show
from minir1.model import hub

config = recipes.get("smollm")
here = at_scale(smoke=False, laptop=is_here(), full=is_here())
absent = Note("SmolLM2 is not loaded here (`make real` installs it): the recorded rows speak.")
Note("SmolLM2 is here.") if here else absent

# %% [markdown]
# ## One class, many models
#
# SmolLM2-135M-Instruct (Apache-2.0) is a Llama: dense, grouped-query attention. The class is the one that was a DeepSeek-V3 in
# lesson 04. Only its config differs.
#
# **Predict** where most of its 135M weights are: words, attention, or MLPs?

# %%
from minir1.lab.weights import weights_chart

weights = weights_chart(config.model)
display(show(hub.load), weights)
Note(weights.words)

# %% [markdown]
# A fifth is the table of words. It is used twice, to read and to write (tied embeddings), and is still small here: 49,152 words.
# For Qwen3-0.6B, with 151,936, it is a quarter.
#
# ## What is in the file
#
# The weights come as a GGUF file, the format of small devices. Most are stored in 4 bits: a block of 32 shares one scale.

# %%
from minir1.lab.weights import size_chart

size_chart(config.model)

# %% [markdown]
# RoPE turns pairs of numbers. Llama's pairs are the halves of a head: 0 with 32, 1 with 33. llama.cpp's are neighbours: 0 with 1. So the rows of every
# query and key matrix stand in **another order** in the file.
#
# **Predict** what you see if you forget to put them back: an error, nonsense, or text that is almost right?

# %%
from minir1.lab.weights import order_chart
from minir1.model.hub.gguf_names import as_halves

order = order_chart()
display(show(as_halves), order)
Note(order.words)

# %% [markdown]
# No error: all shapes fit. Position 0 turns nothing, so the first token is even right. From there it gets worse with every
# position, and the text is fluent for a few words. The only defence is a number: compare with the reference.
#
# ## The same function
#
# Two programs that agree on one prompt may differ on the next. What is compared: all logits of a text, and what is written
# greedily after it.

# %%
import torch

from minir1.bench.sampler_real import real_twin
from minir1.lab.weights import agreement

if here:
    model = hub.load("smollm2", dtype=torch.float32)
    said = agreement(model, real_twin(config))
display(show(agreement))
Note(said) if here else absent

# %% [markdown]
# Not zero: two orders of adding the same float32 numbers differ in the seventh digit, and thirty layers add that up. It is in the sixth here. A wrong order of
# rows would differ by units.
#
# ## Talking with it
#
# A chat model has seen turns, marked by special tokens, and answers well only inside them. The template is in the file, too.

# %%
from minir1.text.chat import ChatTokenizer

if here:
    tokenizer = ChatTokenizer.load(hub.locate("smollm2"), config.system_prompt, config.examples)
    prompt = tokenizer.prompt("Solve the following multiplication: 5 * 4.")
    print(tokenizer.inner.decode(prompt))
Note(f"{len(prompt)} tokens.") if here else absent

# %% [markdown]
# Its answer should appear as it is written. But a character may be several tokens.
#
# **Predict**: how many tokens is one emoji? What does a printer of single tokens show?

# %%
from minir1.text.stream import UNFINISHED, stream

if here:
    ids = tokenizer.encode("2 \u20ac \N{PARTY POPPER}")
    naive = [tokenizer.decode([i]).replace(UNFINISHED, "?") for i in ids]
    rows = [("token by token", "|".join(naive)), ("stream", "|".join(stream(tokenizer, ids)))]
display(show(stream))
Table(("printed", "text"), rows) if here else absent

# %%
if here:
    from itertools import islice

    from minir1.stages.sample import Speaker

    one = Speaker(model=model, tokenizer=tokenizer, max_new_tokens=24, temperature=0.0)
    for piece in islice(one.say("Name three colours."), 24):
        print(piece, end="", flush=True)
Note("`minir1 sample smollm2` goes on from here.") if here else absent

# %% [markdown]
# ## Which questions?
#
# RL needs a reward now and then, and questions that differ in their answers. So before any training the base was scanned: short
# questions of reasoning-gym, 16 tokens, four examples that answer at once.
#
# **Predict** how many one-digit sums a model with 135M weights gets right.

# %%
from minir1.bench import gym_scan
from minir1.lab.real import scan_chart
from minir1.lab.real_controls import prompt_words
from minir1.run.jsonl import read_rows

scan = [row for _, row in read_rows(gym_scan.RESULTS)]
display(show(gym_scan.anywhere), scan_chart(scan))
Note(f"{gym_scan.table(scan)}\n\n{prompt_words(scan)}")

# %% [markdown]
# Hardly better than a constant. But asked without a form to fill in, it writes "5 * 4 = 20". It computes when it may **repeat the question
# first**: a chain of thought of six tokens. So the examples of the recipe show that:
#
#     5*4=20 <answer>20</answer>
#
# The last line above is what the prompt alone is worth. This is the base that RL starts from.
#
#
# ## What a step costs
#
# 64 responses to 8 questions. Each repeats the same examples, and each group the same question. **Predict** how much of the
# work is the same work.

# %%
from minir1.bench.smollm import read_answers
from minir1.lab.real import some_groups
from minir1.lab.weights import tree_chart
from minir1.rl.tree import grow

asked = some_groups(questions=8, size=8)
shown = "".join(question + answer for question, answer in config.examples)
tree = tree_chart(asked, config.system_prompt + shown)
display(show(grow), tree)
Note(tree.words)

# %% [markdown]
# The model is causal: equal beginnings have equal numbers. So the trainer computes a **tree** of tokens, and the gradient of a shared token is the sum over
# its rows. Nothing is approximated. The sampler does the same with its prompts.

# %%
from minir1.lab.real import logs, time_chart
from minir1.lab.real_controls import cost_words
from minir1.rl.prefill import read_shared

runs = logs()
seconds = time_chart(runs)
display(show(read_shared), seconds)
Note(f"{seconds.words}. {cost_words()}")

# %% [markdown]
# ## GRPO on a real model
#
# Several seeds; and a control that is paid for **any** answer in its place, right or wrong. Half of the one-digit products were never
# trained on.
#
# **Predict** what the control does to accuracy: nothing, worse, or better?

# %%
from minir1.lab.real import health_chart, reward_chart

rewards, health = reward_chart(runs), health_chart(runs)
display(rewards, health)
Note(f"{rewards.words}. {health.words}")

# %% [markdown]
# Entropy falls: it samples less at random. Groups die, since all eight are right. Sampler and trainer, both in bfloat16, never agree exactly, and stay close.
#
# ## Format or skill?
#
# Two readers judge the same responses. The strict one wants one answer part. The kind one takes the **last number** of any text. If only the format
# was learned, the kind reader sees no gain.

# %%
from minir1.bench import smollm
from minir1.lab.real import readers_chart

display(show(smollm.last_number), readers_chart())
Note(smollm.table(read_answers()))

# %% [markdown]
# For right answers, the kind reader sees a gain, too: less of it, since part was form. Now the control, seed by seed. What was written down before
# the runs: paid for any answer, accuracy rises by **less than half** as much.

# %%
from minir1.lab.real import kinds_chart
from minir1.lab.real_controls import favourite_words, gain_rows, threshold_words, verifier_words

columns = ("seed", "paid for right answers", "paid for any answer")
display(Table(columns, gain_rows()), kinds_chart())
Note(f"{threshold_words()} {verifier_words()} {favourite_words()}")

# %% [markdown]
# The first seed of the control was run alone, and gained more than half as much. It was tempting to explain: format makes the policy sure, and its most
# frequent answer is better than a sample of it. Then two more seeds came, and both **lost**. Every response with an answer part is paid, whatever its
# number; so what is said often is said more often still: in two seeds, one number. Nothing pulls the policy towards the truth.
#
# One seed of a control is an anecdote, and the interval of three is as wide as it looks.
#
# ## What was learned
#
# The held-out half of the times table, each product asked several times.

# %%
from minir1.lab.real import products_chart
from minir1.lab.real_controls import heart_words

table = products_chart()
display(table)
Note(f"{table.words}. {heart_words()}")

# %% [markdown]
# Some held-out products are mirror images of trained ones: 6 * 9 of 9 * 6. The table above has a line for those that are not.
#
# And compare with training. What is more there than on held-out products was learned **by heart**: the trained half of the times table is small.
#
# ## Certainty or skill?
#
# At temperature 1 the base already said many of these right *sometimes*. A policy that is only **sharper** has the same likeliest tokens as before: decoded
# greedily, it says what the base says.
#
# **Predict** how much of the gain is left when base and policy are both decoded greedily.

# %%
from minir1.bench import smollm_greedy
from minir1.lab.real_controls import greedy_words

greedy = read_answers(smollm_greedy.GREEDY)
display(show(smollm_greedy.change))
Note(f"{greedy_words()}\n\n{smollm_greedy.table(read_answers(), greedy)}")

# %% [markdown]
# Nothing is left. The base's likeliest answer was right for these products before RL began; a **sample** of it often was not. RL taught the policy to say
# what it would have said greedily: certainty, and no skill that can be seen here. The verifier still mattered: without a look at the number the
# control lost what the base knew, greedily, too.
#
# So the honest sentence is: on one-digit products, in 40 steps, GRPO made SmolLM2 **reliable** (lesson 12: pass@k). For new skill, ask for something that
# the base's greedy answer gets wrong.
#
# ## A task whose likeliest answer is wrong
#
# So families were scanned once more, with solved examples, greedily and in eight samples. What is wanted: greedy decoding mostly wrong, one of
# eight samples right more often, and no constant that earns as much. The last line became the recipe `smollm_signs`: sums and differences of numbers with
# signs, such as 9 + -2. There the base writes 9+2=11. Its examples take two steps: make one sign of two, then add.
#
# **Predict**: RL pays right answers again, three seeds. Does greedy accuracy rise this time?

# %%
from minir1.bench import gym_worked
from minir1.lab.real_signs import held_words

worked = [row for _, row in read_rows(gym_worked.ROWS)]
display(show(gym_worked.solved), Note(gym_worked.table(worked)))
Note(f"What was written down before the first of these runs:\n\n{held_words()}")

# %% [markdown]
# It rises, in every seed. A policy that is only sharper could not do that: likeliest answers have **changed**. By the words that were written down, this is skill.
#
# Which skill? Two numbers go **one way** (9 - -2, -3 - 4) or **opposite ways** (9 - 2, -3 + 4). One way, their sizes are added. Opposite ways, one is taken from
# the other.
#
# **Predict** in which of the two the gain is.

# %%
from minir1.bench import smollm_signs
from minir1.lab.real_signs import form_words, sides_chart, sides_words, stall_words

sides = sides_chart()
tables = f"{smollm_signs.sides_table(greedy)}\n\n{form_words()}"
display(show(smollm_signs.adds_sizes), sides, Note(tables))
Note(f"{sides.words}. {sides_words()} {stall_words()}")

# %% [markdown]
# All of it is in one half. The policies learned **half of the rule**: add the sizes, put the first sign before. Where that is wrong they are wrong with the same
# ease, more often than the base was. Nobody had thought of this table before the runs; it was made when the responses were read.
#
# Why does RL stay there? The shortcut is right in about half of the questions, and easy to find. Said always, it gives the other half of the groups eight times the
# same wrong answer: no advantage, no gradient. Entropy is gone, and nothing else is tried. That is a **local optimum**, and little is left to leave it with.
#
# Part of the gain is form: shown examples with spaces, the base itself does better (last table). The policies are above that, too.
#
# ## What would teach the other half?
#
# Is taking away out of its reach, or only hidden by a shortcut that pays elsewhere? So RL was started again from the base: 14 steps asked **only** questions whose
# numbers go opposite ways, 14 more asked all, and 14 more again. A policy is exported, and is the base of the next phase. (The last three lines of the picture come later.)
#
# **Predict** for the policy of the first phase: right answers opposite ways, and what is left of those one way?

# %%
from minir1.bench import smollm_course
from minir1.lab.real_phases import order_words, phases_chart, speaking_words, tries_words

phases = phases_chart()
display(show(smollm_course.phase), phases)
before = "What was written down before the first of these runs:"
Note(f"{phases.words}. {speaking_words()} {before}\n\n{order_words()}\n\n{tries_words()}")

# %% [markdown]
# It is in reach. Asked alone, right answers opposite ways rise in every seed, and **triple** in the mean. The price is the first half: one way, too, one size is taken
# from the other. It is the same shortcut in a mirror, and 28 steps of all questions don't bring the first half back.
#
# Why not? GRPO pays what is **said**. The last line counts 64 tries, at temperature 1, of each of 24 questions of the lost half: only one of all these tries is right.
# A group of eight is wrong eight times, and nothing can be paid. What a policy explores is what it still says (pass@k, lesson 12), and certainty spends it.
#
# So both halves must stay alive while the **choice** is learned. On what does the choice hang? Without a 0, count the minus signs: 9 - 2 has one, 9 - -2 two,
# -9 - -2 three. Where they are odd, take away; where they are even, add. It is a **parity**: no single sign tells.
#
# **Predict** which sign the base looks at, and what is left of that after RL on all questions. Below, a question of each kind, and how much more often each policy adds
# sizes where that is right than where it is not.

# %%
from minir1.bench import smollm_choice
from minir1.lab.real_phases import choice_chart, choice_words, responses

choice = choice_chart()
display(show(smollm_choice.told_apart), responses(), choice)
Note(f"{choice.words}. {before}\n\n{choice_words()}")

# %% [markdown]
# It looks at the operation, and drops the second number's sign: 9 + -2 becomes 9+2, and 9 - -3 becomes 9-3. So it tells a + b from a - b, and takes the other two the wrong
# way round. RL on all questions **unlearned** that: to add always pays more, at once, than to choose by one sign of three. Nobody had rewarded the choice.
#
# So the last three lines asked for one sign more at a time, with as many steps in all. While the operation alone decides, the choice stays, and taking away gets better.
# When the second sign counts, most of it is gone, in every seed. To add in a - -b is paid in full; that a - b falls with it costs a third of one kind, for this model takes
# away badly. The shortcut pays more than the choice that there was, and comes sooner than the one that is asked for. And some write `9+2=7`: the answer is paid, and the
# line before it, which should be `9-2`, is not.
#
# So: RL can teach what greedy decoding didn't do before, and what it teaches is what the reward can't tell from the skill. **Read the responses**, one kind at a time.
#
# # What went wrong here
#
# - **The prompt hid the skill.** The first scan asked for the answer alone; every family looked hopeless. The base was not the problem, the form was.
# - **The first control was too kind.** "The gold stands somewhere in the text" counts 0 * 7 as right for a text that only repeats the question. That is why the
#   reader above takes the last number.
# - **The gain was sold as learning.** Accuracy at temperature 1 rose in every seed and under every reader. Nobody had asked the base greedily.
# - **The threshold of skill was held by half a rule.** One number over all questions can't tell half of a rule from half of the questions understood.
# - **One seed of the control** was explained at length before there were others. The explanation fitted, and was wrong.
# - **Two halves were one parity.** Three kinds of runs were planned around the halves before anyone counted minus signs. What the base could choose, and lost, stood in rows
#   that were there from the first run.
# - **One-token queries took most of the time.** In bfloat16 on a CPU, attention for a single new token was several times slower than it had to be, because
#   key heads were copied for each query head. Profile before you guess.
#
# # The same code at scale
#
#     minir1 run smollm                                       the runs of this lesson; and smollm_signs
#     minir1 run gpu_1 --model Qwen/Qwen3-0.6B-Base           a larger model from the hub, on one GPU
#     minir1 export RUN FOLDER                                a folder for vLLM and others
#     minir1 export RUN FOLDER --gguf q8_0 --problems 200     and a file for llama.cpp, with what it lost
#     python -m minir1.bench sampler_real                     our sampler against transformers' on this model
#
# # Check yourself
#
# Answer aloud, then open.
#
# <details><summary>1. A loaded model answers in fluent nonsense after three words. What do you suspect? (objective 1)</summary>
#
# Positions: the order of RoPE's pairs, or its base frequency. Shapes and norms would have failed earlier or at once.
# </details>
# <details><summary>2. Logits differ by 2e-4 from the reference. Is it a bug? (objective 2)</summary>
#
# Relative to logits of up to 36, that is the sixth digit: the rounding of float32, thirty layers deep. Compare in float64, or on random weights of small size, to be sure.
# </details>
# <details><summary>3. Why does a stream hold back a token that it has? (objective 3)</summary>
#
# Its bytes may be the beginning of a character that the next token ends.
# </details>
# <details><summary>4. The base is right in 0 of 200. What do you change first? (objective 4)</summary>
#
# The prompt, and the difficulty. With no reward at all there is no gradient: every group is dead.
# </details>
# <details><summary>5. One seed of a format-only run gains more than half as much as the run it controls. What do you claim? (objective 5)</summary>
#
# Nothing. Run more seeds on both sides: here the next two fell below the base. And decode both greedily.
# </details>
# <details><summary>6. Greedy accuracy rises by 25 points, in every seed. What do you look at next? (objective 5)</summary>
#
# At responses, by kind of question. A rule that is right in half of them earns half of the reward.
# </details>
#
# **Where next.** Take another family: `minir1 run smollm --task.family letter_counting`. Scan it first.
