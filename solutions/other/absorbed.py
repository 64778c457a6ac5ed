# %%
import torch


def absorbed(self, q_nope, q_rope, rows, visible):
    up = self.kv_b_proj.weight.unflatten(0, (self.n_heads, -1))
    q = torch.cat((torch.einsum("bthn,hnc->bthc", q_nope, up[:, : self.nope]), q_rope), dim=-1)
    scores = torch.einsum("bthw,bsw->bhts", q, rows) * self.scale
    if visible is None:
        causal = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(causal, -torch.inf)
    else:
        scores = scores.masked_fill(visible[:, None].logical_not(), -torch.inf)
    mixed = torch.einsum("bhts,bsc->bthc", scores.softmax(-1), rows[..., : self.rank])
    return torch.einsum("bthc,hvc->bthv", mixed, up[:, self.nope :])


# %%
import torch
from torch.nn import functional as F


def absorbed(self, q_nope, q_rope, rows, visible):
    weight = self.kv_b_proj.weight.reshape(self.n_heads, -1, self.rank)
    up_k, up_v = weight[:, : self.nope], weight[:, self.nope :]
    q = torch.cat((q_nope.transpose(1, 2) @ up_k, q_rope.transpose(1, 2)), dim=-1)
    k = rows[:, None].expand(-1, self.n_heads, -1, -1)
    mask = None if visible is None else visible[:, None]
    mixed = F.scaled_dot_product_attention(
        q, k, k[..., : self.rank], attn_mask=mask, is_causal=mask is None, scale=self.scale
    )
    return (mixed @ up_v.mT).transpose(1, 2)


# %%
import torch


def absorbed(self, q_nope, q_rope, rows, visible):
    # One query at a time, in float64.
    weight = self.kv_b_proj.weight.double().view(self.n_heads, self.nope + self.v_dim, self.rank)
    rows64 = rows.double()
    batch, new, heads, _ = q_nope.shape
    out = []
    for b in range(batch):
        for t in range(new):
            seen = torch.arange(rows.shape[1]) <= t if visible is None else visible[b, t]
            keep = rows64[b][seen]
            for h in range(heads):
                to_latent = q_nope[b, t, h].double() @ weight[h, : self.nope]
                query = torch.cat((to_latent, q_rope[b, t, h].double()))
                share = torch.softmax(keep @ query * self.scale, dim=0)
                out.append(weight[h, self.nope :] @ (share @ keep[:, : self.rank]))
    return torch.stack(out).view(batch, new, heads, self.v_dim).float()
