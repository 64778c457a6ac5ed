"""Questions of reasoning-gym, judged by our verifiers: `--task.name reasoning_gym`.

    --task.family chain_sum        pip install 'minir1[tasks]'

It makes questions without end in about a hundred families. Its own scorers are never called:
nine of them evaluate the model's text as code, and several pay for a constant (coin_flip pays
"0" on every item). So a family can be used here when one of our verifiers decides its answers:
`math`, `countdown`, or `words` where there is one way to write the one right answer. Any other
family is refused by name, with the reason.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from minir1.tasks.base import Problem, Split, Verdict
from minir1.tasks.sources.judge import judge
from minir1.tasks.splits import split_of
from minir1.tasks.verifiers import verify

SIZE = 1_000_000
"""Items of one stream; they are made when asked for."""
MAX_SKIPPED = 1000
"""Items in a row that may be of the other split, or have a gold that we can't read."""

MATH = """aiw binary_alternation chain_sum complex_arithmetic count_bits
    count_primes decimal_chain_sum dice fraction_simplification gcd gsm_symbolic largest_island lcm
    leg_counting letter_counting maze number_sequence polynomial_multiplication products
    rectangle_count rotten_oranges self_reference simple_equations""".split()  # noqa: SIM905
WORDS = """ab acre arc_1d base_conversion bf bitwise_arithmetic caesar_cipher calendar_arithmetic
    circuit_logic color_cube_rotation course_schedule emoji_mystery family_relationships figlet_font
    isomorphic_strings knights_knaves mahjong_puzzle needle_haystack path_star ransom_note
    rotate_matrix spell_backward spiral_matrix string_insertion string_manipulation
    string_splitting string_synthesis syllogism time_intervals word_sequence_reversal word_sorting
    zebra_puzzles""".split()  # noqa: SIM905
COUNTDOWN = ("countdown", "puzzle24")

FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(MATH, "math"),
    **dict.fromkeys(WORDS, "words"),
    **dict.fromkeys(COUNTDOWN, "countdown"),
}
"""Each family that can be used, and its verifier."""

NO_GOLD = "boxnet graph_color propositional_logic rubiks_cube rush_hour".split()  # noqa: SIM905
ROUNDED = """advanced_geometry coin_flip decimal_arithmetic polynomial_equations power_function
    pool_matrix""".split()  # noqa: SIM905
SEVERAL = """cryptarithm futoshiki group_anagrams intermediate_integration jugs kakurasu
    knight_swap letter_jumble mini_sudoku n_queens palindrome_generation palindrome_partitioning
    prime_factorization quantum_lock sentence_reordering shortest_path simple_integration sokoban
    sudoku survo tower_of_hanoi tsumego word_ladder""".split()  # noqa: SIM905
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(NO_GOLD, "its items bring no gold"),
    **dict.fromkeys(ROUNDED, "its golds are rounded, and our verifiers are exact"),
    **dict.fromkeys(SEVERAL, "an item can have several right answers, and it names only one"),
    "simple_geometry": "some of its items contradict themselves",
    "basic_arithmetic": "where it divides some of its golds are wrong, such as 28 for 7 / 4",
}


def verifier_of(family: str) -> str:
    """The verifier of a family, or a ValueError that says why there is none.

    >>> verifier_of("gcd")
    'math'
    >>> verifier_of("n_queens")
    Traceback (most recent call last):
    ValueError: task.family = 'n_queens' can't be used: an item can have several right answers...
    """
    if family in FAMILIES:
        return FAMILIES[family]
    reason = REFUSED.get(family)
    if reason is None:
        near = difflib.get_close_matches(family, FAMILIES)
        hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        reason = f"{hint}no verifier of ours is known to fit it"
    raise ValueError(
        f"task.family = {family!r} can't be used: {reason}. Families: {', '.join(sorted(FAMILIES))}"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GymTask:
    """Problems of one family."""

    name: ClassVar[str] = "reasoning_gym"

    family: str
    heldout_share: float = 0.2
    dials: Sequence[tuple[str, int]] = ()
    """The family's own settings, such as (("max_terms", 2),); reasoning-gym's defaults stand."""

    def __post_init__(self) -> None:
        verifier_of(self.family)

    def problems(self, split: Split, seed: int) -> Iterator[Problem]:
        """An endless stream; the same split and seed give the same stream."""
        rng = random.Random(f"{self.name} {self.family} {split} {seed}")
        skipped = 0
        while True:
            for item in _dataset(self.family, rng.randrange(2**31), self.dials):
                found = _problem(self.family, item)
                if found and split_of(found.key, self.heldout_share) == split:
                    skipped = 0
                    yield found
                    continue
                skipped += 1
                if skipped > MAX_SKIPPED:
                    raise ValueError(
                        f"task.family = {self.family!r} brings no more problems of the split "
                        f"{split!r}: use another family, or another heldout_share"
                    )

    def verify(self, gold: Any, completion: str) -> Verdict:
        """Judge a completion by our verifier of the family."""
        return judge(gold, completion)


def _dataset(family: str, seed: int, dials: Sequence[tuple[str, int]] = ()) -> Any:
    try:
        from reasoning_gym import create_dataset
    except ImportError as error:
        raise ValueError(
            "task.name = 'reasoning_gym' needs the package of that name: "
            "pip install 'minir1[tasks]'"
        ) from error
    try:
        return create_dataset(family, seed=seed, size=SIZE, **dict(dials))
    except (TypeError, AssertionError) as error:
        raise ValueError(f"task.dials = {dials!r} can't be used with {family}: {error}") from error


def _problem(family: str, item: Mapping[str, Any]) -> Problem | None:
    """An item as a problem; None where our verifier can't read its gold."""
    verifier, question, answer = FAMILIES[family], item["question"], str(item["answer"])
    gold: Any = answer
    if family == "countdown":
        gold = {name: item["metadata"][name] for name in ("numbers", "target")}
    elif family == "puzzle24":
        gold = {"numbers": item["metadata"]["numbers"], "target": 24}
    try:
        verify(verifier, gold, "", question)
    except ValueError:
        return None
    wrapped = {"verifier": verifier, "gold": gold, "question": question}
    return Problem("reasoning_gym", question, wrapped, " ".join(question.split()), answer)
