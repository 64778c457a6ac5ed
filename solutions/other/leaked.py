# %%
import re


def leaked(rows, heldout, n=8):
    """Regular expressions: words in this order, signs between them."""
    patterns = []
    for text in heldout:
        words = re.findall(r"[a-z0-9]+", text.lower())
        for i in range(max(1, len(words) - n + 1) if words else 0):
            body = r"[^a-z0-9]+".join(words[i : i + n])
            patterns.append(re.compile(rf"(?<![a-z0-9]){body}(?![a-z0-9])"))
    return [i for i, row in enumerate(rows) if any(p.search(row.lower()) for p in patterns)]


# %%
def leaked(rows, heldout, n=8):
    """Walks over every start in every row, and compares word by word."""

    def split(text):
        kept = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower())
        return kept.split()

    found = set()
    for number, row in enumerate(map(split, rows)):
        for held in map(split, heldout):
            need = min(n, len(held))
            for i in range(len(row)):
                for j in range(len(held)):
                    same = 0
                    while i + same < len(row) and j + same < len(held):
                        if row[i + same] != held[j + same]:
                            break
                        same += 1
                    if need and same >= need:
                        found.add(number)
    return sorted(found)


# %%
import re


def leaked(rows, heldout, n=8):
    index = {}
    for text in heldout:
        words = tuple(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())
        size = min(len(words), n)
        for start in range(len(words) + 1 - size):
            index.setdefault(size, set()).add(words[start : start + size])
    index.pop(0, None)
    numbers = []
    for number, text in enumerate(rows):
        words = tuple(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())
        for size, known in index.items():
            if any(words[i : i + size] in known for i in range(len(words))):
                numbers.append(number)
                break
    return numbers
