# %%
def route_flops(stage, costs, parents, teachers):
    def names(one):
        found = {one}
        for links in (parents, teachers):
            found |= names(links[one]) if one in links else set()
        return found | ({f"samples of {teachers[one]}"} if one in teachers else set())

    return sum(costs.get(name, 0) for name in names(stage))


# %%
def route_flops(stage, costs, parents, teachers):
    stages, before = {stage}, set()
    while stages != before:  # until nothing new is found
        before = set(stages)
        for links in (parents, teachers):
            stages |= {links[one] for one in before if one in links}
    drawn = {teachers[one] for one in stages if one in teachers}
    total = sum(costs.get(one, 0) for one in stages)
    return total + sum(costs.get(f"samples of {one}", 0) for one in drawn)
