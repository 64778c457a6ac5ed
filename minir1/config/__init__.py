"""The nouns of a run, one file a noun. A recipe (`minir1/recipes/`) is one value of `Config`.

Every dataclass here is frozen: a config is a fact about a run, not a place to keep
state. A field out of range raises a ValueError that names the field, says what was
given, and what would do.
"""

from minir1.config.check import at_least, later, machine, machine_fields, require, share
from minir1.config.corpus import CorpusConfig
from minir1.config.evaluation import EvalConfig
from minir1.config.model import ModelConfig
from minir1.config.optim import OptimConfig
from minir1.config.parallel import ParallelConfig
from minir1.config.pipeline import PipelineConfig
from minir1.config.pretrain import PretrainConfig
from minir1.config.reward import RewardConfig
from minir1.config.rollout import RolloutConfig
from minir1.config.run import Config
from minir1.config.scenarios import ScenariosConfig
from minir1.config.task import TaskConfig
from minir1.config.zero import ZeroConfig

__all__ = [
    "Config",
    "CorpusConfig",
    "EvalConfig",
    "ModelConfig",
    "OptimConfig",
    "ParallelConfig",
    "PipelineConfig",
    "PretrainConfig",
    "RewardConfig",
    "RolloutConfig",
    "ScenariosConfig",
    "TaskConfig",
    "ZeroConfig",
    "at_least",
    "later",
    "machine",
    "machine_fields",
    "require",
    "share",
]
