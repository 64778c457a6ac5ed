# %%
import math


def blind_accuracy(chance, tries):
    if chance >= 1.0:
        return 1.0 if tries else 0.0
    return -math.expm1(tries * math.log1p(-chance))


# %%
def blind_accuracy(chance, tries):
    missed = pow(1.0 - chance, tries)
    return 1.0 - missed
