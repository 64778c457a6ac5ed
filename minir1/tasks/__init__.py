"""Problems and their exact verifiers. No torch here: a task is text, integers and rules."""

from minir1.tasks.base import Problem as Problem
from minir1.tasks.base import Split as Split
from minir1.tasks.base import Task as Task
from minir1.tasks.base import Verdict as Verdict
from minir1.tasks.completion import Parsed as Parsed
from minir1.tasks.completion import parse as parse
from minir1.tasks.registry import make_task as make_task
from minir1.tasks.reward import Reward as Reward
from minir1.tasks.reward import score as score
from minir1.tasks.verifiers import verify as verify
