# %%
import torch
from torch.nn import functional as F


def distillation_loss(student, teacher, mask, temperature=1.0):
    if not mask.any():
        return 0.0 * student.sum()
    log_p = F.log_softmax(teacher.detach()[mask] / temperature, -1)
    log_q = F.log_softmax(student[mask] / temperature, -1)
    return temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


# %%
import torch


def distillation_loss(student, teacher, mask, temperature=1.0):
    # Cross-entropy minus the teacher's own entropy.
    teacher = teacher.detach() / temperature
    p = teacher.softmax(-1)
    normal = student / temperature - (student / temperature).logsumexp(-1, keepdim=True)
    own = (p * (teacher - teacher.logsumexp(-1, keepdim=True))).sum(-1)
    each = own - (p * normal).sum(-1)
    return temperature**2 * (each * mask).sum() / max(1, int(mask.sum()))
