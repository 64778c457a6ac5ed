"""A stack machine of eight instructions. It always ends, and its values stay in 0..99.

    3            push a number
    + - *        replace the top two by the result; out of 0..99, the program fails
    dup swap     copy the top; exchange the top two
    when a give b    if the INPUT is a, stop here with the result b

The input is on the stack at the start; the result is what is on top at the end. There is no
loop and no jump, so a program takes as many steps as it has words: nothing can hang.
"""

from __future__ import annotations

MAX_WORDS = 32
MAX_VALUE = 99
WORDS = ("dup", "swap", "when", "give")


def run(program: str, x: int) -> int | None:
    """The result on input x, or None where the program is wrong or leaves 0..99.

    >>> run("2 * 3 +", 5), run("dup *", 7), run("when 5 give 8 1 +", 5), run("+", 5)
    (13, 49, 8, None)
    """
    words, stack, i = program.split(), [x], 0
    if not words or len(words) > MAX_WORDS:
        return None
    while i < len(words):
        word = words[i]
        if word == "when":
            case = words[i + 1 : i + 4]
            if len(case) < 3 or case[1] != "give" or not (_number(case[0]) and _number(case[2])):
                return None
            if int(case[0]) == x:
                return int(case[2])
            i += 4
            continue
        if not _step(word, stack):
            return None
        i += 1
    return stack[-1] if stack else None


def _step(word: str, stack: list[int]) -> bool:
    """Do one instruction in place; False where it can't be done."""
    if _number(word):
        stack.append(int(word))
        return True
    if word == "dup" and stack:
        stack.append(stack[-1])
        return True
    if word not in ("+", "-", "*", "swap") or len(stack) < 2:
        return False
    b, a = stack.pop(), stack.pop()
    if word == "swap":
        stack += [b, a]
        return True
    result = a + b if word == "+" else a - b if word == "-" else a * b
    stack.append(result)
    return 0 <= result <= MAX_VALUE


def _number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 2
