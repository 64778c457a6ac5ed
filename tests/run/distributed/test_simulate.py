"""What a simulated process counts, against four real ones."""

from dataclasses import replace

import pytest

from minir1 import recipes
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
    tokens = found["tokens"]
    whole = simulate(replace(config, model=model), 4, tokens, tokens, as_a_gpu=True)
    for kind, size in found["traffic"].items():
        assert size == whole["traffic"][kind], kind
    assert found["memory"]["Total"] == pytest.approx(whole["memory"]["Total"], rel=0.01)
    parts = compare(replace(config, model=model), 4, found["tokens"], 1, found["traffic"])
    for kind in found["traffic"]:
        assert parts[kind][0] == pytest.approx(parts[kind][1], rel=0.01), kind


def without_recomputation(config):
    return replace(config, parallel=replace(config.parallel, activation_checkpointing=False))


def off(config, gpus, tokens=0):
    """How far the formula of the memory is from the dry run, as a share."""
    formula, seen = dry_run(config, gpus, tokens)["compared"]["memory"]
    return abs(formula / seen - 1)


def test_the_formulas_know_the_memory_of_the_code():
    config = recipes.get("h800_8")
    assert off(config, 8) < 0.01  # its own micro-batch: the peak is at the head
    assert off(without_recomputation(config), 8, 2048) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "gpus", "tokens"),
    [("h800_8", 16, 0), ("gpu_1", 1, 0), ("smollm", 1, 0), ("laptop", 2, 0), ("paper", 2048, 4096)],
)
def test_and_of_other_models_and_moments(name, gpus, tokens):
    config = recipes.get(name)
    assert off(config, gpus, tokens) < 0.1
    assert off(without_recomputation(config), gpus, 2048) < 0.1


def test_a_cpu_keeps_all_scores_and_a_gpu_none(jobs):
    model, length = jobs.CONFIG.model, 64
    cpu, gpu = (
        simulate(jobs.CONFIG, 1, 2 * length, length, as_a_gpu=on)["memory"] for on in (False, True)
    )
    scores = 4 * 2 * model.n_layers * model.n_heads * length**2
    # The kernel keeps what its heads found and a sum a query in their place, which is far less.
    assert 0.8 * scores < cpu["Activation"] - gpu["Activation"] < scores
    assert cpu["Sharded Param"] == gpu["Sharded Param"]
