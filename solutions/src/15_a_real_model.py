# %% [markdown]
# # Exercises 15: a real model
#
# Four small things on which a real model stands or falls, all of the package: the order of rows in its file
# ([minir1/model/hub/gguf_names.py](../minir1/model/hub/gguf_names.py)), text that appears as it is written
# ([minir1/text/stream.py](../minir1/text/stream.py)), a batch as a tree ([minir1/rl/tree.py](../minir1/rl/tree.py)), and the kind
# reader of the controls ([minir1/bench/smollm.py](../minir1/bench/smollm.py)). No model has to be loaded for them.
#
# An **answer cell** is graded alone, so it imports what it needs. `check(f)` grades, `hint(f)` opens the next of three
# hints, and `solution(f)` asks before it shows one.

# %%
import torch

from minir1.lab.desk import check, hint, peek, progress, solution

progress("15_a_real_model")

# %% [markdown]
# ## 1. `as_neighbours`
#
# Our RoPE turns the halves of a head: number 0 with number 0 + half, 1 with 1 + half. llama.cpp turns neighbours: 0 with 1, 2
# with 3. So on the way **into** a GGUF file the rows of a query or key matrix change places, head by head: what stood at
# `pair` and at `half + pair` of its head stands at `2 * pair` and `2 * pair + 1` afterwards. The lesson showed the way back.
#
# The heads lie one below the other: `weight` has `heads` times the size of a head rows, and any number of columns.

# %%
import torch
from torch import Tensor


def as_neighbours(weight: Tensor, heads: int) -> Tensor:
    """Rows of each head from halves (0 1 2 3) to neighbours: 0 2 1 3 for a head of 4."""
    # BEGIN SOLUTION
    size = len(weight) // heads
    half = size // 2
    rows = []
    for head in range(heads):
        first = head * size
        for pair in range(half):
            rows += [first + pair, first + half + pair]
    return weight[rows]
    # END SOLUTION


# %%
peek(as_neighbours, torch.arange(12.0)[:, None], 2)

# %%
check(as_neighbours)

# %% [markdown]
# ## 2. `last_number`
#
# To tell learning the form from learning the task, the same responses are read twice. The kind reader wants no form at all: the
# **last number** of the text counts, wherever it stands. A number is an optional minus sign, digits, and an optional fraction
# (a point, then digits). It is compared with `answer["gold"]` as text. No number is not right.

# %%
import re

from minir1.bench.smollm import Answer


def last_number(answer: Answer) -> bool:
    """A kind reader: the last number of the text, wherever it stands, is the gold."""
    # BEGIN SOLUTION
    last = None
    for match in re.finditer("-?[0-9]+([.][0-9]+)?", answer["completion"]):
        last = match.group()
    return last == answer["gold"]
    # END SOLUTION


# %%
peek(last_number, {"question": "5 * 4", "gold": "20", "completion": "20 is 5 * 4"})

# %%
check(last_number)

# %% [markdown]
# ## 3. `grow`
#
# A batch has many rows that begin alike: the same examples, the same question. In a causal model equal beginnings have equal
# numbers, so each is computed once. Build the tree. Two tokens of two rows are the **same** token of the tree if they and
# everything before them are the same.
#
# Return three lists: the tokens of the tree in the order in which they are first met, row by row; the number of each one's
# parent (-1 for the first token of a row); and for each row the numbers of its tokens. Of a row only the first `length` tokens
# count; the list of its numbers is filled up with zeros to the row's own width.

# %%
from collections.abc import Sequence


def grow(
    rows: Sequence[Sequence[int]], lengths: Sequence[int]
) -> tuple[list[int], list[int], list[list[int]]]:
    """The tree's tokens, the parent of each (-1 for a root), and the rows as numbers of tokens.

    >>> grow([[5, 6, 7], [5, 6, 8], [5, 9, 0]], [3, 3, 2])
    ([5, 6, 7, 8, 9], [-1, 0, 1, 1, 0], [[0, 1, 2], [0, 1, 3], [0, 4, 0]])
    """
    # BEGIN SOLUTION
    numbers, tokens, parents, places = {}, [], [], []
    for row, length in zip(rows, lengths, strict=True):
        mine, parent = [], -1
        for depth in range(length):
            path = tuple(row[: depth + 1])
            if path not in numbers:
                numbers[path] = len(tokens)
                tokens.append(row[depth])
                parents.append(parent)
            mine.append(numbers[path])
            parent = numbers[path]
        places.append(mine + [0] * (len(row) - length))
    return tokens, parents, places
    # END SOLUTION


# %%
peek(grow, [[1, 2, 3], [1, 2, 4], [2, 2, 4]], [3, 3, 3])

# %%
check(grow)

# %% [markdown]
# ## 4. `stream`
#
# Print a text while it is written: a generator that takes tokens one by one, and yields each piece of the text **as soon as it is
# certain**. A token can end in the middle of a character. `tokenizer.decode(ids)` shows such an end as one or more
# `UNFINISHED` signs; hold those back until the rest has come. What is still held back when the tokens end is shown as it is.
#
# Always decode all tokens so far: many tokenizers put something between two words. The pieces together are the text, and none is
# empty. Don't ask for the next token before you have yielded what is certain.

# %%
from collections.abc import Iterable, Iterator

from minir1.text.stream import UNFINISHED
from minir1.text.tokenizer import Tokenizer


def stream(tokenizer: Tokenizer, tokens: Iterable[int]) -> Iterator[str]:
    """The text of `tokens`, piece by piece, as soon as each is certain.

    >>> list(stream(Tokenizer(), [9, 10, 11]))
    ['+', ' -', ' *']
    """
    # BEGIN SOLUTION
    seen, shown, text = [], 0, ""
    for token in tokens:
        seen.append(token)
        text = tokenizer.decode(seen)
        while text.endswith(UNFINISHED):
            text = text[:-1]
        if len(text) > shown:
            yield text[shown:]
            shown = len(text)
    whole = tokenizer.decode(seen)
    if len(whole) > shown:
        yield whole[shown:]
    # END SOLUTION


# %%
check(stream)

# %%
progress("15_a_real_model")
