# %%
import torch


def k3(logprobs, ref_logprobs, batch):
    log_r = torch.where(batch.loss_mask, (ref_logprobs - logprobs).double(), 0.0)
    return (torch.exp(log_r) - 1 - log_r).clamp_min(0).float()


# %%
import torch


def k3(logprobs, ref_logprobs, batch):
    gap = torch.zeros_like(logprobs)
    inside = ref_logprobs[batch.loss_mask] - logprobs[batch.loss_mask]
    return gap.masked_scatter(batch.loss_mask, torch.special.expm1(inside) - inside)
