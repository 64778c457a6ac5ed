# %%
import torch


def draw(logits, u, temperature):
    logp = (logits / (temperature or 1.0)).double().log_softmax(-1)
    if temperature:
        cdf = logp.exp().cumsum(-1)
        tokens = torch.searchsorted(cdf, (u.double() * cdf[:, -1])[:, None], right=True)[:, 0]
        tokens = tokens.clamp(max=logits.shape[1] - 1)
    else:
        tokens = logits.max(-1).indices
    return tokens, logp[torch.arange(len(tokens)), tokens].float()


# %%
import math

import torch


def draw(logits, u, temperature):
    tokens, logprobs = [], []
    for row, number in zip(logits.tolist(), u.tolist(), strict=True):
        scaled = [x / temperature for x in row] if temperature else row
        top = max(scaled)
        chances = [math.exp(x - top) for x in scaled]
        total = sum(chances)
        if temperature:
            left, token = number * total, 0
            while token < len(row) - 1 and left >= chances[token]:
                left -= chances[token]
                token += 1
        else:
            token = row.index(max(row))
        tokens.append(token)
        logprobs.append(math.log(chances[token] / total))
    return torch.tensor(tokens), torch.tensor(logprobs)
