"""Logprobs of given tokens: only where the loss looks, by torch or by the backend's kernel."""

from importlib.util import find_spec

import pytest
import torch

from minir1.model.dispatch import Backend, choose_backend, experts_torch
from minir1.rl.batch import collate
from minir1.rl.logprobs import logprobs_torch, token_logprobs


@pytest.fixture
def batch(random_rollouts):
    return collate(random_rollouts(5), [0.0] * 5)


def test_by_hand():
    """Two words, logits ln 3 and 0: probabilities 3/4 and 1/4."""
    hidden = torch.tensor([[1.0], [1.0]])
    words = torch.tensor([[3.0], [1.0]]).log()
    logprobs, entropy = logprobs_torch(hidden, words, torch.tensor([0, 1]), 1.0)
    assert logprobs.exp().tolist() == pytest.approx([0.75, 0.25])
    assert entropy.tolist() == pytest.approx([0.5623351446188083] * 2)
    hot, _ = logprobs_torch(hidden, words, torch.tensor([0, 1]), 2.0)
    assert (hot[0] - hot[1]).exp().item() == pytest.approx(3**0.5)


def test_of_a_bfloat16_model_the_logits_alone_are_rounded():
    """A softmax in bfloat16 would be wrong by up to a hundredth: more than an update moves it."""
    generator = torch.Generator().manual_seed(0)
    hidden, words = torch.randn(6, 8, generator=generator), torch.randn(20, 8, generator=generator)
    hidden, words = hidden.bfloat16(), words.bfloat16()
    targets = torch.arange(6)
    logprobs, entropy = logprobs_torch(hidden, words, targets, 0.7)
    exact = ((hidden @ words.T).double() / 0.7).log_softmax(-1)
    expected = exact[torch.arange(6), targets]
    torch.testing.assert_close(logprobs.double(), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(entropy.double(), -(exact.exp() * exact).sum(-1), atol=1e-5, rtol=0)


def test_zero_where_the_loss_does_not_look(make_model, batch):
    logprobs, entropy = token_logprobs(make_model(), batch)
    assert (logprobs[~batch.loss_mask] == 0).all() and (entropy[~batch.loss_mask] == 0).all()
    assert (logprobs[batch.loss_mask] < 0).all() and (entropy[batch.loss_mask] > 0).all()


@pytest.mark.skipif(not find_spec("triton"), reason="triton is made for Linux only")
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_kernel_says_what_torch_says(make_model, batch, temperature):
    """Only the logprobs are the kernel's here; tests/kernels looks at the experts."""
    kernel = choose_backend("triton", torch.device("cpu")).logprobs
    results = []
    for logprobs in (None, kernel):
        model = make_model()
        model.use_backend(Backend("mixed", "a test", experts_torch, logprobs=logprobs))
        chosen, entropy = token_logprobs(model, batch, temperature)
        (chosen * batch.loss_mask).sum().backward()
        results.append([chosen, entropy, *(p.grad for p in model.parameters())])
        assert not entropy.requires_grad
    for ours, plain in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain, atol=2e-5, rtol=1e-4)
