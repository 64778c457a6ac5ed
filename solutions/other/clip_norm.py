# %%
def clip_norm(peers, gradients, max_norm):
    mine = sum(g.square().sum().item() for g in gradients)
    norm = sum(peers.gather(mine)) ** 0.5
    if norm <= max_norm:
        return norm, list(gradients)
    return norm, [g * (max_norm / norm) for g in gradients]


# %%
import torch


def clip_norm(peers, gradients, max_norm):
    norms = [g.norm() for g in gradients]
    own = torch.stack(norms).norm() if norms else torch.tensor(0.0)
    whole = torch.stack(peers.gather(own)).norm()
    scale = (max_norm / whole.clamp_min(1e-12)).clamp(max=1.0)
    return float(whole), [g * scale for g in gradients]


# %%
def clip_norm(peers, gradients, max_norm):
    import torch

    flat = torch.cat([g.flatten() for g in gradients])
    norm = float(torch.cat(peers.gather(flat)).norm())
    return norm, [g / max(1.0, norm / max_norm) for g in gradients]
