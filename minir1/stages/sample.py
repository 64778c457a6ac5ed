"""Asking a model a question and reading its answer as it is written.

The model is the last one of a run, or one from outside (`model/hub`): then it can be talked with,
turn by turn, and each answer becomes a part of the next prompt.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from minir1.config import TaskConfig
from minir1.model import hub
from minir1.model.transformer import Transformer
from minir1.rl.rollout import decode
from minir1.rl.sampling import row_key
from minir1.run.device import pick_device, use_cores
from minir1.run.evaluate import heldout_problems
from minir1.run.models import last_model, tokenizer_of
from minir1.text.chat import ChatTokenizer
from minir1.text.stream import stream
from minir1.text.template import prompt_ids
from minir1.text.tokenizer import Tokenizer

CHAT_TOKENS = 512
"""The longest answer of a model from outside, if nothing else is asked for."""


@dataclass(kw_only=True, slots=True)
class Speaker:
    """A model, its tokenizer, and how it speaks."""

    model: Transformer
    tokenizer: Tokenizer
    max_new_tokens: int
    temperature: float = 1.0
    seed: int = 0
    task: TaskConfig | None = None
    """What a run was trained on; None for a model from outside."""
    turns: list[dict[str, str]] = field(default_factory=list)
    """The conversation so far."""

    def question(self) -> str:
        """A held-out problem of the run's task; `seed` says which."""
        assert self.task is not None, "a model from outside has no task"
        return heldout_problems(self.task, self.seed + 1)[self.seed].question

    def write(self, prompt: list[int]) -> Iterator[str]:
        """The answer to a prompt, piece by piece."""
        steps = decode(
            self.model,
            [prompt],
            [row_key(self.seed, -2, len(self.turns), 0)],
            max_new_tokens=self.max_new_tokens,
            eos_id=self.tokenizer.eos_id,
            temperature=self.temperature,
        )
        return stream(self.tokenizer, (int(drawn.tokens[0]) for drawn in steps))

    def say(self, text: str) -> Iterator[str]:
        """The answer to the next turn of a conversation, which both then belong to."""
        assert isinstance(self.tokenizer, ChatTokenizer), "a toy model answers one question"
        self.turns.append({"role": "user", "content": text})
        pieces = []
        try:
            for piece in self.write(self.tokenizer.chat(self.turns)):
                pieces.append(piece)
                yield piece
        finally:  # of an answer that was stopped, what had been said by then
            self.turns.append({"role": "assistant", "content": "".join(pieces)})


def speaker(
    name: str, temperature: float = 1.0, max_new_tokens: int | None = None, seed: int = 0
) -> Speaker:
    """A model from outside: a folder, a GGUF file, an id on the hub, or smollm2."""
    path, device = hub.locate(name), pick_device("auto")
    use_cores(0, device)
    return Speaker(
        model=hub.load(path, device=device),
        tokenizer=ChatTokenizer.load(path),
        max_new_tokens=max_new_tokens or CHAT_TOKENS,
        temperature=temperature,
        seed=seed,
    )


def speaker_of_run(
    run_dir: Path, temperature: float = 1.0, max_new_tokens: int | None = None, seed: int = 0
) -> Speaker:
    """The last model of a run."""
    config, model, _ = last_model(run_dir)
    return Speaker(
        model=model,
        tokenizer=tokenizer_of(config),
        max_new_tokens=max_new_tokens or config.zero.budget(config.zero.steps),
        temperature=temperature,
        seed=seed,
        task=config.task,
    )


def sample_run(
    run_dir: Path,
    question: str | None = None,
    temperature: float = 1.0,
    max_new_tokens: int | None = None,
    seed: int = 0,
) -> Iterator[str]:
    """Yield the question's prompt, then the answer piece by piece.

    Without a question, one held-out problem is asked; `seed` says which.
    """
    one = speaker_of_run(run_dir, temperature, max_new_tokens, seed)
    prompt = prompt_ids(one.tokenizer, one.question() if question is None else question)
    answer = one.write(prompt)
    first = list(islice(answer, 1))  # a prompt that is too long is refused before it is shown
    yield one.tokenizer.decode(prompt[1:]) + "\n"
    yield from chain(first, answer)
