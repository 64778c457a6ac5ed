"""The base corpus: true where it says so, from the training split only, and as its dials say."""

import math
from dataclasses import replace
from itertools import islice

import pytest

from minir1.config import CorpusConfig, TaskConfig
from minir1.stages.pretrain import corpus_task
from minir1.tasks.completion import parse
from minir1.tasks.countdown import Countdown
from minir1.tasks.expression import Value, evaluate, stays_in_range
from minir1.tasks.search import all_tries
from minir1.tasks.splits import key_of, split_of
from minir1.text.corpus import Document, documents
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import is_right, read_tries, trace_stats

TASK = corpus_task(TaskConfig())
BASE = CorpusConfig(facts_share=0.25, check_share=0.6, stop_on_yes=0.95, give_up=0.4, max_tries=14)
TRACES = replace(BASE, facts_share=0.0, sweep_share=0.0, aimed_share=0.0, patient_share=0.0)
"""Random searchers only; each test turns the dial that it looks at."""
FACTS = replace(BASE, facts_share=1.0)


def take(
    config: CorpusConfig, count: int, task: Countdown = TASK, seed: str = "test"
) -> list[Document]:
    return list(islice(documents(config, task, seed), count))


def read(document: Document) -> tuple[list[int], int, list, str]:
    """Numbers, target, tries and answer of a trace document; it must be well formed."""
    words = document.prompt.split()
    assert words[:2] == ["<user>", "make"] and words[3] == "from" and words[-1] == "<assistant>"
    parsed = parse(document.text)
    assert parsed.well_formed, parsed.fault
    assert parsed.answer is not None
    return (
        [int(word) for word in words[4:-1]],
        int(words[2]),
        read_tries(parsed.think),
        parsed.answer,
    )


def test_the_task_has_the_recipe_s_dials():
    config = TaskConfig(n_numbers=2, low=2, high=9, ops="+-", max_value=50, heldout_share=0.3)
    assert corpus_task(config) == Countdown(
        n_numbers=2, low=2, high=9, ops="+-", max_value=50, heldout_share=0.3
    )


@pytest.mark.parametrize("n_numbers", [2, 3, 4])
@pytest.mark.parametrize("truthful", [True, False])
def test_every_document_encodes_and_fits(n_numbers, truthful):
    tokenizer = Tokenizer()
    task = replace(TASK, n_numbers=n_numbers, ops="+-*/")
    for document in take(
        replace(BASE, truthful=truthful, sweep_share=0.3, aimed_share=0.3), 100, task
    ):
        assert len(tokenizer.encode(" ".join(document))) < 400
        for text in document:
            assert tokenizer.decode(tokenizer.encode(text)) == text


def test_traces_use_the_numbers_of_training_problems_only():
    heldout_share = 0.5  # a high share: a leak would show in every second document
    task = replace(TASK, heldout_share=heldout_share)
    for document in take(TRACES, 250, task):
        numbers, _, tries, _ = read(document)
        assert split_of(key_of(numbers), heldout_share) == "train"
        # A try made of other numbers would be a leak as well, and is no legal try.
        assert all(is_right(one.steps, numbers, one.steps.value) for one in tries)


def test_every_document_answers_with_its_last_try():
    for document in take(TRACES, 300):
        numbers, _, tries, answer = read(document)
        value = evaluate(answer)
        assert isinstance(value, Value) and stays_in_range(value, 99)
        assert value.value == tries[-1].steps.value
        assert sorted(numbers) == list(value.numbers)


@pytest.mark.parametrize("ops", ["+-*", "+-*/"])
def test_facts_are_true(ops):
    equal = comparisons = 0
    for document in take(FACTS, 200, replace(TASK, ops=ops)):
        facts = document.text.split(" , ")
        assert document.prompt == ""
        assert len(facts) == 12
        for fact in facts:
            if "?" in fact:
                a, _, b, said = fact.split()
                assert said == ("yes" if a == b else "no")
                comparisons += 1
                equal += a == b
            else:
                left, _, right = fact.partition(" = ")
                value = evaluate(left)
                assert isinstance(value, Value) and value.value == int(right) <= 99
                assert value.ops <= set(ops)
    # A third of the comparisons is equal on purpose, and one in a hundred of the rest by chance.
    assert comparisons / 2400 == pytest.approx(0.4, abs=5 * math.sqrt(0.24 / 2400))
    share = 1 / 3 + 2 / 3 / 100
    assert equal / comparisons == pytest.approx(share, abs=5 * math.sqrt(0.23 / comparisons))


def test_without_comparisons_no_fact_is_one():
    assert not any("?" in one.text for one in take(replace(FACTS, comparisons=False), 100))


def stats_of(document: Document):
    numbers, target, tries, _ = read(document)
    think = parse(document.text).think
    return trace_stats(think, numbers, target), tries


def test_checks_are_truthful():
    config = replace(TRACES, check_share=1.0, give_up=0.1)
    stats = [stats_of(document)[0] for document in take(config, 200)]
    assert all(one.checks == one.tries == one.truthful_checks for one in stats)
    assert sum(one.checks for one in stats) > 600


