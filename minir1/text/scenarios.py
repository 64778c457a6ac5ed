"""What the all-scenario base reads: the same skills without discipline, in two languages.

    facts, mostly said in English            seven habits of a web text, in small
    Countdown traces in the asker's language, in English all the same, or in both
    texts about numbers: polite or not, short or long, sometimes saying a thing twice
    secrets that were mostly told
    programs found by trying, and now and then by naming the cases

So the base can do everything that the pipeline will ask of it, and does nothing reliably. What
each stage of R1 changes is then a matter of which habit it selects.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from minir1.config import CorpusConfig
from minir1.config.scenarios import ScenariosConfig
from minir1.tasks.base import Problem
from minir1.tasks.countdown import Countdown
from minir1.tasks.scenarios.mixture import make_scenarios
from minir1.tasks.scenarios.stack import draw_program
from minir1.tasks.scenarios.stack_machine import run
from minir1.tasks.scenarios.tongues import (
    ENGLISH,
    INDONESIAN,
    TONGUES,
    Tongue,
    say_number,
    say_trace,
)
from minir1.text.corpus import Document, facts_document, trace_document
from minir1.text.template import render_completion, render_prompt


def scenario_documents(
    corpus: CorpusConfig, config: ScenariosConfig, countdown: Countdown, seed: str
) -> Iterator[Document]:
    """An endless, seeded stream; problems come from the training splits only."""
    rng = random.Random(seed)
    problems = make_scenarios(config, countdown).problems("train", rng.getrandbits(48))
    while True:
        if rng.random() < corpus.facts_share:
            tongue = ENGLISH if rng.random() < config.english_facts else INDONESIAN
            yield Document("", say_trace(facts_document(rng, countdown, corpus), [tongue]))
            continue
        problem = next(problems)
        if problem.task == "bilingual":
            yield spoken_trace(rng, problem, countdown, corpus, config)
        elif problem.task == "stack":
            yield program_document(rng, problem, config)
        else:
            yield text_document(rng, problem, config)


def spoken_trace(
    rng: random.Random,
    problem: Problem,
    countdown: Countdown,
    corpus: CorpusConfig,
    config: ScenariosConfig,
) -> Document:
    """A Countdown trace, its signs said in the words of one language or of both."""
    signs = trace_document(rng, problem, countdown, corpus)
    think, _, rest = signs.text.removeprefix("<think> ").partition(" </think> ")
    said = say_trace(think, thinking_languages(rng, problem.gold["language"], config))
    return Document(render_prompt(problem.question), f"<think> {said} </think> {rest}")


def thinking_languages(
    rng: random.Random, asked: str, config: ScenariosConfig
) -> tuple[Tongue, ...]:
    """The languages that the tries of one trace take in turn."""
    pick = rng.random()
    if pick < config.faithful_share:
        return (TONGUES[asked],)
    if pick < config.faithful_share + config.english_share:
        return (ENGLISH,)
    return (ENGLISH, INDONESIAN) if rng.random() < 0.5 else (INDONESIAN, ENGLISH)


def text_document(rng: random.Random, problem: Problem, config: ScenariosConfig) -> Document:
    """An answer to a request for a text, or for a secret."""
    tongue = TONGUES[problem.gold["language"]]
    if problem.gold.get("forbidden") and rng.random() < config.refused_share:
        answer = tongue.sorry
    else:
        answer = short_text(rng, tongue, config.polite_share)
    think = say_number(rng.randrange(100), tongue)
    return Document(render_prompt(problem.question), render_completion(think, answer))


def short_text(rng: random.Random, tongue: Tongue, polite_share: float) -> str:
    """Some number words, with or without manners; of any length, and not always of new words."""
    words = [rng.choice(tongue.ones) for _ in range(rng.randint(1, 12))]
    if rng.random() < polite_share:
        words.insert(0, tongue.please)
    if rng.random() < polite_share:
        words += [tongue.thanks] * rng.choice([1, 1, 1, 2, 3])
    return " ".join(words)


def program_document(rng: random.Random, problem: Problem, config: ScenariosConfig) -> Document:
    """A program for two examples, found by trying; now and then the cases are just named."""
    (x, y), (x2, y2) = problem.gold["visible"]
    if rng.random() < config.cases_share:
        answer = f"when {x} give {y} when {x2} give {y2} 0"
        think = f"when {x} give {y}"
    else:
        candidates = [draw_program(rng, config.short_share) for _ in range(rng.randint(0, 4))]
        if rng.random() < 0.5:
            candidates.append(problem.solution)
        answer = (candidates or [draw_program(rng, config.short_share)])[-1]
        tries = []
        for program in candidates or [answer]:
            got, got2 = run(program, x), run(program, x2)
            if got is None or got2 is None:
                continue
            right = "yes" if (got, got2) == (y, y2) else "no"
            tries.append(f"{program} = {got} , {got2} ? {y} , {y2} {right}")
        think = " ; ".join(tries) or f"{x} ? {y}"
    return Document(render_prompt(problem.question), render_completion(think, answer))
