"""Processes as threads: meetings work, and whoever does not come is noticed."""

import pytest
import torch

from minir1.lab.spmd import Threads, clip_norm, split_sizes, together, token_mean


def test_all_leave_a_meeting_with_what_all_brought():
    def work(peers, value):
        first = peers.gather(value)
        second = peers.gather(first[peers.rank] * 2)
        return peers.rank, peers.size, first, second

    found = together(work, [(5,), (7,), (9,)])
    assert [one[0] for one in found] == [0, 1, 2] and {one[1] for one in found} == {3}
    assert all(one[2:] == ([5, 7, 9], [10, 14, 18]) for one in found)


def test_a_process_that_does_not_come_is_an_error_and_no_hang():
    def work(peers):
        return peers.gather(1) if peers.rank else None

    with pytest.raises(TimeoutError, match="not all of the 2 came"):
        together(work, [(), ()])


def test_the_cause_is_raised_and_not_those_who_waited():
    def work(peers: Threads):
        if peers.rank == 1:
            raise KeyError("mine")
        return peers.gather(0)

    with pytest.raises(KeyError, match="mine"):
        together(work, [(), (), ()])


def test_what_leaves_is_what_comes_elsewhere():
    generator = torch.Generator().manual_seed(3)
    rows = [torch.randint(12, (n,), generator=generator) for n in (0, 7, 30)]
    found = together(split_sizes, [(one, 12) for one in rows])
    leave, come = (torch.tensor([one[i] for one in found]) for i in (0, 1))
    assert torch.equal(leave, come.T)
    assert leave.sum(1).tolist() == [0, 7, 30]


def test_shares_add_up_to_the_mean_over_all_tokens():
    losses = [torch.rand(2, 9), torch.rand(4, 3), torch.rand(1, 5)]
    masks = [torch.rand(one.shape) < 0.6 for one in losses]
    shares = together(token_mean, list(zip(losses, masks, strict=True)))
    kept = torch.cat([one[mask] for one, mask in zip(losses, masks, strict=True)])
    assert sum(shares) == pytest.approx(float(kept.mean()), rel=1e-6)


@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_the_norm_is_that_of_all_parts_in_one_vector(max_norm):
    parts = [[torch.randn(3, 2), torch.randn(4)], [torch.zeros(0)], [torch.randn(5)]]
    whole = torch.cat([one.flatten() for part in parts for one in part])
    found = together(clip_norm, [(part, max_norm) for part in parts])
    assert [norm for norm, _ in found] == pytest.approx([float(whole.norm())] * 3)
    after = torch.cat([one.flatten() for _, part in found for one in part])
    expected = whole * min(1.0, max_norm / float(whole.norm()))
    torch.testing.assert_close(after, expected)
