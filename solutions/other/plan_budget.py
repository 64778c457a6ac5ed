# %%
from dataclasses import replace

from minir1 import recipes
from minir1.plan.chips import chip
from minir1.plan.hours import hours
from minir1.plan.workload import Assumptions


def plan_budget(dollars):
    """The same chips, but halving the interval of steps."""
    config, one = recipes.get("h800_8"), chip("h100")
    low, high = 100, 20_000

    def time(steps):
        zero = replace(config.zero, steps=steps, max_new_tokens=512)
        return sum(hours(replace(config, zero=zero), one, 8, Assumptions()).values())

    for _ in range(10):
        middle = (low + high) // 2
        if time(middle) * 8 * one.dollars_per_hour <= dollars:
            low = middle
        else:
            high = middle
    return {"gpu": "h100", "gpus": 8, "steps": low, "max_new_tokens": 512, "hours": time(low)}


# %%
def plan_budget(dollars):
    """Longer answers when there is more money."""
    from dataclasses import replace

    from minir1 import recipes
    from minir1.plan.chips import chip
    from minir1.plan.recipe import plan

    longest = 768 if dollars < 200 else 2048
    config = recipes.get("h800_8")
    zero = replace(config.zero, steps=100, max_new_tokens=longest)
    hundred = plan(replace(config, zero=zero), chip("h800"), 8)
    steps = int(90 * dollars / hundred.dollars)
    hours = hundred.total_hours * steps / 100
    return {
        "gpu": "h800", "gpus": 8, "steps": steps, "max_new_tokens": longest, "hours": hours,
    }  # fmt: skip


# %%
def plan_budget(dollars):
    """Of all chips that hold it, eight or sixteen of them, those whose hundred steps cost least."""
    from dataclasses import replace

    from minir1 import recipes
    from minir1.plan.chips import CHIPS
    from minir1.plan.recipe import plan

    config = recipes.get("h800_8")
    config = replace(config, zero=replace(config.zero, steps=100, max_new_tokens=640))
    choices = [plan(config, one, gpus) for one in CHIPS for gpus in (8, 16)]
    best = min((one for one in choices if not one.too_much), key=lambda one: one.dollars)
    share = 0.9 * dollars / best.dollars
    return {
        "gpu": best.chip.name,
        "gpus": best.gpus,
        "steps": int(100 * share),
        "max_new_tokens": 640,
        "hours": best.total_hours * share,
    }
