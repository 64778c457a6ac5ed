"""The transformer in the shape of DeepSeek-V3: norm, rope, attention, router, experts.

In the order in which it is best read, from the whole to the parts:

    transformer.py    token ids in, a score for every possible next token out
    block.py          attention, then an MLP or experts, beside the residual stream
    norm.py           RMSNorm
    rope.py           a token's position as an angle
    yarn.py           the angles stretched, for long contexts
    gqa.py            attention whose heads share keys and values
    mla.py            attention from one small latent, as DeepSeek has it
    cache.py          what attention must remember
    mlp.py            SwiGLU, and the shape of every expert
    moe.py            a mixture of experts
    router.py         which experts a token goes to
    balance.py        how they are kept equally busy
    dispatch.py       tokens to their experts and back; kernels do the same faster
    mtp.py            extra layers that guess further ahead
    packing.py        sequences end to end, without empty places
    traced.py         what a compiler can't read, said again
    compiler.py       what compiling needs of this machine
    count.py          parameters, FLOPs and bytes, from the config alone

`hub/` reads and writes Hugging Face folders and GGUF files.
"""

from minir1.model.balance import balance_loss as balance_loss
from minir1.model.balance import update_bias as update_bias
from minir1.model.cache import KVCache as KVCache
from minir1.model.router import Routing as Routing
from minir1.model.transformer import Transformer as Transformer
