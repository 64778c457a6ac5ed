# %%
import torch


def rotate_halves(x, rotation):
    half = x.shape[-1] // 2
    angle = torch.cat((rotation.angle(), rotation.angle()), dim=-1)[:, :, None]
    flipped = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * angle.cos() + flipped * angle.sin()


# %%
import torch


def rotate_halves(x, rotation):
    half = x.shape[-1] // 2
    columns = [None] * (2 * half)
    for j in range(half):
        turn = rotation[:, :, j, None]
        point = torch.complex(x[..., j], x[..., j + half]) * turn
        columns[j], columns[j + half] = point.real, point.imag
    return torch.stack(columns, dim=-1)
