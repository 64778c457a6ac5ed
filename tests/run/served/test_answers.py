"""A completion read back: what fits is used, and what is doubtful is not."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest

from minir1.config import ModelConfig
from minir1.run.served import ServerError
from minir1.run.served.answers import Wanted, doubts, read, unpack

SHAPE = ModelConfig(vocab_size=128, n_layers=3, n_routed_experts=4)


def pack(array):
    """An array as vLLM sends it."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return base64.b64encode(buffer.getvalue()).decode()


WANTED = Wanted(prompt_ids=[1, 5, 9], key=7, max_new_tokens=4, eos_id=2, temperature=1.0)


def answer(**change):
    choice = {
        "token_ids": [7, 3, 2],
        "logprobs": {"token_logprobs": [-0.5, -1.0, 0.0]},
        "finish_reason": "stop",
        "prompt_token_ids": [1, 5, 9],
        "routed_experts": pack(np.ones((5, 2, SHAPE.n_activated_experts), np.uint8)),
    }
    return {"choices": [choice | change]}


def test_a_good_answer():
    found = read(answer(), WANTED, SHAPE)
    assert found.completion_ids == [7, 3, 2] and found.stop_reason == "eos"
    assert found.experts is not None and found.experts.shape == (2, 5, SHAPE.n_activated_experts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"token_ids": []}, "its tokens are not ids"),
        ({"token_ids": [7, 3, 20_000]}, "its tokens are not ids from 0"),
        ({"token_ids": [7, 3, True]}, "its tokens are not ids"),
        ({"token_ids": None}, "its tokens are not ids"),
        ({"logprobs": {"token_logprobs": [-0.5, -1.0]}}, "3 tokens have 2 log-prob"),
        ({"logprobs": {"token_logprobs": None}}, "3 tokens have 0 log-prob"),
        ({"logprobs": {"token_logprobs": [-0.5, None, 0.0]}}, "not all finite"),
        ({"logprobs": {"token_logprobs": [-0.5, 0.7, 0.0]}}, "not all finite and at most 0"),
        ({"logprobs": None}, "no completion that we can read"),
        ({"prompt_token_ids": [0, 1, 5, 9]}, "it has read another prompt"),
        ({"token_ids": [2, 3, 2]}, "it goes on after the end"),
        ({"finish_reason": "abort"}, "it was cut off on the way"),
        ({"finish_reason": "length"}, "it was cut off on the way"),
        ({"finish_reason": "length", "token_ids": [7, 3, 4]}, "'length' after 3 tokens"),
        ({"finish_reason": "stop", "token_ids": [7, 3, 4]}, "'stop' after 3 tokens"),
        ({"routed_experts": "?"}, "can't be read"),
        ({"routed_experts": [[1]]}, "can't be read"),
        ({"routed_experts": pack(np.ones((6, 2, 2), np.uint8))}, r"shape \(6, 2, 2\)"),
        ({"routed_experts": pack(np.ones((5, 2, 2)))}, "of float64"),
        ({"routed_experts": pack(np.full((5, 2, 2), 4, np.uint8))}, "names experts 4 to 4"),
    ],
)
def test_a_doubtful_answer_is_not_used(change, message):
    with pytest.raises(ServerError, match=message):
        read(answer(**change), WANTED, SHAPE)


@pytest.mark.parametrize("broken", [None, [], {}, {"choices": []}, {"choices": [1, 2]}, "x"])
def test_an_answer_to_another_question(broken):
    with pytest.raises(ServerError, match=r"no completion that we can read"):
        read(broken, WANTED, SHAPE)


def test_a_pickle_is_never_opened():
    with pytest.raises(ServerError, match=r"can't be read"):
        unpack(pack(np.array([object()], dtype=object)), 6, SHAPE)


def test_experts_of_all_layers_and_of_places_in_the_prefix_cache():
    k = SHAPE.n_activated_experts
    whole = np.zeros((5, SHAPE.n_layers, k), np.int32)
    whole[:, 1:] = 3
    whole[0] = -1
    found = unpack(pack(whole), 6, SHAPE)
    assert found.shape == (2, 5, k) and (found[:, 0] == -1).all() and (found[:, 1:] == 3).all()


def test_no_doubt_about_what_our_own_sampler_writes(policy, ask_all):
    for one in ask_all(policy):
        wanted = replace(WANTED, prompt_ids=one.prompt_ids, max_new_tokens=9, eos_id=16)
        finish = "stop" if one.stop_reason == "eos" else "length"
        ids, logprobs = one.completion_ids, one.logprobs
        assert doubts(ids, logprobs, finish, one.prompt_ids, wanted, policy.config) == ""
