"""The toy's all-scenario prompts: two languages, a code task, style, and what to refuse.

R1 is more than Countdown: it must think in the asker's language, write programs that pass tests
it has not seen, please its readers, and decline what it should not do. Each kind here is the
smallest that still has R1's difficulty in it, and says what it leaves out.
"""

from minir1.tasks.scenarios.bilingual import Bilingual
from minir1.tasks.scenarios.manners import Manners
from minir1.tasks.scenarios.refusal import Refusal
from minir1.tasks.scenarios.stack import Stack

__all__ = ["Bilingual", "Manners", "Refusal", "Stack"]
