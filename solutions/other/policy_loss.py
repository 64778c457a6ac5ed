# %%
import torch

from minir1.rl.loss import PolicyLoss, k3, log_ratios


def policy_loss(
    logprobs,
    batch,
    *,
    clip_low=0.2,
    clip_high=0.28,
    ratio_level="token",
    kl_coef=0.0,
    ref_logprobs=None,
):
    r = log_ratios(logprobs, batch, ratio_level).exp()
    a, w = batch.advantages, batch.weights
    both = torch.stack([r * a, r.clamp(1 - clip_low, 1 + clip_high) * a])
    policy = -(both.min(dim=0).values * w).sum()
    kl = (
        (k3(logprobs, ref_logprobs, batch) * w).sum()
        if kl_coef and ref_logprobs is not None
        else policy.new_zeros(())
    )
    return PolicyLoss(
        total=policy + kl_coef * kl,
        policy=policy,
        kl=kl,
        low_clipped=((a < 0) * (r < 1 - clip_low)).float().sum(),
        high_clipped=((a > 0) * (r > 1 + clip_high)).float().sum(),
    )


# %%
import torch

from minir1.rl.loss import PolicyLoss, k3, log_ratios


def policy_loss(
    logprobs,
    batch,
    *,
    clip_low=0.2,
    clip_high=0.28,
    ratio_level="token",
    kl_coef=0.0,
    ref_logprobs=None,
):
    log_r = log_ratios(logprobs, batch, ratio_level)
    total, low, high = 0.0, 0, 0
    for b in range(log_r.shape[0]):
        for t in range(log_r.shape[1]):
            if not batch.loss_mask[b, t]:
                continue
            r, a = log_r[b, t].exp(), float(batch.advantages[b, t])
            if a > 0 and float(r) > 1 + clip_high:
                r, high = r.detach() * 0 + 1 + clip_high, high + 1
            elif a < 0 and float(r) < 1 - clip_low:
                r, low = r.detach() * 0 + 1 - clip_low, low + 1
            total = total - batch.weights[b, t] * r * a
    kl = torch.tensor(0.0)
    if kl_coef and ref_logprobs is not None:
        kl = (batch.weights * k3(logprobs, ref_logprobs, batch)).sum()
    return PolicyLoss(
        total + kl_coef * kl, total, kl, torch.tensor(float(low)), torch.tensor(float(high))
    )
