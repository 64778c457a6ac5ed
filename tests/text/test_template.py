"""The template and the parser of completions are inverses."""

from hypothesis import given
from hypothesis import strategies as st

from minir1.tasks.completion import parse
from minir1.text.template import render_completion
from minir1.text.tokenizer import SPECIAL, Tokenizer

PLAIN = [word for word in Tokenizer().words if word not in SPECIAL]
THINK = st.lists(st.sampled_from(PLAIN)).map(" ".join)
ANSWER = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=15).map(" ".join)


@given(THINK, ANSWER)
def test_the_parser_reads_back_what_the_template_wrote(think, answer):
    for end in ("", " <eos>"):
        parsed = parse(render_completion(think, answer) + end)
        assert (parsed.think, parsed.answer) == (think, answer)
        assert parsed.well_formed and parsed.fault == ""


@given(THINK, ANSWER)
def test_the_template_writes_again_what_the_parser_read(think, answer):
    text = render_completion(think, answer)
    parsed = parse(text)
    assert parsed.answer is not None
    assert render_completion(parsed.think, parsed.answer) == text
