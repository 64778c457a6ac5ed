"""Lines of the table that are measured elsewhere, or that are the papers' own arithmetic.

    laptop     whole runs of the recipe `laptop`, six seeds        results/seeds.jsonl
    pipeline   R1's stages, against the pattern of its stage table results/pipeline.jsonl
    hacking    rewards hacked on purpose, and cured                results/hacking.jsonl
    ledger     the papers' bills, from their hours and shapes      minir1/plan/
    student    the student, rounded (rounded.py)                   results/bench.jsonl
    review     bundles run again, and planted errors (reviewed.py) results/review.jsonl

What is measured nowhere stands here too, as "not measured": no line is left out because it is
missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minir1.bench import pipeline, seeds
from minir1.bench.claims import reviewed, rounded
from minir1.bench.claims.claim import (
    FAILS,
    HOLDS,
    MISSING,
    SEEDS,
    UNSURE,
    Claim,
    Line,
    judged,
    line,
    simultaneous,
)
from minir1.bench.hacking import table as hacking
from minir1.bench.r1_pattern import STATEMENTS
from minir1.bench.r1_pattern import verdict as pattern_verdict
from minir1.bench.rows import current
from minir1.bench.thresholds import THRESHOLDS, Threshold
from minir1.plan import published, r1_zero

ABOUT_PIPELINE = "cold start costs reasoning, later stages win it back"
ABOUT_MONEY = "$294K, 147K H800-hours; $5.6M for V3; not the whole story"
ABOUT_REVIEW = reviewed.ABOUT


def laptop(claims: int) -> Iterator[Line]:
    """The thresholds of whole runs, with the same correction as all others."""
    rows = [
        {"seed": row["seed"], "arm": row["recipe"], "measured": row}
        for row in current(seeds.read_results())
    ]
    for one in THRESHOLDS:
        yield judged(_as_claim(one), rows, claims) | {
            "about": f"whole runs of `{one.recipe}`",
            "command": f"python -m minir1.bench.seeds --recipes {one.recipe}",
        }


def _as_claim(one: Threshold) -> Claim:
    def read(arms: Mapping[str, Mapping[str, Any]]) -> float:
        row = arms[one.recipe]
        return one.read(row["base"], row["final"])

    control = "blind search" if "blind" in one.claim else "its base"
    return Claim(
        key=f"{one.recipe}/{one.claim}",
        says=f"{one.recipe}: {one.claim}",
        control=control,
        arms=(one.recipe,),
        read=read,
        low=one.low,
        high=one.high,
    )


def gap(row: Line) -> float:
    """How far what is paid has run ahead of what was meant, over one run of RL."""
    ends = {name: hacking.ends(row, name) for name in ("proxy", "meant")}
    return sum(
        sign * (ends[name][1] - ends[name][0]) for name, sign in (("proxy", 1), ("meant", -1))
    )


def _hacked(task: str, hack: str, cure: str, what: str) -> tuple[Claim, Claim]:
    """What is paid runs ahead of what was meant; and less so with a cure."""
    arms = (f"{task}/{hack}", f"{task}/{cure}")
    return (
        Claim(
            key=f"hacking/{task}",
            says=f"{what}: what is paid rises by 5 points more than what was meant",
            control="what was meant",
            arms=arms[:1],
            read=lambda found: found[arms[0]]["gap"],
            low=0.05,
        ),
        Claim(
            key=f"hacking/{task} cured",
            says=f"and less with the cure ({cure})",
            control=cure,
            arms=arms,
            read=lambda found: found[arms[0]]["gap"] - found[arms[1]]["gap"],
            low=0.0,
        ),
    )


HACKING = (
    *_hacked("code", "examples", "hidden", "code paid for the examples that it sees is hacked"),
    *_hacked("taste", "model", "rule", "a reward model is hacked"),
)


def hacks(claims: int) -> Iterator[Line]:
    """Reward hacking on purpose, and its cures."""
    rows = [
        {"seed": row["seed"], "arm": f"{row['task']}/{row['arm']}", "measured": {"gap": gap(row)}}
        for row in hacking.current(hacking.read_results())
    ]
    for claim in HACKING:
        yield judged(claim, rows, claims) | {
            "about": ABOUT_REVIEW,
            "command": f"python -m minir1.bench.hacking {claim.key.split('/')[1].split()[0]}",
        }


def stages(claims: int) -> Iterator[Line]:
    """The pattern of R1's stage table, by `minir1 pipeline`, corrected as all others are.

    With one run, the interval is one over its prompts: what another seed would do it can't say, so
    here it is no verdict. `python -m minir1.bench.pipeline` has what it says of that run.
    """
    rows = pipeline.current(pipeline.read_results(), pipeline.RECIPE)
    for one in STATEMENTS:
        differences = [row["differences"][one.key] for row in rows]
        found = differences[0] if differences else None
        if len(differences) > 1:
            found = simultaneous([each["value"] for each in differences], claims).to_json()
        said = pattern_verdict(one, found) if found else MISSING
        said = UNSURE if found and len(rows) < SEEDS else said
        yield line(
            one.says,
            one.before,
            {"can't tell": UNSURE}.get(said, said),
            f"minir1 pipeline {pipeline.RECIPE}",
            key=f"pipeline/{one.key}",
            about=ABOUT_PIPELINE,
            seeds=[row["seed"] for row in rows],
            interval=found,
            threshold=f"{'above' if one.sign > 0 else 'below'} {one.beyond:g}",
        )


def money() -> Iterator[Line]:
    """The papers' own arithmetic, done again; and what their figures let one predict."""
    bills = (("R1", published.R1_HOURS, 294_000.0), ("V3", published.V3_HOURS, 5_576_000.0))
    for name, hours, said in bills:
        value = published.dollars(hours)
        text = f"{name}: {sum(hours.values()) / 1e3:,.0f}K H800-hours at $2 are ${said:,.0f}"
        yield _figure(text, "its table", value, said, 0.0, True)
    for run in published.RUNS[1:]:
        text = f"{run.name}: {run.hours / 1e3:,.0f}K hours, predicted within 20%"
        yield _figure(text, "V3's utilisation", published.predicted_hours(run), run.hours, 0.2)
    text = f"R1-Zero: {r1_zero.PUBLISHED_HOURS:.0f} hours on 512 H800, predicted within 20%"
    found, (low, high) = r1_zero.predict()["hours"], r1_zero.spread()
    guess = _figure(text, "its samples and lengths", found, r1_zero.PUBLISHED_HOURS, 0.2)
    # A hit that other reasonable assumptions would have missed is no proof.
    wide = high - low > 0.4 * r1_zero.PUBLISHED_HOURS
    interval = {"value": found, "low": low, "high": high}
    yield guess | {"interval": interval, "verdict": UNSURE if wide else guess["verdict"]}


def _figure(
    says: str, control: str, value: float, said: float, within: float, own: bool = False
) -> Line:
    """A published number beside ours."""
    verdict = HOLDS if abs(value / said - 1) <= within + 1e-9 else FAILS
    return line(
        says,
        control,
        verdict,
        "minir1 ledger --papers",
        key=f"ledger/{says.split(':')[0]}",
        about=ABOUT_MONEY,
        values=[value],
        threshold=f"{said:,.0f} +- {within:.0%}",
        published=own,
    )


def lines(claims: int) -> Sequence[Line]:
    """All lines that come from elsewhere."""
    own = [*laptop(claims), *stages(claims), *money(), *hacks(claims), *reviewed.lines()]
    return [*own, *rounded.lines(claims)]