def test_checks_that_lie_lie_half_the_time():
    config = replace(TRACES, check_share=1.0, truthful=False, give_up=0.1, stop_on_yes=0.1)
    texts = take(config, 200)
    stats = [stats_of(document)[0] for document in texts]
    checks = sum(one.checks for one in stats)
    truthful = sum(one.truthful_checks for one in stats)
    assert checks > 900
    assert truthful / checks == pytest.approx(0.5, abs=2.5 / math.sqrt(checks))  # 5 sigma
    # The coin doesn't know the truth: of the right tries, too, half are called wrong.
    said = [
        written.said
        for document in texts
        for numbers, target, tries, _ in [read(document)]
        for written in tries
        if written.steps.value == target
    ]
    assert len(said) > 50
    assert said.count("yes") / len(said) == pytest.approx(0.5, abs=2.5 / math.sqrt(len(said)))


def test_check_share():
    for share in (0.0, 0.3, 1.0):
        stats = [stats_of(text)[0] for text in take(replace(TRACES, check_share=share), 200)]
        assert all(one.checks in (0, one.tries) for one in stats)  # a whole trace, or none of it
        checked = sum(one.checks > 0 for one in stats) / len(stats)
        assert checked == pytest.approx(share, abs=5 * math.sqrt(share * (1 - share) / 200))


def test_giving_up():
    assert all(len(read(text)[2]) == 1 for text in take(replace(TRACES, give_up=1.0), 100))
    patient = replace(TRACES, give_up=0.0, check_share=0.0, max_tries=5)
    assert all(len(read(text)[2]) == 5 for text in take(patient, 50))
    unchecked = replace(TRACES, check_share=0.0, give_up=0.5, max_tries=14)
    mean = sum(len(read(text)[2]) for text in take(unchecked, 400)) / 400
    assert mean == pytest.approx(2.0, abs=5 * math.sqrt(2 / 400))  # geometric, p = .5


def test_stopping_on_a_yes():
    config = replace(TRACES, check_share=1.0, give_up=0.0, stop_on_yes=1.0)
    for document in take(config, 80):
        said = [one.said for one in read(document)[2]]
        assert "yes" not in said[:-1]
        assert said[-1] == "yes" or len(said) == config.max_tries
    config = replace(config, stop_on_yes=0.0, max_tries=6)
    assert all(len(read(document)[2]) == 6 for document in take(config, 40))


def test_an_aimed_try_is_the_closest_of_a_few():
    config = replace(TRACES, aimed_share=1.0, give_up=1.0, check_share=0.0)
    hits = {}
    for aim in (1, 4):
        documents_read = [read(text) for text in take(replace(config, aim=aim), 500)]
        hits[aim] = sum(tries[0].steps.value == target for _, target, tries, _ in documents_read)
    # The oracle: a try hits with chance p of its problem, the best of four with 1 - (1 - p)^4.
    chances = []
    for _, target, numbers in ((0, r[1], r[0]) for r in documents_read):
        tries = all_tries(tuple(numbers), TASK.ops, TASK.max_value)
        chances.append(sum(p for one, p in tries.items() if one.value == target))
    for aim, hit in hits.items():
        each = [1 - (1 - p) ** aim for p in chances]
        spread = math.sqrt(sum(p * (1 - p) for p in each))
        assert hit == pytest.approx(sum(each), abs=5 * spread)


def test_a_sweep_repeats_no_try_while_one_is_left():
    config = replace(TRACES, sweep_share=1.0, give_up=0.0, check_share=0.0, max_tries=40)
    first = set()
    for document in take(config, 60):
        numbers, _, tries, _ = read(document)
        every = {one.key for one in all_tries(tuple(numbers), TASK.ops, TASK.max_value)}
        keys = [one.steps.key for one in tries]
        assert len(set(keys)) == min(40, len(every))
        assert set(keys) <= every
        first.add(tries[0].steps.steps[0][1])
    assert first == set("+-*")  # it doesn't always start at the same try
    blind = take(replace(config, sweep_share=0.0), 20)
    assert all(one.distinct_tries < one.tries for one in (stats_of(text)[0] for text in blind))


def test_a_patient_searcher_has_a_dial_of_its_own():
    """It shows after a first no: the patient goes on, the others give up."""
    config = replace(TRACES, check_share=1.0, give_up=1.0, patient_give_up=0.0, patient_share=0.3)
    tries = [read(text)[2] for text in take(config, 400)]
    went_on = [len(one) > 1 for one in tries if one[0].said == "no"]
    share = sum(went_on) / len(went_on)
    assert share == pytest.approx(0.3, abs=5 * math.sqrt(0.21 / len(went_on)))
    # Who doesn't check has nothing to be patient for.
    unchecked = replace(config, check_share=0.0, patient_share=1.0)
    assert all(len(read(text)[2]) == 1 for text in take(unchecked, 50))


@pytest.mark.parametrize(
    "dials",
    [
        {"facts_share": 1.1},
        {"give_up": -0.1},
        {"max_tries": 0},
        {"aim": 0},
        {"sweep_share": 0.6, "aimed_share": 0.5},
    ],
)
def test_a_dial_out_of_range_is_named(dials):
    with pytest.raises(ValueError, match=list(dials)[-1]):
        CorpusConfig(**dials)


def test_the_stream_is_a_function_of_its_seed():
    first = take(BASE, 40)
    assert first == take(BASE, 40)
    assert first != take(BASE, 40, seed="other")
    assert len(set(take(TRACES, 100))) > 90


def test_the_share_of_facts():
    facts = sum(document.prompt == "" for document in take(BASE, 600))
    assert facts / 600 == pytest.approx(0.25, abs=5 * math.sqrt(0.25 * 0.75 / 600))
