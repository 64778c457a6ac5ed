# %%
def pass_at_k(n, c, k):
    if c < 0 or c > n or k < 1 or k > n:
        raise ValueError("impossible counts")
    missed = 1.0
    for i in range(k):
        missed *= max(0, n - c - i) / (n - i)
    return 1.0 - missed


# %%
from fractions import Fraction

from scipy.special import comb


def pass_at_k(n, c, k):
    if not 0 <= c <= n:
        raise ValueError(f"c = {c}")
    if not 1 <= k <= n:
        raise ValueError(f"k = {k}")
    return float(1 - Fraction(comb(n - c, k, exact=True), comb(n, k, exact=True)))
