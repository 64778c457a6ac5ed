# %%
def micro_batches(lengths, max_tokens):
    left = sorted(enumerate(lengths), key=lambda pair: pair[1], reverse=True)
    parts = []
    while left:
        count = max(1, max_tokens // left[0][1])
        parts.append([row for row, _ in left[:count]])
        left = left[count:]
    return parts


# %%
import torch


def micro_batches(lengths, max_tokens):
    rows = torch.tensor(lengths).argsort(descending=True).tolist()
    result, start = [], 0
    for end in range(1, len(rows) + 1):
        full = end == len(rows) or (end - start + 1) * lengths[rows[start]] > max_tokens
        if full:
            result.insert(0, rows[start:end])
            start = end
    return result
