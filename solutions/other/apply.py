# %%
from fractions import Fraction


def apply(a, op, b, max_value):
    try:
        value = {
            "+": lambda: Fraction(a + b),
            "-": lambda: Fraction(a - b),
            "*": lambda: Fraction(a * b),
            "/": lambda: Fraction(a, b),
        }[op]()
    except ZeroDivisionError:
        return None
    if value.denominator != 1 or not 0 <= value <= max_value:
        return None
    return int(value)


# %%
def apply(a, op, b, max_value):
    match op:
        case "+":
            legal = [c for c in range(max_value + 1) if c - b == a]
        case "-":
            legal = [c for c in range(max_value + 1) if c + b == a]
        case "*":
            legal = [c for c in range(max_value + 1) if c == a * b]
        case _:
            legal = [c for c in range(max_value + 1) if b and c * b == a]
    return legal[0] if legal else None
