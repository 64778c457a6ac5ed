# %%
def token_mean(peers, losses, mask):
    everyone = sum(peers.gather(mask.sum().item()))
    return (losses * mask).sum().item() / everyone if everyone else 0.0


# %%
def token_mean(peers, losses, mask):
    sums = peers.gather((float(losses[mask].sum()), int(mask.sum())))
    tokens = sum(count for _, count in sums)
    return sums[peers.rank][0] / max(tokens, 1)


# %%
import torch


def token_mean(peers, losses, mask):
    mine = mask.sum()
    tokens = torch.stack(peers.gather(mine)).sum()
    share = mine / tokens.clamp_min(1)
    own = losses[mask].mean() if mine else torch.tensor(0.0)
    return float(own * share)
