"""What the doctor says: one sentence, the evidence, the likely causes, and what to try."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, named by `name` from the list in rules.py."""

    name: str
    sentence: str
    evidence: str
    causes: tuple[str, ...]
    cures: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.name}: {self.sentence}",
                f"  seen:   {self.evidence}",
                f"  likely: {'; '.join(self.causes)}",
                f"  try:    {'; '.join(self.cures)}",
            ]
        )
