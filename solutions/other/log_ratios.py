# %%
import torch


def log_ratios(logprobs, batch, level):
    mask = batch.loss_mask
    gap = (logprobs - batch.old_logprobs).masked_fill(~mask, 0)
    if level == "sequence":
        lengths = mask.sum(dim=1)
        gap = (gap.sum(dim=1) / lengths.clamp(min=1))[:, None].expand_as(gap) * mask
    return gap


# %%
import torch


def log_ratios(logprobs, batch, level):
    result = torch.zeros_like(logprobs)
    for b in range(logprobs.shape[0]):
        places = batch.loss_mask[b].nonzero()[:, 0]
        values = logprobs[b, places] - batch.old_logprobs[b, places]
        if level == "sequence" and len(places):
            values = values.mean().repeat(len(places))
        result = result.index_put((torch.full_like(places, b), places), values)
    return result
