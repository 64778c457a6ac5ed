"""A group of rollouts side by side: tokens with a colour each, and what the verifier said.

A colour is never alone: the advantage stands above each rollout as a number, a surprise in each
token's tooltip, and the tokens that surprised most are underlined.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from minir1.run.jsonl import Row

COLOURS = ("advantage", "surprise")
LEAST_INK, MOST_INK = 14, 48
"""Percent of colour in a token's background; text stays readable on the most in both themes."""
SURPRISED = 1.6
"""Nats: the policy gave the token less than a fifth."""
LEGEND = {
    "advantage": "Blue tokens are made likelier by this step, orange ones less likely: all tokens "
    "of a rollout have its advantage.",
    "surprise": "The darker a token, the less likely the policy held it when it was sampled; "
    f"underlined: more than {SURPRISED} nats.",
}


def group_html(row: Row, colour: str = "advantage") -> str:
    """One recorded group."""
    kept = row["rollouts"]
    more = f", {len(kept)} of them shown" if len(kept) < row["of"] else ""
    head = (
        f"<p><b>{escape(row['question'])}</b> &nbsp; {row['stage']}, step {row['step']}: "
        f"{row['right']} of {row['of']} rollouts right{more}. {LEGEND[colour]}</p>"
    )
    top = max((abs(one["advantage"]) for one in kept), default=0.0) or 1.0
    best_first = sorted(enumerate(kept, 1), key=lambda pair: -pair[1]["reward"])
    cards = "".join(card(number, one, colour, top) for number, one in best_first)
    return f'{head}<div class="group">{cards}</div>'


def card(number: int, one: Row, colour: str, top: float) -> str:
    """One rollout: a line of facts, and its tokens."""
    right = one["verdict"] == "CORRECT"
    cut = "" if one["length"] == len(one["tokens"]) else " ..."
    verdict = one["verdict"].lower().replace("_", " ")
    facts = (
        f'{number} <b class="{"good" if right else "bad"}">{verdict}</b> {one["length"]} tokens, '
        f"reward {one['reward']:g}, advantage {one['advantage']:+.2f}"
    )
    tokens = tokens_html(one, colour, top)
    return f'<section aria-label="rollout {number}"><p>{facts}</p>{tokens}{cut}</section>'


def tokens_html(one: Row, colour: str, top: float) -> str:
    """The tokens of a rollout as coloured pieces of text."""
    pieces = []
    for word, logprob in zip(one["tokens"], one["logprobs"], strict=True):
        surprise = -logprob
        if colour == "advantage":
            ink, part = ("up" if one["advantage"] > 0 else "down"), abs(one["advantage"]) / top
            share = LEAST_INK + (MOST_INK - LEAST_INK) * part if part else 0.0
        else:
            ink, share = "up", MOST_INK * min(1.0, surprise / 3.0)
        mark = " odd" if colour == "surprise" and surprise > SURPRISED else ""
        pieces.append(
            f'<span class="t {ink}{mark}" style="--a:{share:.0f}" '
            f'title="log-probability {logprob:.2f}">{escape(word.strip()) or "&nbsp;"}</span>'
        )
    return f'<div class="tokens">{" ".join(pieces)}</div>'


def group_text(row: Row, most: int = 2) -> str:
    """The same for a page without colours: the best-paid and the worst-paid rollout, in words."""
    ranked = sorted(row["rollouts"], key=lambda one: -one["reward"])
    ends: Sequence[Row] = ranked if len(ranked) <= most else [ranked[0], ranked[-1]]
    lines = [
        f"- *{one['verdict'].lower().replace('_', ' ')}, {one['length']} tokens, advantage "
        f"{one['advantage']:+.2f}:* `{' '.join(one['tokens'])}`"
        for one in ends
    ]
    head = f"**{row['question']}** ({row['stage']}, step {row['step']}: {row['right']} of "
    return "\n".join([f"{head}{row['of']} rollouts right)", "", *lines])
