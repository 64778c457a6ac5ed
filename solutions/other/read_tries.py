# %%
import re

from minir1.tasks.search import Try
from minir1.text.trace import WrittenTry


def read_tries(think):
    found = []
    for piece in think.split(";"):
        steps = [
            (int(m[1]), m[2], int(m[3]), int(m[4]))
            for m in re.finditer(r"(\d+) ([+*/-]) (\d+) = (\d+)", piece)
        ]
        checks = re.findall(r"\? \d+ (yes|no)", piece)
        if steps:
            found.append(WrittenTry(Try(tuple(steps)), checks[-1] if checks else ""))
    return found


# %%
from minir1.tasks.search import Try
from minir1.text.trace import CHECK, STEP, WrittenTry


def read_tries(think):
    pieces = [(STEP.findall(piece), CHECK.findall(piece)) for piece in think.split(";")]
    return [
        WrittenTry(
            Try(tuple((int(a), op, int(b), int(c)) for a, op, b, c in steps)), ["", *said][-1]
        )
        for steps, said in pieces
        if steps
    ]
