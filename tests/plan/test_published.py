"""The formulas of the plan, against what the papers print."""

import pytest

from minir1.config.shapes import MOONLIGHT
from minir1.model.count import active_parameters, cache_bytes, parameters, training_flops
from minir1.plan import published, r1_zero
from minir1.plan.chips import CHIPS, chip
from minir1.plan.training_time import DAY, flops_a_token, gpu_hours, mfu


def test_the_shapes_have_the_published_sizes():
    assert parameters(published.V3) == pytest.approx(671e9, rel=0.001)
    assert active_parameters(published.V3) == pytest.approx(37e9, rel=0.02)
    assert parameters(published.V2) == pytest.approx(236e9, rel=0.002)
    assert active_parameters(published.V2) == pytest.approx(21e9, rel=0.02)
    sizes = {run.name: parameters(run.model) for run in published.RUNS}
    assert sizes["DeepSeek 67B, a trillion tokens"] == pytest.approx(67e9, rel=0.01)
    assert sizes["Llama 3.1 405B"] == pytest.approx(405e9, rel=0.005)


def test_the_bills():
    assert sum(published.R1_HOURS.values()) == 147e3
    assert published.dollars(published.R1_HOURS) == 294e3
    assert sum(published.V3_HOURS.values()) == 2788e3
    assert published.dollars(published.V3_HOURS) == 5.576e6


def test_v3s_speed():
    assert published.v3_step_seconds() == pytest.approx(19.926, rel=0.0005)
    assert published.fitted_mfu() == pytest.approx(0.3894, rel=0.02)  # causal, as printed
    assert flops_a_token(published.V3, 4096) == pytest.approx(250.4e9, rel=0.001)
    # From the hours in place of the tokens a day: 1,543 tokens a second on each GPU.
    rate = published.V3_TOKENS / (published.V3_HOURS["pre-training"] * 3600)
    assert mfu(published.V3, 4096, rate, chip("h800").flops) == pytest.approx(0.3894, rel=0.02)


def test_v3s_flops_a_second_with_and_without_the_future():
    """arXiv 2505.09343, table 4: 385 TFLOPS and 38.94% causal, 432 and 43.73% not."""
    rate = published.V3_TOKENS_A_DAY / DAY / published.V3_GPUS
    causal, all_pairs = (rate * training_flops(published.V3, n) for n in (2048, 4096))
    assert causal / 1e12 == pytest.approx(385, rel=0.005)
    assert all_pairs / 1e12 == pytest.approx(432, rel=0.005)
    assert all_pairs / chip("h800").flops == pytest.approx(0.4373, rel=0.005)
    # Six FLOPs for each of 37B weights, without attention, would look a tenth less well used.
    hours = published.V3_HOURS["pre-training"] * 3600
    assert published.V3_TOKENS / hours == pytest.approx(1543, abs=1)
    naive = 6 * 37e9 * published.V3_TOKENS / hours / chip("h800").flops
    assert naive == pytest.approx(0.346, abs=0.001)
    assert naive < 0.9 * published.fitted_mfu()


def test_the_cache_of_latent_attention():
    """512 latent numbers and 64 for position, 2 bytes each, in every layer."""
    assert cache_bytes(published.V3) == 61 * (512 + 64) * 2 == 70_272
    assert cache_bytes(MOONLIGHT) == 27 * (512 + 64) * 2 == 31_104


def test_r1s_hours_are_gpus_times_hours():
    """arXiv 2501.12948v2, B.4.4: 64 * 8 GPUs for 198 hours, then for 80."""
    for name, hours in (("R1-Zero", 198), ("R1", 80)):
        assert published.R1_HOURS[name] == pytest.approx(64 * 8 * hours, rel=0.01)
    a_rollout = r1_zero.PUBLISHED_HOURS * 3600 / r1_zero.predict()["rollouts"]
    assert a_rollout == pytest.approx(1097, abs=1)


def test_runs_that_it_was_not_fitted_to():
    """Dense models of the same time come out; V2, which trained less efficiently, does not."""
    off = {run.name: published.predicted_hours(run) / run.hours - 1 for run in published.RUNS}
    assert abs(off["DeepSeek 67B, a trillion tokens"]) < 0.2
    assert abs(off["Llama 3.1 405B"]) < 0.2
    assert off["DeepSeek-V2, a trillion tokens"] < -0.2


def test_hours_and_utilisation_are_inverses():
    run = published.RUNS[0]
    hours = gpu_hours(run.model, run.sequence, run.tokens, 1e15, 0.25)
    assert mfu(run.model, run.sequence, run.tokens / hours / 3600, 1e15) == pytest.approx(0.25)


def test_r1_zero_from_its_samples():
    zero = r1_zero.predict()
    assert zero["rollouts"] == 650
    assert zero["samples"] == 650 * 8192
    assert zero["hours"] == pytest.approx(zero["waiting_hours"] + zero["training_hours"])
    # The waiting, by hand: 513 batches start before step 8,200, and 137 after it.
    by_hand = (513 * 32_768 + 137 * 65_536) / (22 * 1.8) / 3600
    assert zero["waiting_hours"] == pytest.approx(by_hand)
    low, high = r1_zero.spread()
    assert low < r1_zero.PUBLISHED_HOURS < high


def test_r1_zero_s_training_by_hand():
    """At one length, a token looks back on half of it: weights and attention, three times, and
    once more for the reference."""
    length, v3 = 8000, published.V3
    zero = r1_zero.predict(r1_zero.Assumptions(mean_length=((0, length), (10_400, length))))
    heads, widths = v3.n_heads, v3.qk_nope_head_dim + v3.qk_rope_head_dim + v3.v_head_dim
    attention = v3.n_layers * 2 * heads * widths * length / 2
    weights = active_parameters(v3) - v3.vocab_size * v3.dim  # the embedding is looked up
    flops = 4 * (2 * weights + attention)
    seconds = 650 * 8192 * length * flops / (512 * 989e12 * 0.35)
    assert zero["training_hours"] == pytest.approx(seconds / 3600, rel=1e-3)


def test_shorter_responses_cost_less_and_more_gpus_train_faster():
    halved = r1_zero.predict(r1_zero.Assumptions(longest_share=0.5))
    assert halved["waiting_hours"] == pytest.approx(r1_zero.predict()["waiting_hours"] / 2)
    doubled = r1_zero.predict(r1_zero.Assumptions(gpus=1024))
    assert doubled["training_hours"] == pytest.approx(r1_zero.predict()["training_hours"] / 2)
    assert doubled["waiting_hours"] == r1_zero.predict()["waiting_hours"]


def test_chips_are_found_by_name_and_have_a_source():
    assert {entry.name for entry in CHIPS} == {"h800", "h100", "h200", "a100", "4090"}
    assert chip("H800") is chip("h800")
    assert all(entry.source and entry.flops > entry.memory_rate > entry.link for entry in CHIPS)
    with pytest.raises(ValueError, match=r"--gpu = 'h801' is not known: use one of h800"):
        chip("h801")
