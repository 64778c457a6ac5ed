# %%
import torch
from torch.nn import functional as F


def experts_torch(x, topk_idx, topk_weight, gate_up, down, splits=None):
    # Every expert sees every token; the weights of those not chosen are zero.
    dense = torch.zeros(len(x), len(gate_up)).scatter_add(1, topk_idx, topk_weight)
    gate, up = torch.einsum("nd,efd->nef", x, gate_up).chunk(2, dim=-1)
    out = torch.einsum("nef,edf->ned", F.silu(gate) * up, down)
    return (out * dense[..., None]).sum(1)


# %%
import torch


def experts_torch(x, topk_idx, topk_weight, gate_up, down, splits=None):
    rows = []
    half = gate_up.shape[1] // 2
    for n in range(len(x)):
        y = torch.zeros_like(x[n])
        for e, w in zip(topk_idx[n].tolist(), topk_weight[n], strict=True):
            gate, up = gate_up[e, :half] @ x[n], gate_up[e, half:] @ x[n]
            y = y + w * (down[e] @ (gate * torch.sigmoid(gate) * up))
        rows.append(y)
    return torch.stack(rows)
