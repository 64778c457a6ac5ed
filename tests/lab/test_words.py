"""Two tables of words with the same keys and the same places for values."""

import re

from minir1.lab.words import LANGUAGES, table


def leaves(value, prefix=""):
    if isinstance(value, dict):
        return {
            k: v
            for key, inner in value.items()
            for k, v in leaves(inner, f"{prefix}{key}.").items()
        }
    if isinstance(value, list):
        return {f"{prefix}{i}": text for i, text in enumerate(value)}
    return {prefix: value}


def test_both_languages_say_the_same_things():
    english, other = (leaves(table(language)) for language in LANGUAGES)
    assert set(english) == set(other)
    for key in english:
        assert english[key].strip() and other[key].strip(), key
        if not key.startswith("exercise."):
            places = [
                sorted(re.findall(r"\{\w+[^}]*\}", text)) for text in (english[key], other[key])
            ]
            assert places[0] == places[1], key


def test_the_second_language_is_another_one():
    english, other = (leaves(table(language)) for language in LANGUAGES)
    long = [key for key in english if len(english[key].split()) > 4 and "`" not in english[key]]
    assert len(long) > 200
    assert not [key for key in long if english[key] == other[key]]
