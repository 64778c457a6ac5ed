# %%
import random


def part_of_epoch(items, size, step, seed):
    count, orders = len(items), {}
    for epoch in range(step * size // count, ((step + 1) * size - 1) // count + 1):
        orders[epoch] = list(range(count))
        random.Random(f"{seed}/{epoch}").shuffle(orders[epoch])
    places = range(step * size, step * size + size)
    return [items[orders[place // count][place % count]] for place in places]


# %%
import random
from itertools import count, islice


def part_of_epoch(items, size, step, seed):
    def row():
        for epoch in count():
            order = list(range(len(items)))
            random.Random(f"{seed}/{epoch}").shuffle(order)
            yield from (items[place] for place in order)

    return list(islice(row(), step * size, (step + 1) * size))
