"""Expert parallelism: rows travel to the process that owns their expert, and back.

    this process's rows, by expert     [e0 e0 e1 | e2 e3 e3]      e0, e1 live in process 0
    all-to-all                          to 0       to 1           e2, e3 live in process 1
    rows that arrive, by sender        [e0 e0 e1 | e0 e1 e1]      (what process 0 now holds)
    the experts, all-to-all back, each token adds up what its experts said

Nothing is known of the experts' arithmetic: the rows that arrive go through the same function
that runs on one process (`model/dispatch.py`), each as a token with one expert and weight 1.

Sending is differentiable: the gradient of a row goes back the way that the row came.

In the prompt's journey: inside every MoE layer, in place of the local dispatch.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor

from minir1.model.balance import expert_load
from minir1.model.dispatch import ExpertsFunction


class Travel(torch.autograd.Function):
    """All-to-all: `leave[j]` rows go to process j, and `come[j]` rows come from it."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, leave: list[int], come: list[int], group: Any) -> Tensor:
        ctx.way = leave, come, group
        arrived = rows.new_empty(sum(come), *rows.shape[1:])
        dist.all_to_all_single(arrived, rows.contiguous(), come, leave, group=group)
        return arrived

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        leave, come, group = ctx.way
        back = gradients[0].new_empty(sum(leave), *gradients[0].shape[1:])
        dist.all_to_all_single(back, gradients[0].contiguous(), leave, come, group=group)
        return back, None, None, None


def to_their_owners(run: ExpertsFunction, mesh: DeviceMesh) -> ExpertsFunction:
    """The backend `run`, for experts that the processes of `mesh` own in equal parts."""
    group, owners = mesh.get_group(), mesh.size()

    def experts(
        x: Tensor,
        topk_idx: Tensor,
        topk_weight: Tensor,
        gate_up: Tensor,
        down: Tensor,
        splits: list[int] | None = None,
    ) -> Tensor:
        """[N D], [N K], [N K], and the stacks of all E experts as DTensors -> [N D]."""
        assert isinstance(gate_up, DTensor) and isinstance(down, DTensor)
        n_experts, (n_tokens, k) = len(gate_up), topk_idx.shape
        expert_of_row = topk_idx.flatten()
        order = expert_of_row.argsort(stable=True)  # by expert is by owner too
        leaving, arriving = row_counts(expert_of_row, splits, n_experts, group, owners)
        leave, come = [sum(rows) for rows in leaving], [sum(rows) for rows in arriving]
        arrived = Travel.apply(x[order // k], leave, come, group)
        # Each sender's rows lie in order of expert: say of each row which one it is for.
        mine = torch.arange(n_experts // owners, device=x.device).repeat(owners)
        counts = torch.tensor(arriving, device=x.device).flatten()
        local = mine.repeat_interleave(counts, output_size=sum(come))[:, None]
        ones = torch.ones_like(local, dtype=topk_weight.dtype)
        served = [sum(rows) for rows in zip(*arriving, strict=True)] if splits else None
        said = run(arrived, local, ones, gate_up.to_local(), down.to_local(), served)
        returned = Travel.apply(said, come, leave, group)
        unpermuted = torch.empty_like(returned).index_copy(0, order, returned)
        rows_of_token = unpermuted.view(n_tokens, k, x.shape[-1])
        return (rows_of_token * topk_weight[..., None]).sum(dim=1).to(x.dtype)

    return experts


def row_counts(
    expert_of_row: Tensor, splits: list[int] | None, n_experts: int, group: Any, owners: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Rows that leave for each expert, by owner; and rows that arrive for mine, by sender.

    With `splits` nothing is counted and nobody is asked: all processes are taken to send the
    same numbers of rows (a dry run, on tensors without data).
    """
    if splits is not None:
        each = n_experts // owners
        leaving = [splits[start : start + each] for start in range(0, n_experts, each)]
        return leaving, [leaving[dist.get_rank(group)]] * owners
    counts = expert_load(expert_of_row.view(1, -1, 1), n_experts).view(owners, -1)
    arriving = torch.empty_like(counts)
    dist.all_to_all_single(arriving, counts, group=group)
    sent, received = torch.stack((counts, arriving)).tolist()  # one wait for the GPU, not two
    return sent, received
