"""Differences of the table of claims, drawn: the right numbers, and the colour of their side."""

import numpy as np
from matplotlib.colors import to_hex

from minir1.bench.claims.table import lines
from minir1.lab.controls import DISTILLED, RL, control_chart
from minir1.run.report.ink import LIGHT


def line(key, value, half):
    return {"key": key, "seeds": [1, 2, 3],
            "interval": {"value": value, "low": value - half, "high": value + half}}  # fmt: skip


def test_the_side_of_0_has_a_colour_and_the_number_stands_beside_it():
    found = [line("a", 0.2, 0.1), line("b", -0.3, 0.1), line("c", 0.05, 0.1), line("x", 1.0, 0.1)]
    picture = control_chart("It", found, {"a": "one", "b": "two", "c": "three"})
    assert picture.words == (
        "It, points: one +20 (+10 to +30); two -30 (-40 to -20); three +5 (-5 to +15)"
    )
    (axes,) = picture.figure.axes
    inks = [
        to_hex(tuple(np.ravel(part.get_edgecolor())[:4].tolist())) for part in axes.collections[::2]
    ]
    assert inks == [LIGHT[ink] for ink in ("after", "bad", "before")]
    assert "3 seeds" in "".join(text.get_text() for text in axes.texts)


def test_every_control_of_the_lessons_is_a_measured_claim():
    found = {one["key"]: one for one in lines()}
    for names in (RL, DISTILLED):
        assert all(found[key]["interval"] for key in names)
        assert control_chart("It", list(found.values()), names).png()
