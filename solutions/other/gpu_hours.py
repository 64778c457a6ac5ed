# %%
def gpu_hours(model, sequence, tokens, peak, utilisation):
    from minir1.plan.training_time import flops_a_token

    tokens_an_hour = 3600 * peak * utilisation / flops_a_token(model, sequence)
    return tokens / tokens_an_hour


# %%
from minir1.model.count import training_flops


def gpu_hours(model, sequence, tokens, peak, utilisation):
    return training_flops(model, sequence / 2) * tokens / peak / utilisation / 60**2
