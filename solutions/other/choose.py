# %%
import torch


def choose(self, scores):
    c = self.config
    s = scores.detach() + self.e_score_correction_bias
    if c.n_expert_groups > 1:
        grouped = s.view(len(s), c.n_expert_groups, -1)
        best = grouped.topk(2).values.sum(-1).topk(c.n_limited_groups).indices
        keep = torch.zeros(len(s), c.n_expert_groups, dtype=torch.bool).scatter_(1, best, True)
        s = s.masked_fill(~keep.repeat_interleave(grouped.shape[-1], dim=1), -torch.inf)
    return s.argsort(dim=-1, descending=True)[:, : c.n_activated_experts]


# %%
import numpy as np


def choose(self, scores):
    c = self.config
    s = (scores + self.e_score_correction_bias).detach().numpy().copy()
    n = s.shape[1] // c.n_expert_groups
    if c.n_expert_groups > 1:
        for row in s:
            strength = [
                np.sort(row[g * n : g * n + n])[-2:].sum() for g in range(c.n_expert_groups)
            ]
            for closed in np.argsort(strength)[: c.n_expert_groups - c.n_limited_groups]:
                row[closed * n : closed * n + n] = -1e9
    return np.argsort(-s, axis=1)[:, : c.n_activated_experts].copy()
