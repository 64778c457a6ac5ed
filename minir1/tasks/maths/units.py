r"""Units that may follow a number, under one name each.

Policy. A unit is what stands in \text{...} or \mathrm{...}, or a word after a number. Two units
must be the same; none at all agrees with every unit, since the question implies it. Nothing is
converted: 1 m is not 100 cm here. A unit that isn't in the table makes the answer unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SPELLINGS = """
mm: millimeter millimeters millimetre millimetres
cm: centimeter centimeters centimetre centimetres
m: meter meters metre metres
km: kilometer kilometers kilometre kilometres
in: inch inches
ft: foot feet
yd: yard yards
mi: mile miles
mg: milligram milligrams
g: gram grams
kg: kilogram kilograms
lb: lbs pound pounds
oz: ounce ounces
L: l liter liters litre litres
mL: ml milliliter milliliters
s: sec secs second seconds
min: mins minute minutes
h: hr hrs hour hours
day: days
week: weeks
month: months
year: years
degree: degrees deg
radian: radians rad
dollar: dollars
cent: cents
euro: euros
unit: units
mph: milesperhour
km/h: kmh kph
m/s: meterspersecond
point: points
student: students
people: persons person
apple: apples
book: books
way: ways
time: times
"""

UNITS: Mapping[str, str] = {
    spelling: line.split(":")[0]
    for line in _SPELLINGS.strip().splitlines()
    for spelling in [line.split(":")[0], *line.split(":")[1].split()]
}


def unit_of(text: str) -> str | None:
    """The one name of a unit, with its power; None where the text is no unit.

    >>> unit_of("square centimeters"), unit_of("cm^2"), unit_of("miles per hour")
    ('cm^2', 'cm^2', 'mph')
    >>> unit_of("bananas and 7")
    """
    words = text.strip(" .")
    power = ""
    for word, number in (("square", "2"), ("sq", "2"), ("cubic", "3")):
        if words.startswith(word + " "):
            words, power = words[len(word) + 1 :], number
    if found := re.fullmatch(r"(.*[A-Za-z])\s*\^\s*\{?([23])\}?", words):
        words, power = found[1], found[2]
    name = UNITS.get(words.replace(" ", "")) or UNITS.get(words.lower().replace(" ", ""))
    if name is None:
        return None
    return f"{name}^{power}" if power else name
