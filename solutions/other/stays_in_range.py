# %%
def stays_in_range(value, max_value):
    return all(v.denominator == 1 and 0 <= v <= max_value for v in value.intermediates)


# %%
def stays_in_range(value, max_value):
    legal = set(range(max_value + 1))
    return legal.issuperset(value.intermediates)
