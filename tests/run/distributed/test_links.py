"""The speed of links, measured between real processes, and a slow one on purpose."""

import pytest

from minir1.run.distributed import SOLO

COLLECTIVES = ["all-gather", "reduce-scatter", "all-to-all"]
PAYLOAD = 2**22


def test_one_process_has_no_links():
    assert SOLO.links() == {}


@pytest.mark.parametrize("layout", [(2, 1), (4, 2)])
def test_all_processes_hear_the_same_speed(crew, layout):
    found = crew.run("links", *layout)
    assert list(found[0]) == COLLECTIVES and all(rate > 0 for rate in found[0].values())
    assert found == [found[0]] * layout[0]


def test_the_slowest_process_tells(crew):
    """One of two waits 50 ms at each all-to-all: nobody sends faster than that."""
    late = crew.run("links", 2, 2, slow=1)[0]
    assert late["all-to-all"] < PAYLOAD / 0.05
