"""Rollouts from a vLLM server: a process of its own, in an environment of its own, over HTTP.

    trainer                                          server (minir1/launch/vllm.sh)
    weights into a folder, as safetensors     ->     reads them: it now holds the policy
    prompts as token ids, a seed for each     ->
                                              <-     tokens, their log-probabilities, the experts
    judges the tokens again (rl/importance.py), replays the experts, updates the policy

vLLM pins another torch than ours, so it can't live in the same environment; and a server may
stand on other GPUs than the trainer. Nothing of vLLM is imported: the protocol is in these files.

    wire.py       one request and its answer, or one line that says what is wrong
    answers.py    a completion asked for, and read back with every doubt that one can have
    weights.py    the policy handed over, and whether the server still holds it
    source.py     `rollouts_of`: whoever samples, our own sampler or a server

Never run against a real vLLM yet: the tests have a small server that speaks the same protocol.
"""

from minir1.run.served.source import OwnRollouts as OwnRollouts
from minir1.run.served.source import rollouts_of as rollouts_of
from minir1.run.served.wire import ServerError as ServerError
