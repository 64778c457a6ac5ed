"""Forced questions: the words of the language, the number of times, and the claims' own numbers."""

import numpy as np
import pytest
import torch

from minir1.rl.forcing import force, until_yes
from minir1.rl.sampling import row_key
from minir1.run.evaluate import heldout_problems
from minir1.run.forced import FORCING_STEP, forced_rows, never_enough, overruled
from minir1.run.home import published, read_config
from minir1.run.models import finished_model
from minir1.tasks import Problem, Verdict, make_task
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def material():
    folder = published("laptop")
    config = read_config(folder)
    base = finished_model(config, folder, "pretrain", torch.device("cpu"))
    tokenizer, task = Tokenizer(config.model.vocab_size), make_task(config.task)
    return base, tokenizer, task, heldout_problems(config.task, 6)


def test_the_end_is_overruled_in_the_language_of_the_question():
    assert overruled(Problem("countdown", "", {"numbers": [1], "target": 1}, "")) == "no ;"
    assert overruled(Problem("bilingual", "", {"language": "english"}, "")) == "wrong then"
    assert overruled(Problem("arithmetic", "", 7, "")) == "no ;"


def test_it_is_overruled_so_often_and_no_more(material):
    problems = material[3]
    words = [overruled(problem) for problem in problems]
    found = {
        k: forced_rows(*material, seed=0, budget=60, enough=never_enough, instead=words, at_most=k)
        for k in (0, 1)
    }
    for k, rows in found.items():
        counts = [row["sent_back"] for mine in rows for row in mine]
        assert max(counts) == k
    for (free,), (once,) in zip(found[0], found[1], strict=True):
        if once["sent_back"]:  # the same beginning, then the words in place of the end
            beginning = free["completion"].split(" </think>")[0]
            assert once["completion"].startswith(f"{beginning} no ;")
        else:
            assert once["completion"] == free["completion"] or once["cut"]


def test_the_claims_numbers_are_those_of_force_itself(material):
    """What the rows of the claims were measured with: one sample each, keys of this step."""
    policy, tokenizer, task, problems = material
    rows = forced_rows(*material, seed=3, budget=40, enough=until_yes)
    prompts = [prompt_ids(tokenizer, problem.question) for problem in problems]
    keys = [row_key(3, FORCING_STEP, i, 0) for i in range(len(problems))]
    done = force(policy, tokenizer, prompts, keys, budget=40, enough=until_yes)
    texts = [tokenizer.decode(one.completion_ids) for one in done]
    assert [row["completion"] for mine in rows for row in mine] == texts
    right = [
        task.verify(p.gold, text) is Verdict.CORRECT
        for p, text in zip(problems, texts, strict=True)
    ]
    assert np.mean([mine[0]["verdict"] == "CORRECT" for mine in rows]) == np.mean(right)


@pytest.mark.parametrize(("temperature", "alike"), [(1.0, False), (0.0, True)])
def test_samples_of_one_question_are_draws_of_their_own(material, temperature, alike):
    rows = forced_rows(*material, seed=0, budget=20, samples=3, temperature=temperature)
    assert [len(mine) for mine in rows] == [3] * len(material[3])
    assert all((len({row["completion"] for row in mine}) == 1) == alike for mine in rows)


def test_a_budget_of_nothing_is_refused(material):
    with pytest.raises(ValueError, match="budget = 0 can't be used: a thinking needs 1 token"):
        forced_rows(*material, seed=0, budget=0)
