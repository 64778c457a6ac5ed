# %%
def cache_width(config):
    widths = {
        "mla": config.kv_lora_rank + config.qk_rope_head_dim,
        "gqa": config.n_kv_heads * config.head_dim * 2,
    }
    return widths[config.attention]


# %%
def cache_width(config):
    is_mla = config.attention == "mla"
    keys = config.qk_rope_head_dim if is_mla else config.n_kv_heads * config.head_dim
    rest = config.kv_lora_rank if is_mla else keys
    return keys + rest
