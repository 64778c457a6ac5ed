# %%
import re

from minir1.tasks.completion import (
    EMPTY_ANSWER,
    LONG_ANSWER,
    LONG_COMPLETION,
    MAX_ANSWER,
    MAX_COMPLETION,
    NO_ANSWER,
    Parsed,
)


def parse(completion, max_answer=MAX_ANSWER):
    if len(completion) > MAX_COMPLETION:
        return Parsed("", None, False, LONG_COMPLETION)
    if not re.search("</?answer>", completion):
        return Parsed("", None, False, NO_ANSWER)
    inner = r"((?:(?!</?think>|</?answer>|<eos>).)*)"
    form = rf"{inner}(?:<think>{inner}</think>{inner})?<answer>{inner}</answer>\s*(?:<eos>\s*)?"
    match = re.fullmatch(form, completion, re.DOTALL)
    if match is None:
        return Parsed("", None, False, "no such form")
    before, think, between, answer = match.groups()
    answer = answer.strip()
    if not answer or len(answer) > max_answer:
        return Parsed("", None, False, LONG_ANSWER if answer else EMPTY_ANSWER)
    tidy = think is not None and not before.strip() and not between.strip()
    return Parsed((think or "").strip(), answer, tidy, "" if tidy else "untidy")


# %%
from minir1.tasks import completion as c


def parse(completion, max_answer=c.MAX_ANSWER):
    def no(fault="structure"):
        return c.Parsed(think="", answer=None, well_formed=False, fault=fault)

    if len(completion) > c.MAX_COMPLETION:
        return no(c.LONG_COMPLETION)
    pieces, rest = [], completion
    while rest:
        places = [
            (rest.find(t), t) for t in ("<think>", "</think>", "<answer>", "</answer>", "<eos>")
        ]
        places = [(at, t) for at, t in places if at >= 0]
        if not places or len(pieces) > 20:
            break
        at, tag = min(places)
        pieces += [rest[:at].strip(), tag]
        rest = rest[at + len(tag) :]
    pieces.append(rest.strip())
    if "<answer>" not in pieces and "</answer>" not in pieces:
        return no(c.NO_ANSWER)
    if pieces[-2:] == ["<eos>", ""]:
        pieces = pieces[:-2]
    tags = pieces[1::2]
    if tags[-2:] != ["<answer>", "</answer>"] or tags[:-2] not in ([], ["<think>", "</think>"]):
        return no()
    if pieces[-1]:
        return no("text after the answer")
    answer = pieces[-3]
    if answer == "":
        return no(c.EMPTY_ANSWER)
    if len(answer) > max_answer:
        return no(c.LONG_ANSWER)
    if len(tags) == 2:
        return c.Parsed("", answer, False, "no thinking")
    good = pieces[0] == pieces[4] == ""
    return c.Parsed(pieces[2], answer, good, "" if good else "more text")
