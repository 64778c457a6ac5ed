"""What a model cost with all that it comes from."""

import pytest

from minir1.run.route import rl_steps, route, route_flops
from minir1.stages.pipeline import PARENTS, TEACHERS


def test_the_route_of_every_stage_of_the_pipeline():
    assert route("zero", PARENTS, TEACHERS) == ["pretrain", "zero"]
    assert route("dev2", PARENTS, TEACHERS) == ["pretrain", "zero", "dev1", "dev2"]
    whole = route("student", PARENTS, TEACHERS)
    assert whole == ["student_base", "pretrain", "zero", "dev1", "dev2", "dev3", "r1", "student"]
    for stage in whole:  # whatever a stage needs stands before it
        for links in (PARENTS, TEACHERS):
            if stage in links:
                assert whole.index(links[stage]) < whole.index(stage)


def test_each_stage_and_each_file_of_samples_is_paid_once():
    names = [*route("student", PARENTS, TEACHERS), "preference"]
    costs = {name: 10.0**i for i, name in enumerate(names)}
    costs |= {f"samples of {name}": 0.5 * 10.0**i for i, name in enumerate(names)}
    found = route_flops("student", costs, PARENTS, TEACHERS)
    drawn = sum(costs[f"samples of {name}"] for name in ("zero", "dev2", "r1"))
    assert found == sum(costs[name] for name in names[:-1]) + drawn
    assert route_flops("pretrain", costs, PARENTS, TEACHERS) == costs["pretrain"]
    assert route_flops("zero", {}, PARENTS, TEACHERS) == 0


@pytest.mark.parametrize(("flops", "steps"), [(0, 0), (799, 0), (800, 1), (8_050, 10)])
def test_a_step_is_paid_whole(flops, steps):
    assert rl_steps(flops, active=10, tokens_a_step=10) == steps
