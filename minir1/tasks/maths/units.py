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
calorie: calories kcal
gallon: gallons
way: ways
time: times
"""
_COUNTED = """
apple bag ball balloon banana bean bird block board boat bolt book bottle bowl box boy brick
bucket bus button cake can candy car card cat chair chicken child class clip coin color cookie
corner cow crayon cup customer cupcake dice dog doll donut door duck edge egg envelope face fish
flower flight friend frog game gift girl goal goat grape group guest hat horse house item jar
kid lemon letter line marble match meal member mug muffin mushroom number orange outfit pack
package page pair paper passenger peach pen pencil petal photo piece pig pizza plant plate
player potato puppy question rabbit ring room rose row sandwich seat sheet shell shirt shoe side
slice sock song spoon square sticker stone stamp story strawberry table tank tire team ticket
toy train tree triangle trip truck vase vehicle vertex visitor window word worker
""".split()  # noqa: SIM905
"""Things that word problems count. A number word (dozen, million) must never be among them."""

UNITS: Mapping[str, str] = {
    **{plural: noun for noun in _COUNTED for plural in (noun, f"{noun}s", f"{noun}es")},
    **{f"{noun[:-1]}ies": noun for noun in _COUNTED if noun.endswith("y")},
    **{
        spelling: line.split(":")[0]
        for line in _SPELLINGS.strip().splitlines()
        for spelling in [line.split(":")[0], *line.split(":")[1].split()]
    },
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
