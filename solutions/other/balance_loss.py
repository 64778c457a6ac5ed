# %%
import torch


def balance_loss(scores, experts, token_mask=None):
    n, k = scores.shape[-1], experts.shape[-1]
    mask = torch.ones(scores.shape[:2]) if token_mask is None else token_mask.float()
    length = mask.sum(1).clamp_min(1)
    chosen = torch.zeros_like(scores).scatter(2, experts, 1.0)
    f = n / k * (chosen * mask[..., None]).sum(1) / length[:, None]
    p = (scores / scores.sum(2, keepdim=True) * mask[..., None]).sum(1) / length[:, None]
    return (f * p).sum() / (mask.sum(1) > 0).sum().clamp_min(1)


# %%
import torch


def balance_loss(scores, experts, token_mask=None):
    B, T, E = scores.shape
    K = experts.shape[2]
    total, rows = torch.zeros((), dtype=torch.float64), 0
    for b in range(B):
        tokens = [t for t in range(T) if token_mask is None or bool(token_mask[b, t])]
        if not tokens:
            continue
        rows += 1
        for i in range(E):
            f = E / (K * len(tokens)) * sum(i in experts[b, t].tolist() for t in tokens)
            p = sum(scores[b, t, i].double() / scores[b, t].double().sum() for t in tokens) / len(
                tokens
            )
            total = total + f * p
    return (total / max(rows, 1)).float()
