# %%
from minir1.model.count import active_parameters, cache_bytes, forward_flops, parameters


def decode_step(config, chip, rows, context, a):
    size = 2 if config.parallel.dtype == "bfloat16" else 4
    used = rows * active_parameters(config.model)
    if used > parameters(config.model):
        used = parameters(config.model)
    bytes_read = used * size + rows * context * cache_bytes(config.model, size)
    limits = [
        config.model.n_layers * a.layer_overhead_s,
        bytes_read / chip.memory_rate / a.memory_efficiency,
        rows * forward_flops(config.model, context, "absorbed") / chip.flops / a.training_mfu,
    ]
    return sorted(limits)[-1]


# %%
def decode_step(config, chip, rows, context, a):
    from minir1.model import count
    from minir1.plan.memory import number_bytes

    m, b = config.model, number_bytes(config)
    start = a.layer_overhead_s * m.n_layers
    read = min(count.parameters(m), rows * count.active_parameters(m)) * b
    read = (read + count.cache_bytes(m, b) * context * rows) / a.memory_efficiency
    work = count.forward_flops(m, context, "absorbed") * rows / a.training_mfu
    slow = max(read / chip.memory_rate, work / chip.flops)
    return slow if slow > start else start
