"""The pattern of R1's stage table, as statements that a run can refute. Written before any run.

R1's report has one table with a column a stage (arXiv 2501.12948v2, Table 3). Each step of it is
a statement here: which number of which stage should be above which. All stages answer the same
held-out prompts, so a statement about one run is a paired difference over prompts; over several
seeds it is the mean difference of the seeds. It holds if the whole 95% interval is on its side.

`python -m minir1.bench.pipeline` measures them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """A number goes up (+1) or down (-1) from one stage to another."""

    says: str
    column: str
    before: str
    after: str
    sign: int
    paper: str
    """What R1's report has in this place."""
    beyond: float = 0.0
    """The change that it must lie beyond."""

    @property
    def key(self) -> str:
        """Its name in a saved row."""
        return f"{self.column} {self.before} {self.after}"


STATEMENTS = (
    Statement("pure RL makes the base reason", "accuracy", "pretrain", "zero", 1,
              "AIME 15.6 to 77.9"),
    Statement("and think longer", "tokens", "pretrain", "zero", 1, "about 500 to 9,500 tokens"),
    Statement("the cold start makes it readable: one language", "purity", "zero", "dev1", 1,
              "Zero mixes languages; no number is given"),
    Statement("the cold start costs reasoning", "accuracy", "zero", "dev1", -1,
              "AIME 77.9 to 59.0"),
    Statement("reasoning RL wins it back", "accuracy", "dev1", "dev2", 1, "AIME 59.0 to 74.0"),
    Statement("paid for language, it stays readable", "purity", "zero", "dev2", 1,
              "mixing mitigated; no number is given"),
    Statement("that is bought with some reasoning", "accuracy", "zero", "dev2", -1,
              "AIME 77.9 to 74.0"),
    Statement("the base anew, on kept samples, reasons better", "accuracy", "dev2", "dev3", 1,
              "AIME 74.0 to 78.1"),
    Statement("and is liked better", "taste", "dev2", "dev3", 1, "AlpacaEval 55.8 to 62.1"),
    Statement("all-scenario RL: liked far better", "taste", "dev3", "r1", 1,
              "AlpacaEval 62.1 to 87.6"),
    Statement("all-scenario RL: reasoning a little better", "accuracy", "dev3", "r1", 1,
              "AIME 78.1 to 79.8"),
    Statement("all-scenario RL: refuses what it must", "refused", "dev3", "r1", 1,
              "safety; no number by stage"),
    Statement("and refuses hardly anything else: 10 points more at most", "over_refused",
              "pretrain", "r1", -1, "safety; no number by stage", beyond=0.1),
    Statement("in the end as good a reasoner as Zero: 5 points less at most", "accuracy",
              "zero", "r1", 1, "AIME 77.9 to 79.8", beyond=-0.05),
    Statement("distilled, a small student reasons", "accuracy", "student_base", "student", 1,
              "Qwen-1.5B: AIME 28.9"),
)  # fmt: skip


def verdict(statement: Statement, interval: Mapping[str, float]) -> str:
    """Whether the interval of a difference is wholly on the statement's side.

    >>> verdict(STATEMENTS[0], {"low": 0.2, "high": 0.4})
    'holds'
    >>> verdict(STATEMENTS[3], {"low": 0.2, "high": 0.4})
    "doesn't hold"
    """
    low, high = interval["low"], interval["high"]
    if low <= statement.beyond <= high:
        return "can't tell"
    return "holds" if (low > statement.beyond) == (statement.sign > 0) else "doesn't hold"
