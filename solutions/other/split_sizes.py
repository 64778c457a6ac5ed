# %%
def split_sizes(peers, expert_of_row, n_experts):
    owner = expert_of_row * peers.size // n_experts
    leave = [int((owner == p).sum()) for p in range(peers.size)]
    return leave, [row[peers.rank] for row in peers.gather(leave)]


# %%
def split_sizes(peers, expert_of_row, n_experts):
    everyone = peers.gather(expert_of_row.tolist())
    each = n_experts // peers.size

    def count(rows, owner):
        return sum(owner * each <= expert < (owner + 1) * each for expert in rows)

    leave = [count(everyone[peers.rank], p) for p in range(peers.size)]
    return leave, [count(rows, peers.rank) for rows in everyone]


# %%
import torch


def split_sizes(peers, expert_of_row, n_experts):
    edges = torch.arange(1, peers.size) * (n_experts // peers.size)
    owner = torch.bucketize(expert_of_row, edges, right=True)
    leave = torch.bincount(owner, minlength=peers.size)
    table = torch.stack(peers.gather(leave))
    return leave.tolist(), table[:, peers.rank].tolist()
