"""A recipe is a function that returns one whole `Config`, made from the recipe before it.

    cpu.py        the scaling story on the machine you have: smoke, laptop, its control, an hour
    gpu.py        the story on rented GPUs: one card, a node, R1-Zero's own numbers
    real.py       a real language model, SmolLM2
    pipeline.py   every stage of R1, in two languages
    claims.py     the small unit of `minir1 claims`
    registry.py   all of them by name

`minir1 diff smoke laptop` prints only what changes from one to the other.
"""

from minir1.recipes.claims import claim as claim
from minir1.recipes.claims import claim_smoke as claim_smoke
from minir1.recipes.cpu import laptop as laptop
from minir1.recipes.cpu import laptop_long as laptop_long
from minir1.recipes.cpu import laptop_lying as laptop_lying
from minir1.recipes.cpu import smoke as smoke
from minir1.recipes.gpu import gpu_1 as gpu_1
from minir1.recipes.gpu import gpu_24gb as gpu_24gb
from minir1.recipes.gpu import h800_8 as h800_8
from minir1.recipes.gpu import paper as paper
from minir1.recipes.pipeline import pipeline_laptop as pipeline_laptop
from minir1.recipes.pipeline import pipeline_smoke as pipeline_smoke
from minir1.recipes.real import smollm as smollm
from minir1.recipes.real import smollm_format as smollm_format
from minir1.recipes.real import smollm_signs as smollm_signs
from minir1.recipes.real import smollm_signs_format as smollm_signs_format
from minir1.recipes.registry import RECIPES as RECIPES
from minir1.recipes.registry import get as get
