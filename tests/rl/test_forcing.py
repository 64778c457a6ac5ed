"""Budgets hold, texts are sent back until they are enough, and nothing else changes."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minir1.config import ModelConfig
from minir1.model.transformer import Transformer
from minir1.rl import forcing
from minir1.rl.forcing import ANSWER_TOKENS, always_enough, force, until_yes
from minir1.run.evaluate import heldout_problems
from minir1.run.home import published, read_config
from minir1.run.models import finished_model
from minir1.tasks import parse
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def asked():
    folder = published("laptop")
    config = read_config(folder)
    base = finished_model(config, folder, "pretrain", torch.device("cpu"))
    tokenizer = Tokenizer(config.model.vocab_size)
    prompts = [prompt_ids(tokenizer, p.question) for p in heldout_problems(config.task, 24)]

    def ask(budget, enough=always_enough, rows=range(24)):
        keys = [100 + i for i in rows]
        return tokenizer, force(
            base, tokenizer, [prompts[i] for i in rows], keys, budget=budget, enough=enough
        )

    return ask


def thinking(tokenizer, forced):
    ids = forced.completion_ids
    close = tokenizer.id("</think>")
    return ids[: ids.index(close) + 1] if close in ids else ids


@pytest.mark.parametrize("budget", [5, 40])
def test_the_budget_holds_and_an_answer_follows(asked, budget):
    tokenizer, done = asked(budget)
    for forced in done:
        assert len(thinking(tokenizer, forced)) <= budget + 1  # the closing tag that was written
        assert len(forced.completion_ids) <= budget + 1 + ANSWER_TOKENS
    assert sum(forced.cut for forced in done) >= (20 if budget == 5 else 1)
    answered = [parse(tokenizer.decode(f.completion_ids)).answer is not None for f in done]
    assert sum(answered) > (0 if budget == 5 else 12)


def test_it_goes_on_until_its_own_check_says_yes(asked):
    tokenizer, done = asked(160, until_yes)
    _, free = asked(160)
    assert sum(f.sent_back for f in done) > 10 and not any(f.sent_back for f in free)
    for forced in done:
        text = tokenizer.decode(forced.completion_ids)
        if not (forced.cut or forced.ended):
            assert until_yes(text.split(" </think>")[0])
    lengths = [sum(len(f.completion_ids) for f in some) for some in (done, free)]
    assert lengths[0] > 1.5 * lengths[1]


def test_what_is_never_sent_back_is_what_it_would_have_written(asked):
    """Forcing only interferes where it must: the first round is the plain sampler's."""
    tokenizer, done = asked(160, until_yes)
    _, free = asked(160)
    alike = [
        (a, b)
        for a, b in zip(done, free, strict=True)
        if not (a.sent_back or a.cut or b.cut or a.ended)
    ]
    assert alike
    assert all(thinking(tokenizer, a) == thinking(tokenizer, b) for a, b in alike)


def test_the_same_keys_give_the_same_texts(asked):
    _, one = asked(60, until_yes)
    _, two = asked(60, until_yes)
    assert [f.completion_ids for f in one] == [f.completion_ids for f in two]


@pytest.mark.parametrize(
    ("given", "named"), [({"budget": 0}, "budget = 0"), ({"instead": [[5], []]}, r"instead = \[\]")]
)
def test_what_would_never_end_is_refused(given, named):
    options = {"budget": 9} | given
    with pytest.raises(ValueError, match=f"{named} can't be used"):
        force(SILENT, Tokenizer(), [[1], [1]], [0, 1], enough=lambda _: False, **options)


SILENT = Transformer(ModelConfig(dim=16, n_layers=1))
"""Its words are chosen by hypothesis, not by it."""


@given(
    data=st.data(),
    budget=st.integers(1, 6),
    words=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    at_most=st.none() | st.integers(0, 3),
)
def test_no_words_that_are_put_in_carry_a_row_over_its_budget(data, budget, words, at_most):
    tokenizer = Tokenizer()
    close, no = tokenizer.id("</think>"), tokenizer.id("no")
    tokens = st.sampled_from([close, no, tokenizer.eos_id])

    def sample(policy, prompts, keys, *, max_new_tokens, eos_id, temperature):
        said = st.lists(tokens, min_size=max_new_tokens, max_size=max_new_tokens)
        texts = [data.draw(said) for _ in prompts]
        ends = [text.index(eos_id) + 1 if eos_id in text else len(text) for text in texts]
        both = zip(texts, ends, strict=True)
        return [SimpleNamespace(completion_ids=text[:end]) for text, end in both]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forcing, "sample", sample)
        done = force(
            SILENT, tokenizer, [[no]] * len(words), range(len(words)),
            budget=budget, enough=lambda thinking: False, instead=[[no] * n for n in words],
            at_most=at_most,
        )  # fmt: skip
    for forced in done:
        ids = forced.completion_ids
        if not forced.ended:
            length = ids.index(close)  # of the thinking, without its end
            assert length == budget if forced.cut else length < budget
        else:
            assert len(ids) <= budget
        assert at_most is None or forced.sent_back <= at_most
