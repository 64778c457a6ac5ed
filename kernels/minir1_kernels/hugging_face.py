"""The kernels inside Hugging Face's models: an experts implementation called "minir1".

    from minir1_kernels.hugging_face import register
    register()
    model = AutoModelForCausalLM.from_pretrained(folder, experts_implementation="minir1")
    model.set_experts_implementation("minir1")           # or on a model that is loaded already

    transformers' MoE block              here
    router -> top_k_index, weights  -->  sort -> up -> down -> combine  -->  + shared expert

transformers keeps all experts as two stacks, [E 2F D] and [E D F], exactly as minir1 does, for
DeepSeek-V2 and V3, Qwen2, Qwen3, Mixtral, OLMoE, GLM-4 and more. A model whose experts have
biases, transposed stacks or another gate than SwiGLU is refused with the reason.

With transformers' expert parallelism, a row whose expert lives elsewhere has the id E: the sort
leaves it out, and it adds nothing.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minir1_kernels.contract import check_indices, launching_on
from minir1_kernels.moe import check_layer, run
from minir1_kernels.sort import sort

NAME = "minir1"

# What transformers notes on every experts module, and what the kernels can do.
LAYOUT = {
    "has_gate": (True, "no gate"),
    "has_bias": (False, "biases"),
    "is_transposed": (False, "transposed stacks"),
    "is_concatenated": (True, "gate and up interleaved"),
    "has_post_expert_norm": (False, "a norm after each expert"),
}


def register() -> str:
    """Make the implementation known to transformers; returns its name."""
    try:
        from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS
    except ImportError as error:
        raise ImportError("transformers is needed: pip install 'minir1[hub]'") from error
    ALL_EXPERTS_FUNCTIONS.register(NAME, experts_forward)
    return NAME


def experts_forward(
    module: torch.nn.Module,
    hidden_states: Float[Tensor, "N D"],
    top_k_index: Int[Tensor, "N K"],
    top_k_weights: Float[Tensor, "N K"],
) -> Float[Tensor, "N D"]:
    """What transformers calls in place of an experts module's own forward."""
    refuse_other_layouts(module)
    gate_up, down = module.get_parameter("gate_up_proj"), module.get_parameter("down_proj")
    x, idx, weight = (t.contiguous() for t in (hidden_states, top_k_index, top_k_weights))
    check_layer(x, idx, weight, gate_up, down)
    elsewhere = int(getattr(module, "_is_expert_parallel", False))
    check_indices("top_k_index", idx, 0, len(gate_up) + elsewhere)
    with launching_on(x):
        return run(x, weight, gate_up, down, sort(idx, len(gate_up)))


def refuse_other_layouts(module: torch.nn.Module) -> None:
    """A ValueError for experts that are not SwiGLU on two plain stacks."""
    found = [
        words for field, (want, words) in LAYOUT.items() if getattr(module, field, want) is not want
    ]
    gate = getattr(type(module), "_apply_gate", None)
    if gate is not None and gate.__module__ != "transformers.integrations.moe":
        found.append("a gate of its own")
    activation = type(getattr(module, "act_fn", None)).__name__
    if activation not in ("SiLU", "SiLUActivation"):
        found.append(f"the activation {activation}")
    if found:
        raise ValueError(
            f'experts_implementation = "{NAME}" can\'t run {type(module).__name__}: it has '
            f'{", ".join(found)}; use "grouped_mm" or "eager"'
        )
