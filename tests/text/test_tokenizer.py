"""One token a word, one token a number, and text comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minir1.text.template import prompt_ids, render_prompt
from minir1.text.tokenizer import NUMBERS, SPECIAL, SYMBOLS, WORDS, Tokenizer

TOKENIZER = Tokenizer()


def test_the_vocabulary_is_the_toy_language_and_reserved_words():
    words = [*SPECIAL, *SYMBOLS, *WORDS, *map(str, range(100))]
    assert list(NUMBERS) == [str(n) for n in range(100)]
    assert TOKENIZER.words[: len(words)] == tuple(words)
    assert all(word.startswith("<reserved_") for word in TOKENIZER.words[len(words) :])
    assert len(set(TOKENIZER.words)) == TOKENIZER.vocab_size == 128


def test_the_special_ids():
    ids = (TOKENIZER.pad_id, TOKENIZER.bos_id, TOKENIZER.eos_id)
    assert [TOKENIZER.words[i] for i in ids] == ["<pad>", "<bos>", "<eos>"]


@given(st.lists(st.integers(0, 127)))
def test_ids_come_back(ids):
    assert TOKENIZER.encode(TOKENIZER.decode(ids)) == ids


@given(st.lists(st.sampled_from(TOKENIZER.words)), st.sampled_from([" ", "  ", "\n", "\t "]))
def test_words_come_back_with_single_spaces(words, space):
    ids = TOKENIZER.encode(space.join(words))
    assert len(ids) == len(words)
    assert TOKENIZER.decode(ids) == " ".join(words)


@pytest.mark.parametrize(
    ("word", "near"),
    [("mak", "make"), ("<thnk>", "<think>"), ("100", "10"), ("answer>", "<answer>")],
)
def test_an_unknown_word_is_named_with_words_near_it(word, near):
    with pytest.raises(ValueError, match="not in the vocabulary") as caught:
        TOKENIZER.encode(f"make 15 {word} 5")
    message = str(caught.value)
    assert repr(word) in message and "near it: " in message
    assert near in message.partition("near it: ")[2].split(", ")


@pytest.mark.parametrize("word", ["zzzzzz", "naïve", "007", "1.5", "-3", "10+5"])
def test_a_word_outside_is_refused_and_never_guessed(word):
    with pytest.raises(ValueError, match="not in the vocabulary"):
        TOKENIZER.encode(word)


def test_a_small_vocabulary_is_refused_with_the_size_it_needs():
    needed = len(SPECIAL) + len(SYMBOLS) + len(WORDS) + 100
    assert Tokenizer(needed).vocab_size == needed
    with pytest.raises(ValueError, match=f"vocab_size = {needed - 1} .* needs {needed}"):
        Tokenizer(needed - 1)


def test_a_prompt_starts_with_bos_and_ends_where_the_assistant_begins():
    ids = prompt_ids(TOKENIZER, "make 15 from 10 5 1")
    assert ids[0] == TOKENIZER.bos_id
    assert TOKENIZER.decode(ids[1:]) == render_prompt("make 15 from 10 5 1")
    assert TOKENIZER.words[ids[-1]] == "<assistant>"
