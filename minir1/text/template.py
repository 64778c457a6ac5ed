"""The prompt and completion template of R1-Zero, in the toy language.

R1-Zero's template (arXiv 2501.12948, Table 1) asks for a reasoning process inside <think>
tags and then the answer inside <answer> tags. The prompt ends where the assistant's turn
begins; the policy must produce the tags itself, and the format reward checks that it does.

    prompt      <user> make 15 from 10 5 1 <assistant>
    completion  <think> 10 + 5 = 15 , 15 * 1 = 15 </think> <answer> ( 10 + 5 ) * 1 </answer>

`minir1.tasks.completion.parse` is the inverse of `render_completion`.
"""

from __future__ import annotations

from minir1.text.chat import ChatTokenizer
from minir1.text.tokenizer import Tokenizer


def render_prompt(question: str) -> str:
    """The text that the policy continues.

    >>> render_prompt("make 15 from 10 5 1")
    '<user> make 15 from 10 5 1 <assistant>'
    """
    return f"<user> {question} <assistant>"


def render_completion(think: str, answer: str) -> str:
    """A whole completion in the right format, without the end token."""
    return f"<think> {think} </think> <answer> {answer} </answer>"


def prompt_ids(tokenizer: Tokenizer, question: str) -> list[int]:
    """Ids of the prompt, the begin token first."""
    if isinstance(tokenizer, ChatTokenizer):  # a real model was taught a template of its own
        return tokenizer.prompt(question)
    return [tokenizer.bos_id, *tokenizer.encode(render_prompt(question))]
