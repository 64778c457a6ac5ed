# %%
from minir1.tasks import parse
from minir1.tasks.scenarios.stack_machine import run


def pay_programs(problem, completions):
    right = {x: run(problem.solution, x) for x in range(100)}
    right = {x: y for x, y in right.items() if y is not None}

    def earns(text):
        answer = parse(text).answer
        if answer is None:
            return -0.5
        return 1 if right == {x: run(answer, x) for x in right} else 0

    return [earns(text) for text in completions]


# %%
from minir1.tasks.completion import parse
from minir1.tasks.scenarios.stack_machine import run


def pay_programs(problem, completions):
    """Shorter programs earn a little more; none of the wrong ones earns anything."""
    paid = []
    for text in completions:
        words = parse(text).answer
        if words is None or any(
            run(words, x) != run(problem.solution, x)
            for x in range(100)
            if run(problem.solution, x) is not None
        ):
            paid.append(0.0)
        else:
            paid.append(1 - 0.01 * len(words.split()))
    return paid


# %%
from minir1.tasks.base import Verdict
from minir1.tasks.scenarios.stack import judge
from minir1.tasks.scenarios.stack_machine import run


def pay_programs(problem, completions):
    results = [(x, run(problem.solution, x)) for x in range(100)]
    tests = [(x, y) for x, y in results if y is not None]
    return [0.5 if judge(text, tests) is Verdict.CORRECT else -0.1 for text in completions]
