# %%
from minir1.plan.units import layout


def held(config, processes):
    units = layout(config.model, config.parallel, processes)
    numbers = sum(u.copies * (u.whole // u.group) for u in units)
    four = 0.0 if config.parallel.offload_optimizer else 4.0 * numbers
    found = {"weights, float32": four, "gradients": four, "Adam": 2 * four}
    return found | ({"reference": four} if config.zero.kl_coef else {})


# %%
def held(config, processes):
    from minir1.plan.units import layout

    here = 0 if config.parallel.offload_optimizer else 1
    total = dict.fromkeys(["weights, float32", "gradients", "Adam", "reference"], 0.0)
    for unit in layout(config.model, config.parallel, processes):
        for name in total:
            total[name] += here * unit.copies * unit.local * (8 if name == "Adam" else 4)
    if not config.zero.kl_coef:
        del total["reference"]
    return total
