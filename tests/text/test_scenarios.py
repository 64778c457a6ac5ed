"""What the all-scenario base reads can be written, is about training problems, and is honest."""

from dataclasses import replace
from itertools import islice

import pytest

from minir1.config import CorpusConfig
from minir1.config.scenarios import ScenariosConfig
from minir1.tasks import parse
from minir1.tasks.countdown import Countdown
from minir1.tasks.scenarios.mixture import make_scenarios
from minir1.tasks.scenarios.tongues import ENGLISH, INDONESIAN, purity, to_signs
from minir1.tasks.scenarios.words import scenario_words
from minir1.text.scenarios import scenario_documents
from minir1.text.tokenizer import Tokenizer
from minir1.text.trace import read_tries

ALL = ScenariosConfig(stack=0.2)
NONE = ScenariosConfig(bilingual=0.0, manners=0.0, refusal=0.0, stack=1.0)


def read(config=ALL, n=600, seed="0"):
    return list(islice(scenario_documents(CorpusConfig(), config, Countdown(), seed), n))


def test_every_document_is_in_the_vocabulary_and_ends():
    tokenizer = Tokenizer(256)
    lengths = [len(tokenizer.encode(f"{d.prompt} {d.text}")) for d in read()]
    assert max(lengths) < 400


def test_the_same_seed_gives_the_same_text():
    assert read(n=50) == read(n=50) != read(n=50, seed="1")


def test_small_vocabularies_keep_their_reserved_tokens():
    """Models of 128 tokens were trained before these words existed."""
    assert Tokenizer(128).words[-1] == "<reserved_3>"
    assert Tokenizer(256).words[124 : 124 + len(scenario_words())] == scenario_words()


def test_held_out_problems_are_nowhere_in_it():
    mixture = make_scenarios(ALL, Countdown())
    heldout = {p.question for p in islice(mixture.problems("heldout", 5), 2000)}
    asked = {d.prompt.removeprefix("<user> ").removesuffix(" <assistant>") for d in read(n=3000)}
    programs = {q for q in heldout if q.startswith("program")}  # two functions may share examples
    assert not (heldout - programs) & asked


def test_a_spoken_trace_is_a_trace():
    spoken = [d.text for d in read() if d.prompt and "cek" in d.text]
    assert spoken and all(read_tries(to_signs(parse(text).think)) for text in spoken)


def thinking(config, question_word):
    texts = [parse(d.text).think for d in read(config, 2000) if f" {question_word} " in d.prompt]
    return [text for text in texts if text]


@pytest.mark.parametrize(("word", "tongue"), [("form", ENGLISH), ("buat", INDONESIAN)])
def test_the_dials_of_language_do_what_they_say(word, tongue):
    faithful = replace(ALL, faithful_share=1.0, english_share=0.0)
    assert all(purity(text, tongue) == 1 for text in thinking(faithful, word))
    english = replace(ALL, faithful_share=0.0, english_share=1.0)
    assert all(purity(text, ENGLISH) == 1 for text in thinking(english, word))
    mixed = replace(ALL, faithful_share=0.0, english_share=0.0)
    shares = [purity(text, ENGLISH) for text in thinking(mixed, word)]
    assert sum(0 < share < 1 for share in shares) / len(shares) > 0.2


def test_programs_name_their_cases_as_often_as_asked():
    def share(cases: float) -> float:
        config = replace(NONE, stack=1.0, cases_share=cases)
        answers = [parse(one.text).answer or "" for one in read(config) if one.prompt]
        return sum("when" in answer for answer in answers) / len(answers)

    assert (share(0.0), share(1.0)) == (0.0, 1.0)
    assert 0.2 < share(0.3) < 0.4


def test_impossible_shares_are_refused():
    with pytest.raises(ValueError, match=r"english_share = 0\.8"):
        ScenariosConfig(faithful_share=0.5, english_share=0.8)
    with pytest.raises(ValueError, match="give one kind a weight above 0"):
        ScenariosConfig(bilingual=0.0, manners=0.0, refusal=0.0)
