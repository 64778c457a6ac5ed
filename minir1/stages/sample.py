"""Asking a trained model a question and reading its answer as it is written."""

from collections.abc import Iterator
from pathlib import Path

from minir1.rl.rollout import decode
from minir1.rl.sampling import row_key
from minir1.run.evaluate import heldout_problems
from minir1.run.models import last_model
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer


def sample_run(
    run_dir: Path,
    question: str | None = None,
    temperature: float = 1.0,
    max_new_tokens: int | None = None,
    seed: int = 0,
) -> Iterator[str]:
    """Yield the question's prompt, then the answer word by word.

    Without a question, one held-out problem is asked; `seed` says which.
    """
    config, model, _ = last_model(run_dir)
    tokenizer = Tokenizer(config.model.vocab_size)
    if question is None:
        question = heldout_problems(config.task, seed + 1)[seed].question
    prompt = prompt_ids(tokenizer, question)
    yield tokenizer.decode(prompt[1:]) + "\n"
    steps = decode(
        model,
        [prompt],
        [row_key(seed, -2, 0, 0)],
        max_new_tokens=max_new_tokens or config.zero.budget(config.zero.steps),
        eos_id=tokenizer.eos_id,
        temperature=temperature,
    )
    for drawn in steps:
        yield tokenizer.decode(drawn.tokens.tolist()) + " "
