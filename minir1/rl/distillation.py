"""Distillation from a teacher's probabilities, not only from the words that it drew.

    L = T^2 * mean over the tokens of sum_v p_v (log p_v - log q_v)
        p = softmax(teacher / T), q = softmax(student / T)             (Hinton et al. 2015, 2)

R1's students learn from sampled texts alone (arXiv 2501.12948v2, 2.4): fine-tuning on a sample
y ~ p has the same gradient on average, since the mean of -log q(y) is this sum plus the teacher's
own entropy, which the student can't change. The sum over the whole vocabulary has less noise and
needs the teacher's logits, which a file of texts doesn't hold. T^2 keeps the gradient's size.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def distillation_loss(
    student: Float[Tensor, "B T V"],
    teacher: Float[Tensor, "B T V"],
    mask: Bool[Tensor, "B T"],
    temperature: float = 1.0,
) -> Float[Tensor, ""]:
    """How far the student's next-token distributions are from the teacher's, where `mask` is.

    >>> logits = torch.tensor([[[0.0, 1.0], [2.0, 0.0]]])
    >>> mask = torch.tensor([[True, False]])
    >>> round(float(distillation_loss(logits.flip(-1), logits, mask)), 4)
    0.4621
    """
    log_p = torch.log_softmax(teacher.detach() / temperature, -1)
    log_q = torch.log_softmax(student / temperature, -1)
    each = (log_p.exp() * (log_p - log_q)).sum(-1)
    return temperature**2 * torch.where(mask, each, 0.0).sum() / mask.sum().clamp_min(1)
