"""R1-Zero: GRPO with verifiable rewards, straight from the base (arXiv 2501.12948, 2.2).

No human solution, no reward model, no value network: the only teacher is a verifier that
says right or wrong. The loop itself is stages/reinforce.py; here is what R1-Zero puts into it.
"""

from pathlib import Path

from minir1.config import Config
from minir1.model.transformer import Transformer
from minir1.run.distributed import SOLO, World
from minir1.stages.ready import check_task
from minir1.stages.reinforce import Course, reinforce
from minir1.stages.reinforce import problem_seed as problem_seed


def zero(config: Config, out: Path, world: World = SOLO) -> Transformer:
    """Train the policy, or go on where an earlier call was stopped."""
    check_task(config)
    course = Course(
        name="zero",
        start="pretrain",
        task=config.task,
        settings=config.zero,
        seed=config.seed,
    )
    return reinforce(config, out, course, world)
