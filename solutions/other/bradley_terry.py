# %%
import torch


def bradley_terry(chosen, rejected):
    both = torch.stack([chosen, rejected], -1)  # a choice between two is a softmax over two
    loss = -both.log_softmax(-1)[..., 0].mean()
    return loss, (chosen > rejected).float().mean().item()


# %%
import torch


def bradley_terry(chosen, rejected):
    loss = (torch.logaddexp(chosen, rejected) - chosen).mean()
    return loss, sum((chosen > rejected).tolist()) / len(chosen)
