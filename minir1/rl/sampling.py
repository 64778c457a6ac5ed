"""Drawing the next token, reproducibly.

Every rollout has a key made from (seed, step, prompt, sample). The random number of its
token at position t is a hash of (key, t), so a rollout does not depend on which other
rollouts share its batch, nor on how many tokens were drawn before. The hash is splitmix64
(Steele, Lea and Flood, 2014): a counter times an odd constant, then two mixing rounds.

A token is drawn by inverting the cumulative distribution: the first token whose cumulative
probability is above u. With p = (.5, .3, .2), u = .6 gives token 1.
"""

import hashlib

import torch
from jaxtyping import Float, Int
from torch import Tensor

GOLDEN = -0x61C8864680B583EB  # 0x9E3779B97F4A7C15 as a signed 64-bit number
MIX_1 = -0x40A7B892E31B1A47  # 0xBF58476D1CE4E5B9
MIX_2 = -0x6B2FB644ECCEEE15  # 0x94D049BB133111EB


def row_key(seed: int, step: int, prompt: int, sample: int) -> int:
    """The 64-bit key of one rollout."""
    name = f"{seed}/{step}/{prompt}/{sample}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def _xor_shift(z: Tensor, bits: int) -> Tensor:
    return z ^ ((z >> bits) & ((1 << (64 - bits)) - 1))  # a logical shift, not an arithmetic one


def uniforms(keys: Int[Tensor, "B"], positions: Int[Tensor, "B"]) -> Float[Tensor, "B"]:
    """One number in [0, 1) for each (key, position), with 24 random bits."""
    z = keys + (positions + 1) * GOLDEN
    z = _xor_shift(z, 30) * MIX_1
    z = _xor_shift(z, 27) * MIX_2
    z = _xor_shift(z, 31)
    return ((z >> 40) & 0xFFFFFF).to(torch.float32) * 2.0**-24


def draw(
    logits: Float[Tensor, "B V"], u: Float[Tensor, "B"], temperature: float
) -> tuple[Int[Tensor, "B"], Float[Tensor, "B"]]:
    """Tokens and their log-probabilities under the distribution they were drawn from.

    Temperature 0 takes the most likely token; its log-probability is the one at temperature 1.
    """
    logits = logits.float()
    logprobs = torch.log_softmax(logits / temperature if temperature else logits, dim=-1)
    if temperature:
        cumulative = logprobs.exp().cumsum(-1)
        threshold = u[:, None] * cumulative[:, -1:]  # the last sum is 1 only up to rounding
        tokens = (cumulative <= threshold).sum(-1).clamp_max(logits.shape[-1] - 1)
    else:
        tokens = logits.argmax(-1)
    return tokens, logprobs.gather(-1, tokens[:, None])[:, 0]
