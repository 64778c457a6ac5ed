"""Tables are computed from the rows: numbers that can be checked by hand."""

import pytest

from minir1 import recipes
from minir1.bench import race, rows, table


def turns(*seconds: float, **counts: float) -> dict:
    return {"repeats": [{"seconds": s, "cpu_seconds": 2 * s, **counts} for s in seconds]}


def row(bench: str, sides: dict, **more) -> rows.Row:
    return {**rows.row(bench, "case", recipes.smoke(), sides=sides), "load": 0.0, **more}


def test_the_sampler_table_has_speeds_ratios_and_failures() -> None:
    one = row(
        "sampler",
        {
            "minir1": turns(1.0, 2.0, 1.0, tokens=1000),
            "generate": turns(5.0, 10.0, 6.0, tokens=1000),
            "paged": {"error": "RuntimeError: no"},
        },
    )
    ours, generate, paged = table.sampler_table([one])[2:]
    assert ours == "| case | minir1 | 1,000 (500 to 1,000) | 1 | 500 (250 to 500) | 1 |"
    assert "| 167 (100 to 200) | **5.0** |" in generate
    assert "fails: RuntimeError: no" in paged


def test_ratios_are_a_token_and_not_a_turn() -> None:
    """A side that wrote twice as many tokens in twice the time is as fast."""
    sides = {"minir1": turns(1.0, tokens=100), "generate": turns(2.0, tokens=200)}
    assert "**1.0**" in table.sampler_table([row("sampler", sides)])[-1]


def test_the_step_table_compares_cpu_seconds_first() -> None:
    sides = {"minir1": turns(1.0, 1.0), "TRL": turns(7.0, 6.0)}
    assert table.step_table([row("grpo_step", sides)])[-1].startswith(
        "| TRL | 13 (12 to 14) | **6.5** |"
    )


def curve(*rewards: float, seconds: float) -> dict:
    steps = enumerate(rewards, start=1)
    return {
        "curve": [
            {"seconds": i * seconds, "cpu_seconds": i * seconds, "reward": r, "length": 9.0}
            for i, r in steps
        ]
    }


def test_a_race_asks_when_the_mean_of_five_steps_held_a_reward() -> None:
    fast = curve(*[0.1] * 4, *[0.35] * 6, seconds=1.0)
    slow = curve(*[0.1] * 4, *[0.35] * 4, seconds=10.0)
    assert race.reached(fast["curve"], 0.3) == 8.0  # 4 steps of .35 and one of .1: .3
    assert race.reached(fast["curve"], 0.5) is None
    lines = table.race_table([row("race", {"minir1": fast, "TRL": slow})])
    assert lines[2:] == ["| 0.2 | 6 | 60 | **10.0** |", "| 0.3 | 8 | 80 | **10.0** |"]


def test_a_reward_that_only_one_side_reached_says_so() -> None:
    lines = table.race_table(
        [row("race", {"minir1": curve(*[0.3] * 5, seconds=1.0), "TRL": curve(0.1, seconds=10.0)})]
    )
    assert lines[2] == "| 0.2 | 5 | not in 10 |  |"  # one step of .3 is no mean of five


def test_the_cost_table_divides_decoding_by_its_steps() -> None:
    sides = {"train": turns(0.5, tokens=1), "decode": turns(0.08, tokens=1, steps=8)}
    one = row("cost", sides, settings={"parameters": 376000})
    assert table.cost_table([one])[-1] == ("| case | 376,000 | 500 (500 to 500) | 10 (10 to 10) |")


def test_tables_name_the_machine_the_command_and_a_busy_machine() -> None:
    quiet = row("grpo_step", {"minir1": turns(1.0)})
    busy = {**quiet, "load": 9.0}
    text = table.tables([quiet])
    assert quiet["device"]["processor"] in text and quiet["recipe_hash"] in text
    assert "busy" not in text and "busy" in table.tables([busy])


def test_no_rows_say_how_to_make_some() -> None:
    assert "--save" in table.tables([])


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123456, "0.0123"), (99.96, "100"), (1234567.0, "1,230,000")]
)
def test_numbers_have_three_digits(value, text) -> None:
    assert table.number(value) == text
