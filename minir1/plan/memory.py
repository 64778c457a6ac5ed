"""Bytes of one GPU, by kind, at the two peaks of a step: while it samples and while it trains.

    at all times   weights 4, Adam's two moments 8          bytes a number that is held (float32),
                   and 4 for the reference if there is one
    sampling       the whole model (replica), the KV cache, the logits of the next token
    training       gradients 4, activations, logits, the units that are gathered, the gradients
                   in flight, the sequences of one update

Training has two moments that can be its peak, and the larger one counts:

    at the head    what all blocks keep, the logits, the root unit
    in a block     what all blocks keep, one block computed again, its unit and its gradients

Activations are what the backward pass needs of the forward pass; the functions below add up the
tensors that autograd keeps in `model/`, in the order in which the code makes them, with an
attention kernel that keeps no scores (a GPU's). `dry_run.py` finds the same numbers by running
that code on tensors without data.

The allocator's gaps, NCCL's buffers and the kernels' own workspace are not in it: leave RESERVE.
"""

from __future__ import annotations

from minir1.config import Config, ModelConfig
from minir1.model.count import cache_bytes, parameters
from minir1.plan.units import Unit, layout
from minir1.plan.workload import Workload

RESERVE = 0.1
"""Share of a GPU's memory that is left to the allocator and to buffers (an assumption)."""


def number_bytes(config: Config) -> int:
    """Bytes of a number that matrices compute with."""
    return 2 if config.parallel.dtype == "bfloat16" else 4


def held(config: Config, processes: int) -> dict[str, float]:
    """What a process holds at all times, and the gradients that it holds while it trains."""
    local = sum(u.copies * u.local for u in layout(config.model, config.parallel, processes))
    state = {"weights, float32": 4.0 * local, "gradients": 4.0 * local, "Adam": 8.0 * local}
    if config.parallel.offload_optimizer:
        state = dict.fromkeys(state, 0.0)  # all three lie in the host's memory
    if config.zero.kl_coef:
        state["reference"] = 0.0 if config.parallel.offload_optimizer else 4.0 * local
    return state


def sampling(config: Config, processes: int, work: Workload) -> dict[str, float]:
    """What sampling adds. One process in float32 samples from the weights that it trains."""
    shared = processes > 1 or config.parallel.dtype != "float32" or (
        config.parallel.offload_optimizer
    )  # fmt: skip
    size = number_bytes(config)
    rows = work.rollouts_at_once
    return {
        "replica": float(size * parameters(config.model)) if shared else 0.0,
        "KV cache": float(rows * work.longest * cache_bytes(config.model, size)),
        # The logits, their float32 copy, the log-probabilities, their sums and their powers.
        "next token's logits": float(rows * config.model.vocab_size * (size + 4 * 4)),
    }


def training(config: Config, processes: int, work: Workload) -> dict[str, float]:
    """What training adds, at the moment when the most of it is there."""
    peak = peak_of_pass(config, processes, work.micro_batch_tokens, work.fused_logits)
    return peak | {"batch": batch(config, work)}


