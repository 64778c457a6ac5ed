# %%
def write_try(one, target, said=""):
    words = []
    for number, step in enumerate(one.steps):
        a, op, b, c = map(str, step)
        words += [","] * (number > 0) + [a, op, b, "=", c]
    words += ["?", str(target), said] if said else []
    return " ".join(words)


# %%
def write_try(one, target, said=""):
    text = "".join("{} {} {} = {} , ".format(*step) for step in one.steps)[: -len(" , ")]
    return f"{text} ? {target} {said}" if said else text
