# %%
import torch


def test_group_advantages(group_advantages):
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 5.0, 5.0, 0.0]])
    expected = {
        "grpo": [[1.4997, -0.4999, -0.4999, -0.4999], [-0.866, 0.866, 0.866, -0.866]],
        "dr_grpo": [[0.75, -0.25, -0.25, -0.25], [-2.5, 2.5, 2.5, -2.5]],
        "rloo": [[1.0, -1 / 3, -1 / 3, -1 / 3], [-10 / 3, 10 / 3, 10 / 3, -10 / 3]],
    }
    for kind, values in expected.items():
        assert torch.allclose(group_advantages(rewards, kind), torch.tensor(values), atol=1e-3)
    for size in range(2, 20):
        for value in (0.1, 0.7, 1.0):
            dead = group_advantages(torch.full((2, size), value), "grpo")
            assert (dead == 0).all()


# %%
import random


def test_group_advantages(group_advantages):
    import torch

    rng = random.Random(0)
    for _ in range(20):
        row = [rng.randint(0, 9) for _ in range(5)]
        if len(set(row)) == 1:
            continue
        other = [rng.randint(0, 9) for _ in range(5)]
        both = torch.tensor([row, other], dtype=torch.float32)
        mean = sum(row) / 5
        std = (sum((x - mean) ** 2 for x in row) / 4) ** 0.5
        for kind in ("grpo", "dr_grpo", "rloo"):
            got = group_advantages(both, kind)[0].tolist()
            for x, y in zip(row, got, strict=True):
                want = x - mean
                if kind == "grpo":
                    want /= std + 1e-4
                if kind == "rloo":
                    want = x - (sum(row) - x) / 4
                if abs(want - y) > 1e-4:
                    raise AssertionError(f"{kind}: {y} is not {want}")
    for n in (3, 7, 13):
        flat = group_advantages(torch.full((1, n), 0.1))
        if flat.abs().max() > 0:
            raise AssertionError("a dead group speaks")


# %%
import torch


def test_group_advantages(group_advantages):
    r = torch.tensor([[2.0, 0.0, 1.0], [9.0, 9.0, 0.0]])
    a = group_advantages(r, "dr_grpo")
    assert (a - torch.tensor([[1.0, -1.0, 0.0], [3.0, 3.0, -6.0]])).abs().max() < 1e-4
    b = group_advantages(r, "rloo")
    assert (b - torch.tensor([[1.5, -1.5, 0.0], [4.5, 4.5, -9.0]])).abs().max() < 1e-4
    c = group_advantages(r)
    assert abs(c[0, 0] - 1.0) < 1e-3 and abs(c[1, 2] + 2 / 3**0.5) < 1e-3
    assert not group_advantages(torch.full((4, 7), 0.1)).any()
