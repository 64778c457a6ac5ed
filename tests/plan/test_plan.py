"""The plan by formulas, against the model's own shapes and hand arithmetic."""

import json
from dataclasses import fields, replace

import pytest
import torch

from minir1 import recipes
from minir1.cli.main import main
from minir1.config import Config, ModelConfig, ParallelConfig
from minir1.model.count import active_parameters, cache_bytes, parameters, training_flops
from minir1.model.transformer import Transformer
from minir1.plan import hours, memory, traffic
from minir1.plan.chips import chip
from minir1.plan.disk import DISK_RATE, disk
from minir1.plan.fits import cure, peaks, too_much
from minir1.plan.recipe import headline, plan
from minir1.plan.units import layout
from minir1.plan.workload import Assumptions, workload
from minir1.rl.batch import collate
from minir1.rl.types import Rollout
from minir1.run.checkpoint import save
from minir1.run.optim import build_optimizer

RECIPES = list(recipes.RECIPES)
H800 = chip("h800")


@pytest.mark.parametrize("name", RECIPES)
def test_one_process_holds_every_parameter_once(name):
    model = recipes.get(name).model
    units = layout(model, ParallelConfig(), 1)
    assert sum(u.copies * u.local for u in units) == parameters(model)
    assert sum(p.numel() for p in Transformer(model, device="meta").parameters()) == sum(
        u.copies * u.whole for u in units
    )


