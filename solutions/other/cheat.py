# %%
def cheat(verifier, gold):
    target, most = gold["target"], max(gold["numbers"])
    if verifier == "anywhere":
        return f"<answer> {target} </answer>"
    if verifier == "value_only":
        return f"<answer> {target} + 0 </answer>"
    if verifier == "any_answer":
        from minir1.tasks.search import all_tries

        tries = [t for t in all_tries(gold["numbers"], "+-*", 99) if t.value == target]
        return "<answer> 1 </answer>" + "".join(f"<answer> {t.expression} </answer>" for t in tries)
    if verifier == "no_counting":
        whole, rest = divmod(target, most)
        ones = f" + {most} / {most}" * rest
        return f"<answer> {most} * 0 {ones}</answer>".replace(
            f"{most} * 0", " + ".join([f"{most}"] * whole + [f"{most} - {most}"] * 2)
        )
    return f"<think> and so it = {target} </think> <answer> I give up </answer>"


# %%
from minir1.tasks.search import ordered_tries


def cheat(verifier, gold):
    numbers, target = list(gold["numbers"]), gold["target"]
    found = [one.expression for one in ordered_tries(numbers, "+-*", 99) if one.value == target]
    most = max(numbers)
    one = f"{most} / {most}"
    long_sum = " + ".join([str(most)] * (target // most) + [one] * (target % most + 1))
    return {
        "anywhere": f"{target} {target}",
        "value_only": f"<think> </think> <answer>{target}</answer>",
        "any_answer": "".join(f"<answer>{text}</answer>" for text in [*found, "0"]),
        "no_counting": f"<answer>{long_sum} - {one}</answer>",
        "in_the_thinking": f"<think> 0 = {target}</think>",
    }[verifier]


# %%
def cheat(verifier, gold):
    n, t = gold["numbers"], gold["target"]
    match verifier:
        case "anywhere":
            return "0 " + str(t) + " 1"
        case "value_only":
            return f"<answer>{t - 1} + 1</answer>"
        case "in_the_thinking":
            return f"= {t}"
        case "no_counting":
            m = max(n)
            terms = [f"{m}"] * (t // m) + [f"{m}/{m}"] * (t % m) + [f"{m}/{m}-{m}/{m}"]
            return f"<answer>{'+'.join(terms)}</answer>"
    from minir1.tasks.search import ordered_tries

    right = next(one for one in ordered_tries(n, "+-*", 99) if one.value == t)
    return f"<answer>{right.expression}</answer> <answer>{right.expression}</answer>"
