# %%
import torch


def weights(self, scores, experts):
    picked = torch.gather(scores, 1, experts)
    if self.config.norm_topk_prob:
        picked = torch.nn.functional.normalize(picked, p=1, dim=1)
    return self.config.route_scale * picked


# %%
import torch


def weights(self, scores, experts):
    one_hot = torch.nn.functional.one_hot(experts, scores.shape[1]).to(scores)
    picked = (one_hot * scores[:, None]).sum(-1)
    total = picked.sum(1, keepdim=True) if self.config.norm_topk_prob else 1.0
    return picked * (self.config.route_scale / total)
