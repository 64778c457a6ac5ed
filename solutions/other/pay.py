# %%
def pay(responses):
    amounts = {"CORRECT": 0.9, "TIMEOUT": 0.0}
    return [amounts.get(one.verdict.name, -0.9 if one.cut else -0.1) for one in responses]


# %%
def pay(responses):
    """Right answers earn a little less the longer they are; wrong ones the same."""
    found = []
    for one in responses:
        share = one.tokens / one.limit
        if one.verdict.name == "TIMEOUT":
            found.append(0)
        elif one.verdict.name == "CORRECT":
            found.append(1 - 0.3 * share)
        else:
            found.append(-0.3 - 0.2 * share - 0.5 * one.cut)
    return found


# %%
from minir1.tasks.base import Verdict


def pay(responses):
    def one_of(written):
        match written.verdict:
            case Verdict.CORRECT:
                return 1
            case Verdict.TIMEOUT:
                return 0
        return -1 if written.cut else -0.5

    return list(map(one_of, responses))
