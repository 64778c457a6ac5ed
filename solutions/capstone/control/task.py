"""Change: pay an amount with as few coins as possible.

make 31 from 12 9 4 1    ->    9 9 9 4        four coins; 12 12 4 1 1 1 would be six
"""

import random

from minir1.tasks import Problem, Verdict, parse

LARGEST = 12
LEAST, MOST = 3, 6
"""Coins that the best answer needs."""


def fewest(amount: int, coins: list[int]) -> list[int]:
    """As few coins as possible, found for every smaller amount first."""
    best: list[list[int]] = [[]]
    for value in range(1, amount + 1):
        ways = [[coin, *best[value - coin]] for coin in coins if coin <= value]
        best.append(min(ways, key=len))
    return best[amount]


def draw(rng: random.Random) -> Problem:
    """An amount and four coins. One of them is 1, so everything can be paid."""
    while True:
        coins = [*sorted(rng.sample(range(2, LARGEST + 1), 3), reverse=True), 1]
        amount = rng.randint(20, 40)
        best = fewest(amount, coins)
        if LEAST <= len(best) <= MOST:
            break
    text = " ".join(map(str, coins))
    return Problem(
        task="change",
        question=f"make {amount} from {text}",
        gold={"amount": amount, "coins": coins, "fewest": len(best)},
        key=f"{amount} {text}",
        solution=" ".join(map(str, best)),
    )


def verify(gold: dict, completion: str) -> Verdict:
    """Right: only these coins, exactly the amount, and no coin too many. Any order will do."""
    parsed = parse(completion)
    if parsed.answer is None:
        return parsed.verdict or Verdict.MALFORMED
    words = parsed.answer.split()
    if not set(words) <= {str(coin) for coin in gold["coins"]}:
        return Verdict.MALFORMED
    paid = sum(int(word) for word in words)
    right = paid == gold["amount"] and len(words) == gold["fewest"]
    return Verdict.CORRECT if right else Verdict.WRONG


def example(problem: Problem, rng: random.Random) -> tuple[str, str]:
    """A careless cashier: any coin that fits, now and then the largest; stops after twelve."""
    left, steps, paid = problem.gold["amount"], [], []
    while left and len(paid) < 12:
        fitting = [coin for coin in problem.gold["coins"] if coin <= left]
        coin = fitting[0] if rng.random() < 0.2 else rng.choice(fitting)
        steps.append(f"{left} - {coin} = {left - coin}")
        paid.append(str(coin))
        left -= coin
    return " , ".join(steps), " ".join(paid)


def fact(rng: random.Random) -> str:
    """A subtraction."""
    a = rng.randint(1, 40)
    b = rng.randint(1, min(a, LARGEST))
    return f"{a} - {b} = {a - b}"


def near_misses(problem: Problem) -> list[str]:
    """One coin missing, one coin too many, and the right amount in far too many coins."""
    best = problem.solution.split()
    return [" ".join(best[1:]), " ".join([*best, "1"]), " ".join(["1"] * problem.gold["amount"])]
