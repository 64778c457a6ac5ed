"""What the lessons' pictures show is what is so: each is compared with numbers made another way."""

import ast
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minir1.lab.batches import KINDS, batch_map, kinds, shift_and_mask
from minir1.lab.clip import clip_chart, surrogate
from minir1.lab.groups import change_chart, reward_and_advantage, tries_chart
from minir1.lab.journey import HOPS, journey
from minir1.lab.picture import Picture, Table
from minir1.lab.tokens import WIDTH, flow, strip
from minir1.rl.batch import collate
from minir1.rl.types import Rollout
from minir1.tasks.search import random_try
from minir1.text.tokenizer import Tokenizer

ROOT = Path(__file__).parents[2]


def bars(axes):
    """The bars of a chart: middle and height."""
    found = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_width() < 1]
    return [(p.get_x() + p.get_width() / 2, p.get_height()) for p in found]


def test_a_picture_is_a_png_the_same_each_time_and_words():
    def draw():
        return Picture(Figure(figsize=(3, 2)), "an empty sheet")

    data, metadata = draw()._repr_mimebundle_()
    assert draw().png().startswith(b"\x89PNG") and draw().png() == draw().png()
    assert data["text/plain"] == "an empty sheet"
    assert metadata["image/png"]["width"] == 288


def test_a_table_keeps_its_columns_whatever_a_cell_holds():
    table = Table(("a", "b"), [("x | y", 1), ("---", "---")])
    lines = repr(table).splitlines()
    assert [line.count("|") for line in lines] == [3, 3, 3, 3]
    assert "x &#124; y" in lines[2]


def test_the_map_names_functions_that_stand_in_those_files():
    for hop in HOPS:
        tree = ast.parse((ROOT / "minir1" / hop.file).read_text("utf-8"))
        owner, _, name = hop.function.rpartition(".")
        for node in tree.body:
            if owner and isinstance(node, ast.ClassDef) and node.name == owner:
                tree = node
        assert any(isinstance(n, ast.FunctionDef) and n.name == name for n in tree.body), hop
    assert all(hop.gives in journey().words for hop in HOPS)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_boxes_stay_on_the_sheet_in_order_and_apart(lengths):
    places = flow(lengths)
    assert all(x > 0 and x + width <= WIDTH for _, x, width in places)
    for (line, x, width), (after, y, _) in pairwise(places):
        assert (after == line and y > x + width) or (after == line + 1 and y < x + width)


def test_a_strip_has_a_box_a_word_and_its_colour_follows_the_value():
    words = ["a", "b", "c"]
    figure = strip(words, title="t", values=[-2.0, 0.0, 1.0], unit="nats").figure
    boxes = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    red, _, blue = np.array([box.get_facecolor()[:3] for box in boxes]).T
    assert len(boxes) == 3
    assert red[0] > blue[0] and blue[2] > red[2]  # down is orange, up is blue
    assert abs(red[1] - blue[1]) < 0.02  # 0 is the colour of the paper
    with pytest.raises(ValueError, match="zip"):
        strip(words, title="t", below=[1])


def test_blind_tries_end_where_simulated_ones_do():
    axes = tries_chart([10, 5, 1], 15, "+-*", 99).figure.axes[0]
    shown = {round(x): height for x, height in bars(axes)}
    assert sum(shown.values()) == pytest.approx(1)
    rng = random.Random(0)
    ends = [random_try(rng, [10, 5, 1], "+-*", 99).value for _ in range(20_000)]
    for value, chance in shown.items():
        assert chance == pytest.approx(ends.count(value) / len(ends), abs=0.015)


def test_rewards_and_advantages_are_drawn_as_given():
    figure = reward_and_advantage([1.0, 0.0, 0.0], [1.2, -0.6, -0.6]).figure
    left, right = figure.axes
    assert [height for _, height in bars(left)] == [1.0, 0.0, 0.0]
    assert [height for _, height in bars(right)] == [1.2, -0.6, -0.6]


def test_changes_are_counted_by_the_sign_of_the_advantage():
    picture = change_chart([0.5, -0.1, -2.0, 0.3], [1.0, 1.0, -1.0, -1.0])
    assert picture.words == "1 of 2 good rollouts went up, 1 of 2 bad ones down"
    assert [h for _, h in bars(picture.figure.axes[0])] == [0.5, -0.1, 0.3, -2.0]


@pytest.fixture
def batch():
    tokenizer = Tokenizer()
    prompt = [tokenizer.bos_id, *tokenizer.encode("<user> make 3 from 1 2 <assistant>")]
    texts = ["<think> 1 + 2 = 3 </think> <eos>", "<answer> 1 </answer>", "1 + 1 <eos>"]
    rollouts = [
        Rollout(prompt, (ids := tokenizer.encode(text)), [-0.5] * len(ids), "eos") for text in texts
    ]
    return collate(rollouts, [1.5, -1.5, 0.0])


def test_the_map_of_a_batch_says_of_each_place_what_it_is(batch):
    found = kinds(batch)
    words = {0: "pushed up", 1: "pushed down", 2: "no push"}
    for row in range(3):
        length = batch.lengths[row]
        for place in range(found.shape[1]):
            # A prompt of 8 tokens: the target of place 7 is the first token of the completion.
            expected = words[row] if place >= 7 else "prompt, not in the loss"
            expected = expected if place < length else "padding"
            assert KINDS[found[row, place]] == expected
    assert "3 rollouts" in batch_map(batch).words


def test_each_target_stands_below_the_input_before_it(batch):
    tokenizer = Tokenizer()
    picture = shift_and_mask(batch, 0, tokenizer)
    boxes = [text.get_text() for text in picture.figure.axes[0].texts]
    text = "<bos> <user> make 3 from 1 2 <assistant> <think> 1 + 2 = 3 </think> <eos>"
    whole = text.split()
    pairs = [(a, b) for a, b in pairwise(boxes) if a in whole and b in whole]
    assert set(pairwise(whole)) <= set(pairs)
    assert picture.words.startswith("8 of 15 targets are in the loss")


@given(st.floats(0.05, 3), st.floats(-2, 2), st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_the_surrogate_is_the_papers(ratio, advantage, low, high):
    clipped = min(max(ratio, 1 - low), 1 + high)
    expected = min(ratio * advantage, clipped * advantage)
    assert surrogate(np.array([ratio]), advantage, low, high)[0] == pytest.approx(
        expected, abs=1e-5
    )


def test_the_clip_chart_draws_both_signs():
    left, right = clip_chart(0.2, 0.28).figure.axes
    heights = [np.nanmax(axes.lines[2].get_ydata()) for axes in (left, right)]
    assert heights == pytest.approx([1.28, -0.8], abs=1e-5)


def test_pictures_draw_no_random_numbers(batch):
    state = torch.random.get_rng_state()
    batch_map(batch).png()
    assert state.equal(torch.random.get_rng_state())
