"""A run's numbers as tables that are computed, so that a lesson's text can't go stale."""

from __future__ import annotations

from minir1.config import Config, ModelConfig
from minir1.lab.picture import Note, Table
from minir1.model.count import active_parameters, parameters
from minir1.run.jsonl import Row
from minir1.run.ledger import total
from minir1.run.report.patience import split, verdict
from minir1.run.report.reading import Run
from minir1.run.report.sections import before_and_after, price
from minir1.run.report.words import count, dollars, duration, percent, points

MEASURES = {
    "pass@1": "share of right answers",
    "length": "tokens a response",
    "checks": "checks a response",
    "tries": "tries a response",
    "first_try": "share of first tries that are right",
}


def gains(run: Run) -> Table:
    """What RL changed on the held-out problems, each number with its 95% interval."""
    rows = []
    for one in before_and_after(run, MEASURES):
        base, final = one["base"], one["final"]
        times = f"{final['value'] / base['value']:.1f}" if base["value"] else ""
        rows.append((one["label"], *(_measured(end) for end in (base, final)), times))
    return Table(("held out", "base", "after RL", "times"), rows)


def _measured(one: dict[str, float]) -> str:
    return f"{one['value']:.3g} ({one['low']:.3g} to {one['high']:.3g})"


def patience_or_insight(run: Run) -> Note:
    """Where base and policy stand against blind search, and what the gain consists of."""
    before, after = (run.evaluations[name]["insight"] for name in ("base", "final"))
    gain, blind = split(before, after), percent(before["blind_at_same_tries"])
    return Note(
        f"The base solves {percent(gain.before)} with {before['tries']:.1f} tries; blind search "
        f"with as many tries solves {blind}. {verdict(after)}\n\n"
        f"The gain is {points(gain.gain)} points: {points(gain.patience)} by making more tries, "
        f"{points(gain.insight)} by wasting fewer of them or by aiming better."
    )


def bill(run: Run) -> Table:
    """What the run cost, from its ledger, and R1-Zero's published price below it."""
    found = price(run)
    if found is None:
        raise ValueError(f"{run.folder} has no ledger, so there is no bill")
    works: dict[str, list[Row]] = {}
    for row in run.ledger:
        works.setdefault(row["stage"].split()[0], []).append(row)
    sums = {name: total(rows) for name, rows in works.items()} | {"**all**": found["total"]}
    rows = [
        (name, duration(one["seconds"]), count(one["tokens_trained"]), dollars(one["dollars"]))
        for name, one in sums.items()
    ]
    hours, cost = found["r1_zero"].split(" and ")
    rows.append(("R1-Zero, RL alone (its paper, B.4.4)", hours, "", cost))
    return Table(("work", "time", "tokens trained", "price"), rows)


def deepseek_v3() -> ModelConfig:
    """The shape of DeepSeek-V3 (arXiv 2412.19437, section 4.2), the base of R1-Zero."""
    return ModelConfig(
        vocab_size=129_280, dim=7168, n_layers=61, n_dense_layers=3, inter_dim=18_432,
        moe_inter_dim=2048, n_heads=128, q_lora_rank=1536, kv_lora_rank=512,
        qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, n_routed_experts=256,
        n_shared_experts=1, n_activated_experts=8, n_expert_groups=8, n_limited_groups=4,
        route_scale=2.5, tie_embeddings=False,
    )  # fmt: skip


def beside_r1_zero(run: Run) -> Table:
    """The recipe of a run beside R1-Zero's (arXiv 2501.12948v2, section 2.1 and its supplement)."""
    config, giant = run.config, deepseek_v3()
    zero = config.zero
    rollouts = zero.questions_per_step * zero.group_size
    rows = [
        ("weights, active a token", *(_weights(model) for model in (config.model, giant))),
        ("routed experts, used a token", *(_experts(model) for model in (config.model, giant))),
        ("group size", zero.group_size, 16),
        ("rollouts at a time", f"{rollouts:,}", "8,192"),
        ("updates made from them", zero.minibatches, 16),
        ("updates in all", f"{zero.steps * zero.minibatches:,}", "10,400"),
        ("longest completion, tokens", f"{zero.max_new_tokens:,}", "32,768, then 65,536"),
        ("learning rate", f"{zero.optim.lr:g}", "3e-06"),
        ("weight of the KL term", f"{zero.kl_coef:g}", "0.001"),
        ("reward", _reward(config), "accuracy + format"),
        ("machine", _machine(run), "512 H800"),
    ]
    return Table(("", f"`{config.name}`", "R1-Zero"), rows)


def _machine(run: Run) -> str:
    device = run.ledger[-1]["device"]
    threads = device.get("threads", 1)
    unit = "core" if threads == 1 else "cores"
    return f"{threads} {unit} of {device['name']}"


def _weights(model: ModelConfig) -> str:
    return f"{count(parameters(model))}, {count(active_parameters(model))}"


def _experts(model: ModelConfig) -> str:
    return f"{model.n_routed_experts}, {model.n_activated_experts}"


def _reward(config: Config) -> str:
    weights = config.zero.reward
    return " + ".join(name for name in ("accuracy", "format") if getattr(weights, name))
