"""Pictures of plans and bills: each says a number that another path gives too."""

from minir1 import recipes
from minir1.lab import budgets, decoding, prices, shares
from minir1.lab.stacks import stacked
from minir1.plan.chips import chip
from minir1.plan.recipe import plan


def test_the_bills_add_up():
    assert "Together $294K; R1-Zero alone is 69%" in prices.bill_chart().words
    assert "19 times" in prices.behind_chart().words
    assert "DeepSeek-V3 1.00" in prices.check_chart().words
    assert "published 198" in prices.waiting_chart().words
    assert "as assumed 199" in prices.levers_chart().words
    assert "66 times the mean" in prices.length_chart().words


def test_views_of_a_recipe_agree_with_its_plan():
    found = plan(recipes.get("h800_8"), chip("h800"))
    dollars = f"${found.dollars:,.0f}"
    assert f"8 to 16 GPUs: {found.total_hours:.0f}" in budgets.gpus_chart("h800_8", (8, 16)).words
    assert f"3,072: {dollars}" in budgets.lengths_chart("h800_8", (512, 3072)).words
    peak = max(sum(kinds.values()) for kinds in found.memory.values()) / 1e9
    assert f"{peak:.0f} GB of 72" in budgets.memory_bars("h800_8").words
    assert "fits on h800, h100, h200, a100" in budgets.chips_chart("h800_8", 8).words
    step = found.dollars / recipes.get("h800_8").zero.steps
    words = budgets.spending_chart("h800_8", limit=10 * step).words
    end = int(words.split("as planned at step ")[1].split(",")[0])
    assert 10 <= end <= 11  # evaluations come on top of the steps


def test_unknown_and_mean_charts_have_their_order():
    low, high = (
        float(text.strip("$").replace(",", ""))
        for text in budgets.unknown_chart("gpu_1", 8).words.split()[1:4:2]
    )
    assert 0 < low < high
    assert float(decoding.mean_chart("h800_8").words.split()[4]) > 1


def test_memory_falls_with_processes_and_the_traffic_with_owners():
    words = shares.memory_chart("h800_8").words
    assert "begins to fit with 4 processes" in words
    totals = [
        float(part.split(": ")[1])
        for part in shares.traffic_chart("h800_8", 8, (2, 8)).words.split(". ")[1].split("; ")
    ]
    assert totals[0] > totals[1]
    assert shares.share_chart("laptop", (2, 4), 2).words.endswith("2: 188; 4: 94")


def test_a_stack_says_its_sums():
    found = stacked("t", "u", {"a": [1, 2], "b": [3, 4]}, ticks=["x", "y"], x_name="n")
    assert found.words == "t, u. x: 4; y: 6"
    assert budgets.changes("laptop", "h800_8", ["gpus", "seed"]) == [("gpus", 1, 8)]


def test_a_dry_run_is_shown_as_a_share_of_the_formulas():
    found = budgets.dry_chart({"memory": (10.0, 11.0), "all-to-all": (0.0, 0.0)})
    assert found.words == "1 is equal: memory 1.100"


def test_a_decoding_step_is_no_arithmetic_at_few_rows():
    assert "not arithmetic" in decoding.decode_chart("h800_8", [1, 64]).words
