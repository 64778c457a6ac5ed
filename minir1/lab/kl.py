"""Three estimators of KL(pi || ref), and what each does when it is used as a loss.

    k1 = -log r      k2 = (log r)^2 / 2      k3 = r - 1 - log r       r = ref / pi

As an estimate of a value, k1 and k3 are unbiased. As a loss, what counts is the expectation
of the *gradient*, and there the three point in different directions.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from minir1.lab.charts import columns, lines
from minir1.lab.picture import Picture
from minir1.rl.loss import k3
from minir1.rl.types import Batch


def _mask(count: int) -> Batch:
    """A batch of one sequence whose places are the tokens of a vocabulary, all in the loss."""
    ids, yes, zero = (
        torch.zeros(1, count).long(),
        torch.ones(1, count).bool(),
        torch.zeros(1, count),
    )
    return Batch(
        inputs=ids, targets=ids, loss_mask=yes, token_mask=yes, old_logprobs=zero,
        advantages=zero, weights=zero,
    )  # fmt: skip


def estimates(log_pi: Tensor, log_ref: Tensor) -> dict[str, Tensor]:
    """k1, k2 and k3 at every token [V]; k3 is the package's own."""
    log_r = log_ref - log_pi
    packaged = k3(log_pi[None], log_ref[None], _mask(len(log_pi)))[0]
    return {"k1": -log_r, "k2": log_r.square() / 2, "k3": packaged}


def value_chart() -> Picture:
    """Each estimate over the ratio."""
    ratio = np.linspace(0.1, 3.0, 117)
    log_r = torch.tensor(np.log(ratio))
    found = estimates(torch.zeros_like(log_r), log_r)
    return lines(
        "Three estimates at one token", "nats", ratio, {n: v.numpy() for n, v in found.items()},
        x_name="r = ref / pi at the drawn token",
    )  # fmt: skip


def value_table(log_pi: Tensor, log_ref: Tensor) -> list[tuple[str, str, str]]:
    """Mean and deviation of each estimate when the token is drawn from pi, beside the truth."""
    pi = log_pi.exp()
    truth = float((pi * (log_pi - log_ref)).sum())
    rows = [("KL(pi || ref), exact", f"{truth:.4f}", "")]
    for name, values in estimates(log_pi, log_ref).items():
        mean = (pi * values).sum()
        deviation = (pi * (values - mean).square()).sum().sqrt()
        rows.append((name, f"{mean:.4f}", f"{deviation:.4f}"))
    return rows


def expected_gradients(logits: Tensor, log_ref: Tensor) -> dict[str, Tensor]:
    """What each estimate, used as a loss on drawn tokens, does to the logits on average.

    A drawn token is a fact, so the chance of drawing it carries no gradient.
    """
    logits = logits.detach().double().requires_grad_()
    log_pi, log_ref = logits.log_softmax(-1), log_ref.double()
    pi, found = log_pi.exp(), estimates(log_pi, log_ref)
    drawn = pi.detach()
    ratio = (log_pi - log_pi.detach()).exp()  # 1, with the gradient of the policy
    losses = {
        "true: KL(pi || ref)": (pi * (log_pi - log_ref)).sum(),
        "true: KL(ref || pi)": (log_ref.exp() * (log_ref - log_pi)).sum(),
        "k1 as a loss": (drawn * found["k1"]).sum(),
        "k2 as a loss": (drawn * found["k2"]).sum(),
        "k3 as a loss": (drawn * found["k3"]).sum(),
        "ratio * k3": (drawn * ratio * found["k3"]).sum(),
    }
    return {
        name: torch.autograd.grad(loss, logits, retain_graph=True)[0]
        for name, loss in losses.items()
    }


def gradient_chart(logits: Tensor, log_ref: Tensor) -> Picture:
    """The expected gradient of each, token by token."""
    found = expected_gradients(logits, log_ref)
    return columns(
        "What a KL term does to the logits", "expected gradient",
        {name: values.numpy() for name, values in found.items()}, x_name="token",
        ticks=[f"token {n + 1}" for n in range(len(logits))], width=9.4,
        words="; ".join(f"{n}: {v[0]:+.3f} at the first token" for n, v in found.items()),
    )  # fmt: skip
