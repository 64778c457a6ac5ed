"""What a simulated process counts, against four real ones."""

from dataclasses import replace

import pytest

from minir1.plan.dry_run import compare, dry_run
from minir1.run.distributed.simulate import simulate

TOKENS, LENGTH = 192, 48
MEMORY_WITHIN = {False: 0.01, True: 0.10}  # with recomputation, the real autograd frees earlier


@pytest.mark.parametrize(("owners", "again"), [(2, False), (2, True)], ids=["kept", "recomputed"])
def test_a_simulated_process_is_as_large_as_a_real_one_and_moves_as_much(crew, jobs, owners, again):
    config = jobs.CONFIG
    parallel = replace(config.parallel, activation_checkpointing=again, expert_parallel=owners)
    config = replace(config, parallel=parallel)
    options = {"tokens": TOKENS, "length": LENGTH}
    real = crew.run("measured", 4, owners, parallel=parallel, **options)[0]
    seen = simulate(config, 4, **options)
    assert seen["traffic"] == real["traffic"] and all(seen["traffic"].values())
    assert seen["calls"] == real["calls"]
    total = real["memory"]["Total"]
    assert seen["memory"]["Total"] == pytest.approx(total, rel=MEMORY_WITHIN[again])
    for kind in ("Sharded Param", "Sharded Grad", "Unsharded Param"):
        assert seen["memory"][kind] == real["memory"][kind], kind


def test_the_formulas_know_the_traffic_of_the_code(jobs):
    config = jobs.CONFIG
    config = replace(config, parallel=replace(config.parallel, expert_parallel=2))
    model = replace(config.model, n_layers=6)
    found = dry_run(replace(config, model=model), 4, TOKENS)  # goes on in a straight line
    whole = simulate(replace(config, model=model), 4, found["tokens"], found["tokens"])
    for kind, size in found["traffic"].items():
        assert size == whole["traffic"][kind], kind
    assert found["memory"]["Total"] == pytest.approx(whole["memory"]["Total"], rel=0.01)
    parts = compare(replace(config, model=model), 4, found["tokens"], 1, found["traffic"])
    for kind in found["traffic"]:
        assert parts[kind][0] == pytest.approx(parts[kind][1], rel=0.01), kind
