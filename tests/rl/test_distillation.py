"""The distillation loss: a closed form, torch's own, and what fine-tuning on samples expects."""

import math

import pytest
import torch
from torch.nn import functional as F

from minir1.rl.distillation import distillation_loss

B, T, V = 3, 5, 7
EVERYWHERE = torch.ones(B, T, dtype=torch.bool)


def logits(seed: int) -> torch.Tensor:
    return torch.randn(B, T, V, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_it_is_the_divergence_that_torch_computes(temperature):
    student, teacher = logits(0), logits(1)
    ours = distillation_loss(student, teacher, EVERYWHERE, temperature)
    p, log_q = (teacher / temperature).softmax(-1), (student / temperature).log_softmax(-1)
    theirs = F.kl_div(log_q, p, reduction="sum") / (B * T) * temperature**2
    assert torch.allclose(ours, theirs, atol=1e-12)


def test_no_token_outside_the_mask_counts():
    student, teacher, mask = logits(0), logits(1), EVERYWHERE.clone()
    mask[0, 2:] = False
    changed = student.clone()
    changed[0, 2:] = 50.0
    assert distillation_loss(student, teacher, mask) == distillation_loss(changed, teacher, mask)
    assert distillation_loss(student, teacher, torch.zeros_like(mask)) == 0


def test_a_student_that_is_the_teacher_has_nothing_to_learn():
    student = logits(0).requires_grad_()
    loss = distillation_loss(student, student.detach() + 3.0, EVERYWHERE)  # the same softmax
    (slope,) = torch.autograd.grad(loss, student)
    assert abs(float(loss.detach())) < 1e-12 and slope.abs().max() < 1e-12


def test_a_student_that_can_t_tell_two_places_apart_learns_their_mean():
    """The least of KL(p, q) + KL(r, q) is at q = (p + r) / 2: it covers both, and prefers none."""
    p, r, mean = (0.7, 0.2, 0.1), (0.1, 0.6, 0.3), (0.4, 0.4, 0.2)
    teacher = torch.tensor([[p, r]], dtype=torch.float64).log()
    row = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer, loss = torch.optim.SGD([row], lr=2.0), torch.zeros(())
    for _ in range(100):
        loss = distillation_loss(row.expand(1, 2, 3), teacher, EVERYWHERE[:1, :2])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert row.softmax(-1).tolist() == pytest.approx(mean, abs=1e-6)
    left = [a * math.log(a / q) for one in (p, r) for a, q in zip(one, mean, strict=True)]
    assert loss.item() == pytest.approx(sum(left) / 2, abs=1e-9)


def test_fine_tuning_on_samples_has_the_same_mean_gradient():
    student, teacher = logits(0).requires_grad_(), logits(1)
    (soft,) = torch.autograd.grad(distillation_loss(student, teacher, EVERYWHERE), student)
    p = teacher.softmax(-1)
    expected = torch.zeros_like(soft)
    for word in range(V):  # every word that the teacher may draw, by its chance
        drawn = torch.full((B, T), word)
        each = F.cross_entropy(student.flatten(0, 1), drawn.flatten(), reduction="none")
        loss = (p[..., word].flatten() * each).sum() / (B * T)
        expected += torch.autograd.grad(loss, student, retain_graph=True)[0]
    assert torch.allclose(soft, expected, atol=1e-12)


def test_no_gradient_reaches_the_teacher():
    teacher = logits(1).requires_grad_()
    loss = distillation_loss(logits(0).requires_grad_(), teacher, EVERYWHERE)
    assert torch.autograd.grad(loss, teacher, allow_unused=True) == (None,)
