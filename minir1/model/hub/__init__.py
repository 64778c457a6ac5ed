"""Weights in and out: Hugging Face folders for deepseek_v3, qwen3_moe, qwen3 and llama.

    model = hub.load("Qwen/Qwen3-0.6B")       a folder, or an id on the hub
    logits = model(ids)                       "B T" -> "B T V"
    hub.save(model, "my-model")               for transformers, vLLM and others

In the prompt's journey: before it and after it, where models come from outside and leave.
"""

from minir1.model.hub.reading import load as load
from minir1.model.hub.reading import shape_of as shape_of
from minir1.model.hub.sources import is_model as is_model
from minir1.model.hub.sources import locate as locate
from minir1.model.hub.writing import save as save
