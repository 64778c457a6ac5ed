"""The transformer in the shape of DeepSeek-V3: norm, rope, attention, router, experts."""

from minir1.model.balance import balance_loss as balance_loss
from minir1.model.balance import update_bias as update_bias
from minir1.model.cache import KVCache as KVCache
from minir1.model.router import Routing as Routing
from minir1.model.transformer import Transformer as Transformer
