"""From each equation of the papers to the function that computes it.

    python -m minir1.lab.equations        writes notebooks/equations.md

A test walks the table: every function is in its file, and the file names the paper.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Equation(NamedTuple):
    """One equation, and where it is computed."""

    paper: str
    arxiv: str
    where: str
    says: str
    file: str
    name: str
    lesson: str


V3, MATH, R1 = "DeepSeek-V3", "DeepSeekMath (GRPO)", "DeepSeek-R1"
EQUATIONS = (
    Equation(R1, "2501.12948", "Table 1", "the template: think, then answer",
             "text/template.py", "render_prompt", "02"),
    Equation(R1, "2501.12948", "section 2.2.2", "reward: accuracy and format",
             "tasks/completion.py", "parse", "00"),
    Equation(R1, "2501.12948", "section 3", "pass@1: the mean over k samples",
             "run/evaluate.py", "evaluate", "12"),
    Equation("RoPE", "2104.09864", "section 3.2", "a position is a turn",
             "model/rope.py", "rotate_pairs", "03"),
    Equation("RMSNorm", "1910.07467", "Eq. 4", "divide by the root mean square",
             "model/norm.py", "RMSNorm", "03"),
    Equation("GQA", "2305.13245", "section 2.2", "query heads share keys and values",
             "model/gqa.py", "GroupedQueryAttention", "03"),
    Equation("DeepSeek-V2 (MLA)", "2405.04434", "Eq. 9-19", "keys and values from one latent",
             "model/mla.py", "MultiHeadLatentAttention.naive", "03"),
    Equation("DeepSeek-V2 (MLA)", "2405.04434", "Eq. 9-19", "the same, absorbed",
             "model/mla.py", "MultiHeadLatentAttention.absorbed", "03"),
    Equation("SwiGLU", "2002.05202", "Eq. 6", "the shape of every expert",
             "model/mlp.py", "SwiGLU", "04"),
    Equation("DeepSeekMoE", "2401.06066", "Eq. 3-11", "shared and routed experts",
             "model/moe.py", "MixtureOfExperts", "04"),
    Equation(V3, "2412.19437", "Eq. 12-16", "affinity, choice with bias, weights without",
             "model/router.py", "Router.choose", "04"),
    Equation("Loss-free balancing", "2408.15664", "Algorithm 1", "the bias rule",
             "model/balance.py", "update_bias", "04"),
    Equation(V3, "2412.19437", "Eq. 17-20", "the sequence-wise balance loss",
             "model/balance.py", "balance_loss", "04"),
    Equation(MATH, "2402.03300", "section 4.1.2", "advantage: mean and deviation of the group",
             "rl/advantage.py", "group_advantages", "07"),
    Equation("Dr. GRPO", "2503.20783", "section 3.2", "advantage: the mean only",
             "rl/advantage.py", "group_advantages", "07"),
    Equation("RLOO", "2402.14740", "Eq. 9", "advantage: the mean of the others",
             "rl/advantage.py", "group_advantages", "07"),
    Equation(MATH, "2402.03300", "Eq. 3", "the clipped surrogate, per token",
             "rl/loss.py", "policy_loss", "07"),
    Equation(MATH, "2402.03300", "Eq. 4", "the KL term, k3", "rl/loss.py", "k3", "07"),
    Equation("DAPO", "2503.14476", "Eq. 8", "two clips, every token alike",
             "rl/loss.py", "policy_loss", "07"),
    Equation("DAPO", "2503.14476", "section 3.2", "dynamic sampling: no dead groups",
             "rl/groups.py", "sample_groups", "07"),
    Equation("GSPO", "2507.18071", "Eq. 5", "one ratio a sequence",
             "rl/loss.py", "log_ratios", "07"),
    Equation("the reward model", "Bradley and Terry, 1952", "", "a preference as a difference",
             "rl/reward_model.py", "bradley_terry", "10"),
    Equation("s1", "2501.19393", "section 3.1", "budget forcing: stop a thinking, or send it back",
             "rl/forcing.py", "force", "12"),
    Equation("Codex", "Chen et al. 2021", "equation 1", "pass@k without bias",
             "run/stats.py", "pass_at_k", "12"),
    Equation("Wilson", "1927", "", "the interval of a share", "run/stats.py", "wilson", "12"),
)  # fmt: skip


def markdown() -> str:
    """The table, with links that open from the folder of the lessons."""
    lines = [
        "# From the papers' equations to the code",
        "",
        "Made by `python -m minir1.lab.equations`. Each row leads to a function and a lesson.",
        "",
        "| paper | equation | what it says | function | lesson |",
        "|---|---|---|---|---|",
    ]
    sources = Path(__file__).parents[2] / "notebooks" / "src"
    lessons = {path.stem[:2]: path.stem for path in sources.glob("*.py")}
    for one in EQUATIONS:
        number = one.arxiv
        source = f"{one.paper} ({number})"
        if _is_arxiv(number):
            source = f"[{one.paper}](https://arxiv.org/abs/{number})"
        code = f"[`{one.name}`](../minir1/{one.file})"
        taught = f"[{one.lesson}]({lessons[one.lesson]}.ipynb)"
        lines.append(f"| {source} | {one.where} | {one.says} | {code} | {taught} |")
    return "\n".join(lines) + "\n"


def _is_arxiv(number: str) -> bool:
    """Whether this is the number of a paper on arXiv.

    >>> _is_arxiv("2501.12948"), _is_arxiv("1927")
    (True, False)
    """
    first, _, last = number.partition(".")
    return len(first) == 4 and len(last) == 5 and (first + last).isdigit()


def main(root: Path) -> Path:
    """Write the table under `root`."""
    path = root / "notebooks" / "equations.md"
    path.write_text(markdown(), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(main(Path(__file__).parents[2]).name)
