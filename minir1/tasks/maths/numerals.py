r"""The exact value of a number as it is written: 1,234 and 3\frac{1}{2} and 0.\overline{3}."""

from __future__ import annotations

import re
from fractions import Fraction

from minir1.tasks.base import Verdict
from minir1.tasks.maths.tree import Refused

MAX_DIGITS = 300
"""Digits of one number."""
MAX_SCIENTIFIC = 300
"""The exponent of a number such as 1.5e3."""


def number(kind: str, text: str) -> Fraction:
    """The exact value of a literal, whose digits and exponent are bounded first."""
    digits = re.findall(r"\d+", text)
    if sum(map(len, digits)) > MAX_DIGITS:
        raise Refused(Verdict.TOO_LARGE, "a number has too many digits")
    if digits and re.match(r"0\d", text):
        raise Refused(Verdict.MALFORMED, "a number starts with 0")
    match kind:
        case "mixed":
            if len(digits) == 2:  # 2\frac13: without braces, each is one digit
                digits = [digits[0], *digits[1]]
            whole, top, bottom = map(int, digits)
            if not 0 < top < bottom:
                raise Refused(Verdict.MALFORMED, "a mixed number needs a proper fraction")
            return whole + Fraction(top, bottom)
        case "repeating":
            head, period = text.split(r"\overline")
            shift = 10 ** len(head.partition(".")[2])
            period = period.strip("{}")
            start = Fraction(head + "0") if head.endswith(".") else Fraction(head)
            return start + Fraction(int(period), (10 ** len(period) - 1) * shift)
        case "grouped":
            return Fraction(re.sub(r"[^0-9.]", "", text))
        case _:
            mantissa, _, exponent = text.lower().partition("e")
            if exponent and abs(int(exponent)) > MAX_SCIENTIFIC:
                raise Refused(Verdict.TOO_LARGE, "the exponent of a number is too large")
            return Fraction(mantissa.rstrip(".")) * Fraction(10) ** int(exponent or 0)