def test_owners_hold_their_experts_and_padding_is_counted():
    model = ModelConfig()
    units = {(u.kind, u.copies): u for u in layout(model, ParallelConfig(expert_parallel=4), 8)}
    experts = units["experts", 3]
    assert experts.whole == 2 * 3 * model.dim * model.moe_inter_dim  # two of eight experts
    assert (experts.local, experts.group) == (experts.whole // 2, 2)
    # 8 experts' rows over 8 processes divide; over 5, each row of the last parts is padding.
    assert units["router", 3].whole == 8 * model.dim
    router = next(u for u in layout(model, ParallelConfig(), 5) if u.kind == "router")
    assert (router.local, router.whole) == (2 * model.dim, 10 * model.dim)
    with pytest.raises(ValueError, match=r"expert_parallel = 3 .*divisor of the 8 GPUs"):
        layout(model, ParallelConfig(expert_parallel=3), 8)


def test_v3_sends_its_padding_too():
    """A dry run of V3 on 2,048 ranks counted 112.41 GiB of gradients; its weights are 100."""
    v3 = recipes.get("paper")
    assert traffic.one_pass(v3, 2048, 4096).reduce_scatter / 2**30 == pytest.approx(
        112.41, abs=0.01
    )


def test_sixteen_bytes_a_weight():
    config = recipes.get("h800_8")
    state = memory.held(config, 8)
    assert sum(state.values()) == pytest.approx(16 * parameters(config.model) / 8, rel=0.001)
    away = replace(config, parallel=replace(config.parallel, offload_optimizer=True))
    assert sum(memory.held(away, 8).values()) == 0
    judged = replace(config, zero=replace(config.zero, kl_coef=0.1))
    assert memory.held(judged, 8)["reference"] == memory.held(config, 8)["weights, float32"]


def test_a_checkpoint_is_what_a_run_of_the_same_shape_writes(tmp_path):
    """Twelve bytes a weight, by a save of a model and its optimizer; a base alone is four."""
    config = replace(recipes.get("smoke"), keep_best=True)
    model = Transformer(config.model)
    optimizer = build_optimizer(model, config.zero.optim)
    sizes = []
    for step in (0, 1, 2):
        moments, weights = optimizer.state_dict(), model.state_dict()
        extra = {f"reference/{name}": one.clone() for name, one in weights.items() if step == 2}
        folder = save(tmp_path, "zero", step, model=weights, optimizer=moments, extra_tensors=extra)
        sizes.append(sum(file.stat().st_size for file in folder.glob("*.safetensors")))
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
    outside = disk(replace(config, pretrain=replace(config.pretrain, steps=0)))
    assert sizes[1] == pytest.approx(outside.checkpoint, rel=0.02)
    assert sizes[0] == pytest.approx(outside.checkpoint / 3, rel=0.02)
    held = disk(replace(config, zero=replace(config.zero, kl_coef=0.1)))  # near a reference
    assert sizes[2] == pytest.approx(held.checkpoint, rel=0.02)
    assert outside.kept == pytest.approx(4 * outside.checkpoint + outside.checkpoint / 3)
    assert disk(config).kept == pytest.approx(7 * outside.checkpoint)
    assert (outside.saves, outside.save_seconds) == (2, outside.checkpoint / DISK_RATE)


def test_the_sampler_has_a_whole_model_and_its_cache():
    config = recipes.get("h800_8")
    work = workload(config, 8, Assumptions())
    found = memory.sampling(config, 8, work)
    assert found["replica"] == 2 * parameters(config.model)
    row = (config.zero.max_new_tokens + 150) * cache_bytes(config.model)
    assert found["KV cache"] == 64 * row
    # bfloat16 logits; in float32 their copy, log-softmax, powers and sums.
    assert found["next token's logits"] == 64 * config.model.vocab_size * (2 + 4 * 4)
    assert memory.sampling(Config(), 1, workload(Config(), 1, Assumptions()))["replica"] == 0


def test_the_batch_of_an_update_is_what_collate_makes():
    """One rollout fills the longest place; the others are padded to it, experts too."""
    config, a = recipes.get("gpu_24gb"), Assumptions()
    work, model = workload(config, 1, a), config.model
    rows = work.rollouts // config.zero.minibatches
    shape = (model.n_moe_layers, 0, model.n_activated_experts)
    lengths = [work.longest - a.prompt_tokens] + [1] * (rows - 1)
    batch = collate(
        [
            Rollout(
                prompt_ids=[0] * a.prompt_tokens,
                completion_ids=[1] * count,
                logprobs=[-1.0] * count,
                stop_reason="eos",
                experts=torch.zeros(shape, dtype=torch.int16),
            )
            for count in lengths
        ],
        [1.0] * rows,
    )
    tensors = [getattr(batch, field.name) for field in fields(batch)]
    found = sum(tensor.element_size() * tensor.numel() for tensor in tensors)
    assert found == pytest.approx(memory.batch(config, work), rel=1.01 / work.longest)
    paper = peaks(recipes.get("paper"), 512, a)["training"]
    assert paper["batch"] > 2 * 58 * 8 * 512 * 65_536  # its experts alone


def test_gradients_are_held_while_it_trains_and_spent_when_it_samples():
    found = peaks(recipes.get("h800_8"), 8, Assumptions())
    assert "gradients" in found["training"] and "gradients" not in found["sampling"]
    assert found["sampling"]["Adam"] == found["training"]["Adam"]


def test_rows_travel_six_times_with_recomputation():
    """The all-to-all of one pass at V3's shape, as a dry run on 2,048 ranks counted it."""
    v3 = recipes.get("paper")
    once = traffic.one_pass(v3, 2048, 4096)
    assert once.all_to_all == 58 * 6 * 4096 * 8 * 7168 * 2
    kept = replace(v3, parallel=replace(v3.parallel, activation_checkpointing=False))
    assert traffic.one_pass(kept, 2048, 4096).all_to_all == once.all_to_all * 4 / 6


def test_one_machine_needs_no_network():
    config = recipes.get("h800_8")
    work = workload(config, 8, Assumptions())
    assert traffic.by_link(config, 8, work)["network"] == 0
    assert traffic.by_link(config, 8, work)["nvlink"] > 0
    assert traffic.by_link(config, 16, workload(config, 16, Assumptions()))["network"] > 0
    one = recipes.get("gpu_1")
    assert set(traffic.by_link(one, 1, workload(one, 1, Assumptions())).values()) == {0.0}


def test_all_weights_reach_each_sampler():
    """Experts too, from all of their owners: whole tensors, four bytes a number, and padding."""
    config = recipes.get("h800_8")
    assert config.parallel.expert_parallel == 8
    every = 4 * parameters(config.model)
    assert traffic.replica(config, 8) == pytest.approx(every, rel=1e-3)
    assert traffic.replica(config, 1) == 0


def test_a_decode_step_reads_what_its_rows_use():
    """One row reads its own experts, a thousand read all of them, and each row reads its cache."""
    config, a = recipes.get("h800_8"), Assumptions()
    slow = replace(H800, memory_rate=1e9)  # so that reading is what takes time
    cache = cache_bytes(config.model)
    for rows, weights in ((1, active_parameters(config.model)), (1000, parameters(config.model))):
        read = 2 * weights + rows * 500.0 * cache
        assert hours.decode_step(config, slow, rows, 500.0, a) == pytest.approx(read / 0.5e9)


def test_a_base_of_our_own_by_hand():
    config, a = recipes.get("laptop"), Assumptions()
    tokens = config.pretrain.steps * config.pretrain.sequences_per_step * a.document_tokens
    seconds = tokens * training_flops(config.model, a.document_tokens / 2) / (4 * 989e12 * 0.15)
    assert hours.base_hours(config, H800, 4, a) == pytest.approx(seconds / 3600)


def test_sampling_waits_for_the_longest_and_training_scales():
    config, a = recipes.get("h800_8"), Assumptions()
    eight, sixteen = (hours.step_seconds(config, H800, n, a) for n in (8, 16))
    assert sixteen["compute"] == pytest.approx(eight["compute"] / 2)
    assert sixteen["sampling"] == pytest.approx(eight["sampling"] / 2)  # one round of two is left
    longer = replace(config, zero=replace(config.zero, max_new_tokens=6144))
    assert hours.step_seconds(longer, H800, 8, a)["sampling"] > 1.8 * eight["sampling"]


def test_each_mini_batch_has_passes_of_its_own():
    """1,024 rollouts of 400 tokens on 8 GPUs: 51,200 tokens a GPU, of which a pass takes 30,000."""
    zero = replace(Config().zero, questions_per_step=64, group_size=16, max_new_tokens=200)
    assumed = Assumptions(mean_length_share=1.0, prompt_tokens=200)
    for minibatches, passes in ((1, 2), (4, 4), (8, 8)):
        optim = replace(zero.optim, micro_batch_tokens=30_000)
        config = replace(Config(), zero=replace(zero, minibatches=minibatches, optim=optim))
        assert workload(config, 8, assumed).micro_batches == passes


def test_a_reference_is_a_third_more():
    """Forward and backward are three passes, and the reference's forward is a fourth."""
    config = recipes.get("h800_8")
    work = workload(config, 8, Assumptions())
    judged = replace(config, zero=replace(config.zero, kl_coef=0.1))
    alone, held = (hours.training_flops(one, work) for one in (config, judged))
    assert held == pytest.approx(alone * 4 / 3)


def test_the_budget_of_tokens_follows_its_schedule():
    paper, a = recipes.get("paper"), Assumptions()
    assert (paper.zero.length_schedule, paper.zero.steps) == (((512, 65536),), 650)
    before, after = (hours.step_seconds(paper, H800, 512, a, n) for n in (32768, 65536))
    for part, found in hours.rl_hours(paper, H800, 512, a).items():
        assert found == pytest.approx((512 * before[part] + 138 * after[part]) / 3600)
    short = replace(paper, zero=replace(paper.zero, length_schedule=()))
    assert hours.rl_hours(paper, H800, 512, a)["sampling"] > (
        hours.rl_hours(short, H800, 512, a)["sampling"] * 1.15
    )


@pytest.mark.parametrize("name", ["gpu_24gb", "gpu_1", "h800_8"])
def test_the_recipes_fit_their_chips(name):
    config = recipes.get(name)
    assert too_much(config, chip(config.gpu), config.gpus, Assumptions()) == {}
    assert cure(config, chip(config.gpu), config.gpus, Assumptions()) == []
    assert config.dollars_per_hour == config.gpus * chip(config.gpu).dollars_per_hour
    found = plan(config, chip(config.gpu))
    if config.max_dollars:
        assert found.dollars < config.max_dollars
    assert "fits" in headline(found)


def test_a_tenth_of_the_memory_is_left_alone():
    config, a = recipes.get("h800_8"), Assumptions()
    peak = max(sum(kinds.values()) for kinds in peaks(config, 8, a).values())
    assert too_much(config, replace(H800, memory=peak / 0.89), 8, a) == {}
    (over,) = too_much(config, replace(H800, memory=peak / 0.91), 8, a).values()
    assert over == pytest.approx(peak * (1 - 0.9 / 0.91))


def test_evaluations_by_hand():
    """50 steps have a small one on the way, after 25; the base's and the last are whole."""
    config, a = recipes.get("h800_8"), Assumptions()
    dials = {"every": 25, "every_problems": 64, "problems": 128, "samples": 4, "batch_size": 8}
    config = replace(
        config, zero=replace(config.zero, steps=50), eval=replace(config.eval, **dials)
    )
    longest = config.eval.max_new_tokens
    a_round = longest * hours.decode_step(config, H800, 8, longest / 2, a)
    rounds = 64 / 8 / 8 + 2 * (128 * 4 / 8 / 8)  # of 8 side by side on each of 8 GPUs
    assert hours.evaluation_hours(config, H800, 8, a) == pytest.approx(rounds * a_round / 3600)


def test_the_nearest_change_makes_it_fit():
    config = recipes.get("h800_8")
    wide = replace(config, zero=replace(config.zero, rollout_batch=0, questions_per_step=128))
    assert "sampling" in too_much(wide, H800, 8, Assumptions())
    assert cure(wide, H800, 8, Assumptions()) == ["--zero.rollout-batch 128"]
    small = replace(config, zero=replace(config.zero, rollout_batch=64))
    assert not too_much(small, H800, 8, Assumptions())
    assert cure(recipes.get("paper"), H800, 512, Assumptions()) is None


def test_a_peak_is_the_sum_of_its_kinds_and_they_are_never_negative():
    for name in RECIPES:
        config = recipes.get(name)
        for kinds in peaks(config, config.gpus, Assumptions()).values():
            assert all(size >= 0 for size in kinds.values()), (name, kinds)


def test_the_command(capsys):
    assert main(["plan", "h800_8", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"] == 15_960_108_544 and found["gpus"] == 8
    assert found["dollars"] == pytest.approx(found["total_hours"] * 16)
    assert main(["plan", "h800_8", "--gpus", "16", "--gpu", "h100", "--price", "3"]) == 0
    assert "16 x h100" in capsys.readouterr().out
    assert main(["plan", "paper"]) == 0
    printed = capsys.readouterr().out
    assert "must sample" in printed and "33 saves (--zero.save-every), of 894.7 minutes" in printed
    assert main(["plan", "laptop"]) == 0
    assert "names no chip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--gpu", "h801"], "--gpu = 'h801' is not known"),
        (["--gpus", "12"], "divisor of the 12 GPUs"),
        (["--gpus", "0"], "gpus"),
        (["--price", "-1"], "--price = -1.0"),
        (["--price", "inf"], "--price = inf"),
    ],
)
def test_bad_input_is_one_line(words, message, capsys):
    assert main(["plan", "h800_8", *words]) == 2
    assert message in capsys.readouterr().err
