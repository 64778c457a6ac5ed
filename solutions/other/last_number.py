# %%
import re


def last_number(answer):
    found = re.search(r"(?s).*?(-?\d+(\.\d+)?)(?!.*\d)", answer["completion"])
    numbers = re.findall(r"-?\d+(?:\.\d+)?", answer["completion"])
    return found is not None and numbers[-1:] == [answer["gold"]]


# %%
def last_number(answer):
    """From the first sign to the last, without a regular expression."""
    text, i, last = answer["completion"], 0, None
    while i < len(text):
        j = i + (text[i] == "-")
        if j < len(text) and text[j].isdigit():
            k = j
            while k < len(text) and text[k].isdigit():
                k += 1
            if text[k : k + 1] == "." and text[k + 1 : k + 2].isdigit():
                k += 1
                while k < len(text) and text[k].isdigit():
                    k += 1
            last, i = text[i:k], k
        else:
            i += 1
    return last == answer["gold"]


# %%
from re import compile as pattern

NUMBER = pattern(r"-?\d+(\.\d+)?")


def last_number(answer):
    numbers = [match[0] for match in NUMBER.finditer(answer["completion"])]
    return numbers != [] and numbers.pop() == answer["gold"]
