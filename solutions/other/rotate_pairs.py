# %%
import torch


def rotate_pairs(x, rotation):
    cos, sin = rotation.real[:, :, None], rotation.imag[:, :, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, odd * cos + even * sin), dim=-1).flatten(-2)


# %%
import torch


def rotate_pairs(x, rotation):
    angle = rotation.angle().double().repeat_interleave(2, dim=-1).unsqueeze(2)
    flipped = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).reshape(x.shape)
    return (x * angle.cos() + flipped * angle.sin()).to(x.dtype)
