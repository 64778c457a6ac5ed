"""A crew of real processes: their work is that of one process, cut into parts."""

import pytest
import torch

from minir1.lab.crew import Crew
from minir1.lab.ranks import dealt_chart, difference_chart, held_map, meeting_chart, weight_columns
from minir1.lab.spmd import split_sizes, together
from minir1.lab.travels import journey, owner_strip, owners_of, route_matrix


@pytest.fixture(scope="module")
def crew():
    one = Crew()
    yield one
    one.close()


@pytest.mark.timeout(300)
def test_two_processes_share_rows_weights_and_losses(crew):
    held = crew.run("hold", 2, 2)
    for name, whole, *_ in held[0]:
        boxes = [one[2:] for part in held for one in part if one[0] == name]
        total = sum(int(torch.tensor(shape).prod()) for _, shape in boxes)
        assert total == int(torch.tensor(whole).prod()), name
    assert "exactly one process" in held_map(held, {"layers.1.mlp.gate.weight": "router"}).words

    layers = crew.run("travel", 2, 2, rows=1)
    mine = [(torch.tensor(one[0]["experts"]), 8) for one in layers]
    for (leave, come), one in zip(together(split_sizes, mine), layers, strict=True):
        assert leave == [sum(rows) for rows in one[0]["leaving"]]
        assert come == [sum(rows) for rows in one[0]["arriving"]]
    assert "stay where they are" in route_matrix([one[0] for one in layers], 2).words

    diary = crew.run("meetings", 2, 2, rows=1)[0]
    assert {kind for kind, _ in diary} == {"all-gather", "all-to-all", "reduce-scatter"}
    assert f"{len(diary)} meetings" in meeting_chart(diary).words

    work = {"steps": 2, "rows": 6, "tokens": 128}
    many = crew.run("train", 2, 2, **work)
    assert many[0] == many[1]
    alone = crew.run("train", 1, **work)[0]
    assert [one["loss"] for one in many[0]] == pytest.approx(
        [one["loss"] for one in alone], abs=1e-6
    )
    assert "e-" in difference_chart(alone, {"two": many[0]}).words


@pytest.mark.timeout(120)
def test_an_error_in_a_process_is_told_with_its_rank(crew):
    with pytest.raises(RuntimeError, match=r"process 0 of 1: TypeError"):
        crew.run("train", 1, nothing=1)
    with pytest.raises(RuntimeError, match="KeyError: 'swim'"):
        crew.run("swim", 1)
    assert crew.run("introduce", 1)[0]["WORLD_SIZE"] == "1"  # the crew goes on


def test_a_crew_that_is_gone_says_so():
    one = Crew()
    one.close()
    with pytest.raises(RuntimeError, match="crew is gone"):
        one.run("introduce", 1)


def test_pictures_of_a_crew_say_what_they_show():
    rollouts = [[0] * n for n in (3, 9, 4, 4)]
    found = [{"mine": [0, 1], "rollouts": rollouts}, {"mine": [2, 3], "rollouts": rollouts}]
    assert "wait for 28% of the step" in dealt_chart(found).words  # (9 - 4) of 2 x 9
    assert owners_of([0, 3, 4, 7], 8, 4) == [0, 1, 2, 3]
    words = owner_strip(["a", "b"], [0, 4, 5, 6], 8, 2, home=0).words
    assert "75% of the rows" in words and "0% of its tokens" in words
    assert (
        "2 arrive at process 0, 2 arrive at process 1"
        in journey([["a"], ["b"]], [[0, 7], [1, 4]], 8).words
    )
    assert "2.5 times its due" in weight_columns([10, 40]).words
