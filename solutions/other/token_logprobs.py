# %%
import torch
from torch.nn import functional as F


def token_logprobs(model, batch, temperature=1.0, routing=None):
    logits = model.head(model.hidden(batch.inputs, routing=routing)) / temperature
    nll = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="none")
    entropy = torch.distributions.Categorical(logits=logits).entropy()
    mask = batch.loss_mask.float()
    return -nll.view(mask.shape) * mask, entropy.detach() * mask


# %%
import torch


def token_logprobs(model, batch, temperature=1.0, routing=None):
    hidden = model.hidden(batch.inputs, routing=routing)
    chosen, entropy = torch.zeros(batch.inputs.shape), torch.zeros(batch.inputs.shape)
    for b, t in batch.loss_mask.nonzero().tolist():
        z = model.head(hidden[b, t][None])[0].double() / temperature
        logp = z - z.logsumexp(0)
        chosen[b, t] = logp[batch.targets[b, t]]
        entropy[b, t] = -(logp.exp() * logp).sum().detach()
    return chosen, entropy
