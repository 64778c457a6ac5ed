r"""Polynomials with rational coefficients and a normal form: equal when their dicts are.

    2 * x * sqrt(12)   ->   { x^1 3^(1/2): 4 }

A monomial is a set of atoms with rational powers: variables, pi, e, i, and primes under a root.
Each product is reduced at once: i^2 = -1 and 2^(3/2) = 2 * 2^(1/2). Roots of different primes are
independent over the rationals, so no two different dicts name the same value.
"""

from __future__ import annotations

from fractions import Fraction

from minir1.tasks.maths.tree import CONSTANTS

MAX_TERMS = 300
MAX_POWER = 16
"""Of a sum; a single term may have any power that the size guard lets through."""
MAX_PRIME = 1000

Monomial = tuple[tuple[str, Fraction], ...]
Poly = dict[Monomial, Fraction]
ONE: Monomial = ()


class Undecided(Exception):
    """This tree has no exact form here; others must decide."""


def constant(value: Fraction | int) -> Poly:
    return {ONE: Fraction(value)} if value else {}


def multiply(a: Poly, b: Poly) -> Poly:
    """The product, like terms collected, zeros dropped."""
    if len(a) * len(b) > MAX_TERMS:
        raise Undecided
    product: Poly = {}
    for m, c in a.items():
        for n, d in b.items():
            monomial, factor = join(m, n)
            product[monomial] = product.get(monomial, Fraction(0)) + c * d * factor
    return {monomial: c for monomial, c in product.items() if c}


def join(m: Monomial, n: Monomial) -> tuple[Monomial, Fraction]:
    """The product of two monomials, and the rational factor that its reduction sets free."""
    powers = dict(m)
    for atom, power in n:
        powers[atom] = powers.get(atom, Fraction(0)) + power
    factor = Fraction(1)
    for atom, power in list(powers.items()):
        if atom == "i":
            turns = int(power) % 4
            factor *= -1 if turns >= 2 else 1
            powers[atom] = Fraction(turns % 2)
        elif atom.isdecimal():
            whole = power.numerator // power.denominator
            factor *= Fraction(int(atom)) ** whole
            powers[atom] = power - whole
    return tuple(sorted((a, p) for a, p in powers.items() if p)), factor


def raise_to(poly: Poly, power: Fraction) -> Poly:
    if len(poly) == 1:
        ((monomial, coefficient),) = poly.items()
        return raise_term(monomial, coefficient, power)
    if not poly:
        return {}
    if power.denominator != 1 or power > MAX_POWER:
        raise Undecided
    result = constant(1)
    for _ in range(int(power)):
        result = multiply(result, poly)
    return result


def raise_term(monomial: Monomial, coefficient: Fraction, power: Fraction) -> Poly:
    if power.denominator == 1:
        powers = tuple((atom, p * power) for atom, p in monomial)
        reduced, factor = join(powers, ONE)
        return {reduced: coefficient**power.numerator * factor}
    # (x^2)^(1/2) is not x, but pi and e are positive, and so is a root of a prime.
    positive = all(a in ("pi", "e") or a.isdecimal() or (p == 1 and a not in CONSTANTS)
                   for a, p in monomial)  # fmt: skip
    if coefficient < 0 or not positive or sum(a not in CONSTANTS for a, _ in monomial) > 1:
        raise Undecided
    result = {tuple((atom, p * power) for atom, p in monomial): Fraction(1)}
    for number, sign in ((coefficient.numerator, 1), (coefficient.denominator, -1)):
        for prime, count in factors(number).items():
            root, factor = join(((str(prime), power * count * sign),), ONE)
            result = multiply(result, {root: factor})
    ((raised, factor),) = result.items()
    reduced, more = join(raised, ONE)
    return {reduced: factor * more}


def factors(number: int) -> dict[int, int]:
    """Prime factors by trial division, for numbers whose primes are small."""
    found: dict[int, int] = {}
    prime = 2
    while prime <= MAX_PRIME and prime * prime <= number:
        while number % prime == 0:
            found[prime] = found.get(prime, 0) + 1
            number //= prime
        prime += 1
    if number > 1:
        if number > MAX_PRIME**2:
            raise Undecided
        found[number] = found.get(number, 0) + 1
    return found