def batch(config: Config, work: Workload) -> float:
    """The sequences of one update, padded to the longest: each process has all of them.

    A place has two ids, two masks, three numbers (rl/types.py) and the experts that were chosen
    for it, 16 bits each.
    """
    model, rows = config.model, -(-work.rollouts // config.zero.minibatches)
    experts = model.n_moe_layers * model.n_activated_experts
    return float(rows * work.longest * (2 * 8 + 2 * 1 + 3 * 4 + 2 * experts))


def peak_of_pass(config: Config, processes: int, tokens: int, fused: bool) -> dict[str, float]:
    """What one pass adds, at the head or in a block, whichever is more."""
    size, units = number_bytes(config), layout(config.model, config.parallel, processes)
    kept, again = activations(config, tokens)
    head = {
        "activations": kept,
        "logits": logits(config, tokens, fused),
        "gathered units": float(size * sum(u.whole for u in units if u.kind == "root")),
    }
    block = {
        "activations": kept + again,
        "logits": logits(config, 0, fused),  # a gradient of the vocabulary is there to the end
        "gathered units": gathered(units, size),
    }
    return max(head, block, key=lambda kinds: sum(kinds.values()))


def logits(config: Config, tokens: int, fused: bool) -> float:
    """Logits in float32, their log-softmax, its powers and the products for the entropy.

    The logprob kernel never has them all at once; it keeps one number a token and the gradient
    of the vocabulary, in float32.
    """
    if fused:
        return 4.0 * config.model.vocab_size * config.model.dim
    return 16.0 * tokens * config.model.vocab_size


def activations(config: Config, tokens: int) -> tuple[float, float]:
    """What all blocks keep, and what one that is computed again adds.

    With checkpointing, a block keeps its input and forgets the rest.
    """
    model, size = config.model, number_bytes(config)
    dense = model.n_layers - model.n_moe_layers
    kinds = [(dense, dense_block(model, size))]
    if model.n_moe_layers:
        kinds.append((model.n_moe_layers, moe_block(model, size, config.parallel.expert_parallel)))
    ends = norm(model.dim, size)  # the last norm
    if config.parallel.activation_checkpointing:
        most = max(numbers for count, numbers in kinds if count)
        return float(tokens * (model.n_layers * size * model.dim + ends)), float(tokens * most)
    return float(tokens * (sum(count * numbers for count, numbers in kinds) + ends)), 0.0


def norm(width: int, size: int) -> int:
    """Bytes a token: the norm's input in float32, its unit vector, and its output."""
    return width * (4 + 2 * size)


def attention(model: ModelConfig, size: int) -> int:
    """Bytes a token that attention keeps, beside its own input."""
    heads = model.n_heads
    if model.attention == "gqa":
        q, kv = heads * model.head_dim, model.n_kv_heads * model.head_dim
        norms = (q + kv) * (4 + size) if model.qk_norm else 0
        return size * (2 * q + 2 * kv) + 4 * heads + norms
    qk, v = model.qk_nope_head_dim + model.qk_rope_head_dim, model.v_head_dim
    latent = norm(model.kv_lora_rank, size) + size * model.qk_rope_head_dim
    query = norm(model.q_lora_rank, size) if model.q_lora_rank else 0
    # Queries and keys of all heads, expanded latents, what the heads found, and a sum a head.
    expanded = size * heads * (2 * qk + model.qk_nope_head_dim + v + v)
    return query + latent + expanded + 4 * heads


def mlp(width: int, size: int) -> int:
    """Bytes a token: gate, up, silu(gate) and the product of the two."""
    return 4 * size * width


def dense_block(model: ModelConfig, size: int) -> int:
    """Bytes a token that a block with one MLP keeps."""
    return 2 * norm(model.dim, size) + attention(model, size) + mlp(model.inter_dim, size)


def moe_block(model: ModelConfig, size: int, owners: int) -> int:
    """Bytes a token that a block with experts keeps; what travels is kept at both ends."""
    wide = 4 * model.dim if size < 4 else 0  # the router reads float32
    routing = wide + 4 * 2 * model.n_routed_experts
    # A row as its expert gets it, what the expert says, what came back to the token's own process
    # (with owners), and that in the order of the tokens.
    ends = 4 if owners > 1 else 3
    row = size * ends * model.dim + mlp(model.moe_inter_dim, size)
    shared = mlp(model.n_shared_experts * model.moe_inter_dim, size)
    experts = model.n_activated_experts * row
    return 2 * norm(model.dim, size) + attention(model, size) + routing + experts + shared


def gathered(units: list[Unit], size: int) -> float:
    """The root and two blocks: the one that computes, and the next, which is on its way.

    A unit that one process has to itself is not gathered, but computes in `size` bytes as well.
    On top come the gradients of one block, in `size` and, to be summed, in float32.
    """
    root = sum(u.whole for u in units if u.kind == "root")
    largest = max((u.whole for u in units if u.kind == "block"), default=0)
    experts = max((u.whole for u in units if u.kind == "experts"), default=0)
    return float(size * root + 2 * size * (largest + experts) + (size + 4) * (largest + experts))
