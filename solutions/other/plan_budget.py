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
