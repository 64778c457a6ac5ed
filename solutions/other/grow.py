# %%
def grow(rows, lengths):
    """The tree as dicts in dicts."""
    root, tokens, parents, places = {}, [], [], []
    for row, length in zip(rows, lengths, strict=True):
        node, parent, path = root, -1, [0] * len(row)
        for depth, token in enumerate(row[:length]):
            if token not in node:
                node[token] = (len(tokens), {})
                tokens.append(token)
                parents.append(parent)
            parent, node = node[token]
            path[depth] = parent
        places.append(path)
    return tokens, parents, places


# %%
def grow(rows, lengths):
    """Looks for a child by walking over all tokens there are."""
    tokens, parents, places = [], [], []
    for row, length in zip(rows, lengths, strict=True):
        path = []
        for token in row[:length]:
            parent = path[-1] if path else -1
            known = list(zip(tokens, parents, strict=True))
            number = known.index((token, parent)) if (token, parent) in known else len(known)
            if number == len(known):
                tokens.append(token)
                parents.append(parent)
            path.append(number)
        places.append(path + (len(row) - length) * [0])
    return tokens, parents, places


# %%
def grow(rows, lengths):
    """Shares with the earlier row that begins alike for longest."""
    tokens, parents, places, before = [], [], [], []
    for row, length in zip(rows, lengths, strict=True):
        mine, path = list(row[:length]), []
        for other, its_path in before:
            same = 0
            while same < min(len(mine), len(other)) and mine[same] == other[same]:
                same += 1
            if same > len(path):
                path = its_path[:same]
        for token in mine[len(path) :]:
            tokens.append(token)
            parents.append(path[-1] if path else -1)
            path = [*path, len(tokens) - 1]
        before.append((mine, path))
        places.append([*path, *[0] * (len(row) - length)])
    return tokens, parents, places
