"""What a rollout is paid in the later stages of R1, beyond its verdict.

    Dev2   accuracy + w * language            the share of the thinking in the asker's language
    R1     the same, and in the last steps    w * sigmoid(the reward model's score), for texts

R1 pays for preference only at the end of its last stage, because a policy that is paid for it for
longer learns to please the reward model and not the readers (arXiv 2501.12948v2, 3.2). The
readers' own taste is known in the toy. It is measured, as `accuracy` of such prompts, and never
paid.
"""

from dataclasses import dataclass, replace

import torch

from minir1.config import ZeroConfig
from minir1.rl.baselines.value import ValueModel
from minir1.rl.reward_model import scores, shown_ids
from minir1.rl.types import Group
from minir1.tasks import Problem, parse
from minir1.tasks.reward import Reward
from minir1.tasks.scenarios.tongues import TONGUES, purity
from minir1.text.tokenizer import Tokenizer

TASTE_ONLY = "manners"
"""The kind of prompt that has no right answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wages:
    """Pays for language, and from step `taste_from` on for the reward model's score."""

    tokenizer: Tokenizer
    settings: ZeroConfig
    language: float = 0.0
    reader: ValueModel | None = None
    taste: float = 0.0
    taste_from: int = 0

    def __call__(self, group: Group, step: int) -> Group:
        """The same group with other rewards."""
        texts = [self.tokenizer.decode(one.completion_ids) for one in group.rollouts]
        parts = {"language": [language_of(group.problem, text) for text in texts]}
        weights = {"language": self.language}
        if self.reader is not None:
            parts["taste"] = liked(self.reader, self.tokenizer, group.problem, texts)
            weights["taste"] = self.taste * (step >= self.taste_from)
        rewards = []
        for i, reward in enumerate(group.rewards):
            own = {name: values[i] for name, values in parts.items()}
            total = reward.total
            if group.problem.task == TASTE_ONLY:  # first, or a rounding of it would stay behind
                total -= self.settings.reward.accuracy * reward.parts["accuracy"]
            total += sum(weights[name] * value for name, value in own.items())
            rewards.append(Reward(reward.parts | own, total))
        return replace(group, rewards=rewards)


def language_of(problem: Problem, text: str) -> float:
    """How much of the thinking is in the language of its prompt; 0 where a prompt has none."""
    name = problem.gold.get("language")
    return purity(parse(text).think, TONGUES[name]) if name else 0.0


@torch.no_grad()
def liked(
    reader: ValueModel, tokenizer: Tokenizer, problem: Problem, texts: list[str]
) -> list[float]:
    """The reward model's score of each text, as a share; 0 for no answer, and for other prompts."""
    answers = [parse(text).answer for text in texts]
    if problem.task != TASTE_ONLY or not any(answers):
        return [0.0] * len(texts)
    shown = [shown_ids(tokenizer, problem.question, answer or "") for answer in answers]
    found = torch.sigmoid(scores(reader, shown, tokenizer.pad_id)).tolist()
    return [score if answer else 0.0 for score, answer in zip(found, answers, strict=True)]
