"""Lesson 03, first half: positions as angles."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from minir1.lab.grader.exercise import Case, Draw, Edit, Exercise, Part
from minir1.model.rope import rope_frequencies, rotate_halves, rotate_pairs

NOTEBOOK = "03_attention_and_the_cache"


def frequency_cases(draw: Draw) -> Iterator[Case]:
    """Several widths and bases; one base is no power of ten."""
    for dim, theta in ((4, 100.0), (8, 10000.0), (2 * draw.randint(5, 30), draw.uniform(50, 5000))):
        yield Case((dim, theta))


ROPE_FREQUENCIES = Exercise(
    of=rope_frequencies,
    notebook=NOTEBOOK,
    difficulty=1,
    importance=3,
    minutes=10,
    parts=(Part("values", 2, frequency_cases),),
    mistakes={
        "without_two": Edit("-2 * pair / dim", "-pair / dim"),
        "positive": Edit("-2 * pair / dim", "2 * pair / dim"),
        "from_one": Edit("-2 * pair / dim", "-2 * (pair + 1) / dim"),
        "over_half": Edit("-2 * pair / dim", "-2 * pair / (dim // 2)"),
        "every_feature": Edit("range(dim // 2)", "range(dim)"),
        "linear": Edit("theta ** (-2 * pair / dim)", "1 / (1 + pair * theta / dim)"),
    },
    same={
        "17:11: torch.tensor(frequencies, device=device) -> torch.tensor(frequencies)": "the "
        "grader has one device, the processor",
    },
    rtol=1e-5,
    atol=1e-8,
)


def rotation_cases(draw: Draw) -> Iterator[Case]:
    """One row of positions for all sequences, and one a sequence; the lengths all differ."""
    for agree in (True, False):
        rows, tokens, heads, half = draw.randint(2, 3), draw.randint(4, 6), 3, draw.randint(4, 5)
        x = draw.normal(rows, tokens, heads, 2 * half)
        angles = draw.normal(1 if agree else rows, tokens, half, scale=3)
        yield Case((x, torch.polar(torch.ones_like(angles), angles)), grad=(0,))


ROTATE_PAIRS = Exercise(
    of=rotate_pairs,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=3,
    minutes=15,
    needs=("rope_frequencies",),
    parts=(Part("values", 3, rotation_cases),),
    mistakes={
        "halves": Edit("first, second = 2 * j, 2 * j + 1", "first, second = j, j + width // 2"),
        "backwards": Edit("rotation.imag[:, :, None, j]", "-rotation.imag[:, :, None, j]"),
        "not_put_back": Edit("    return result", "    return torch.cat((result[..., 0::2], "
                             "result[..., 1::2]), dim=-1)"),
        "mirror": Edit("a * sin + b * cos", "a * sin - b * cos"),
        "first_only": Edit("a * sin + b * cos", "b"),
        "no_sine": Edit("a * cos - b * sin", "a * cos"),
        "same_place": Edit("a, b = x[..., first], x[..., second]",
                           "a, b = x[..., second], x[..., first]"),
    },
)  # fmt: skip


ROTATE_HALVES = Exercise(
    of=rotate_halves,
    notebook=NOTEBOOK,
    difficulty=2,
    importance=2,
    minutes=10,
    needs=("rotate_pairs",),
    parts=(Part("values", 2, rotation_cases),),
    mistakes={
        "neighbours": Edit("return torch.cat((turned_a, turned_b), dim=-1)",
                           "return torch.stack((turned_a, turned_b), dim=-1).flatten(-2)"),
        "backwards": Edit("rotation.imag[:, :, None]", "-rotation.imag[:, :, None]"),
        "pairs": Edit("    a, b = x.chunk(2, dim=-1)", "    pairs = torch.view_as_complex("
                      "x.unflatten(-1, (-1, 2)).contiguous()) * rotation[:, :, None]\n"
                      "    return torch.view_as_real(pairs).flatten(-2)"),
        "swapped": Edit("torch.cat((turned_a, turned_b)", "torch.cat((turned_b, turned_a)"),
        "mirror": Edit("a * sin + b * cos", "a * sin - b * cos"),
        "no_minus": Edit("a * cos - b * sin", "a * cos + b * sin"),
        "tokens_for_heads": Edit("rotation.real[:, :, None]", "rotation.real[:, None, :]"),
    },
)  # fmt: skip

EXERCISES = (ROPE_FREQUENCIES, ROTATE_PAIRS, ROTATE_HALVES)
